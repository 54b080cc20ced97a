using System.Globalization;
using System.Text.Json.Nodes;

namespace Engine.Plans;

/// <summary>A whole number within bounds; 1000, 1e3 and 1000.0 are the same number.</summary>
internal sealed class IntegerShape(long least, long most) : Shape<long>
{
    public override string Expectation => FormattableString.Invariant((least, most) switch
    {
        (long.MinValue, long.MaxValue) => (FormattableString)$"a whole number",
        (_, long.MaxValue or int.MaxValue) => $"a whole number of at least {least}",
        (long.MinValue, _) => $"a whole number of at most {most}",
        _ => $"a whole number from {least} to {most}",
    });

    public override bool Accepts(PlanNode node) => Interpolated.IsNumber(node);

    public override long Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        if (!JsonNumber.TryParse(node.Text, out JsonNumber number)) return Refuse(node, reading);
        bool fits = number.TryGetInt64(out long value);
        if (fits && value >= least && value <= most) return value;
        if (!number.IsWhole || (fits && value < least)) return Refuse(node, reading, "RANGE");

        // "A whole number" is what was found; what it is too large for has to be said.
        reading.Error(node.Place, "RANGE", FormattableString.Invariant($"found {node.Describe()}, expected a whole number from {least} to {most}."));
        return default;
    }

    public override JsonObject Schema() => Interpolated.Or(new JsonObject { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most });
}

/// <summary>A finite number within bounds.</summary>
internal sealed class NumberShape(double least, double most, bool above) : Shape<double>
{
    public override string Expectation => FormattableString.Invariant(
        (double.IsNegativeInfinity(least), double.IsPositiveInfinity(most)) switch
        {
            (true, true) => (FormattableString)$"a number",
            (false, true) => $"a number {(above ? "above" : "of at least")} {least}",
            (true, false) => $"a number of at most {most}",
            _ => $"a number {(above ? "above" : "from")} {least} {(above ? "and at most" : "to")} {most}",
        });

    public override bool Accepts(PlanNode node) => Interpolated.IsNumber(node);

    public override double Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        if (!JsonNumber.TryParse(node.Text, out _)) return Refuse(node, reading);
        double value = double.Parse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture);
        bool inside = double.IsFinite(value) && value <= most && (above ? value > least : value >= least);
        if (inside || double.IsFinite(value)) return inside ? value : Refuse(node, reading, "RANGE");
        reading.Error(node.Place, "RANGE", FormattableString.Invariant($"found {node.Describe()}, which is beyond float64 (about 1.8e308), expected {Expectation}."));
        return default;
    }

    public override JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = "number" };
        schema[above && double.IsFinite(least) ? "exclusiveMinimum" : "minimum"] = double.IsFinite(least) ? least : double.MinValue;
        schema["maximum"] = double.IsFinite(most) ? most : double.MaxValue;
        return Interpolated.Or(schema);
    }
}

/// <summary>The one version of the plan language there is.</summary>
internal sealed class VersionShape : Shape<long>
{
    public override string Expectation => "version 1, the only one this engine reads";

    public override bool Accepts(PlanNode node) => Interpolated.IsNumber(node);

    public override long Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        bool known = JsonNumber.TryParse(node.Text, out JsonNumber number) && number.TryGetInt64(out long version) && version == 1;
        return known ? 1 : Refuse(node, reading, "VERSION");
    }

    public override JsonObject Schema() => Interpolated.Or(new JsonObject { ["const"] = 1 });
}
