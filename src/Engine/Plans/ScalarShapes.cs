using System.Globalization;
using System.Text.Json.Nodes;
using Engine.Selections;

namespace Engine.Plans;

internal static class Interpolated
{
    /// <summary>Text that will be replaced before it is read, which the schema must let through wherever a number stands.</summary>
    public static JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = @"\$\{.*\}" };

    public static JsonObject Or(JsonObject schema, string? description = null)
    {
        var either = new JsonObject { ["anyOf"] = new JsonArray(schema, Schema()) };
        if (description is not null) either["description"] = description;
        return either;
    }

    public static bool IsNumber(PlanNode node) => node.Kind == NodeKind.Number || (node.FromEnvironment && node.Kind == NodeKind.Text);
}

internal sealed class TextShape(string expectation) : Shape<string>
{
    public override string Expectation => expectation;

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Text;

    public override string? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        if (node.Text.Length == 0)
        {
            reading.Error(node.Place, "VALUE", $"found an empty string, expected {Expectation}.");
            return null;
        }

        if (node.Text.AsSpan().IndexOfAny('\0', '\n', '\r') >= 0)
        {
            reading.Error(node.Place, "VALUE", $"found a NUL or a line break in {node.Describe()}, expected {Expectation} on one line.");
            return null;
        }

        return node.Text;
    }

    public override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = 1, ["pattern"] = @"^[^\u0000\n\r]+$" };
}

internal sealed class FlagShape : Shape<bool>
{
    public override string Expectation => "true or false";

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Boolean || (node.FromEnvironment && node.Text is "true" or "false");

    public override bool Read(PlanNode node, PlanReading reading) => Accepts(node) ? node.Text == "true" : Refuse(node, reading);

    public override JsonObject Schema() => Interpolated.Or(new JsonObject { ["type"] = "boolean" });
}

internal sealed class IntegerShape(long least, long most) : Shape<long>
{
    public override string Expectation => (least, most) switch
    {
        (long.MinValue, long.MaxValue) => "a whole number",
        (_, long.MaxValue or int.MaxValue) => $"a whole number of at least {least}",
        (long.MinValue, _) => $"a whole number of at most {most}",
        _ => $"a whole number from {least} to {most}",
    };

    public override bool Accepts(PlanNode node) => Interpolated.IsNumber(node);

    public override long Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        if (!TryParse(node.Text, out long value)) return Refuse(node, reading, node.Kind == NodeKind.Number ? "RANGE" : "TYPE");
        return value >= least && value <= most ? value : Refuse(node, reading, "RANGE");
    }

    public override JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = "integer" };
        if (least != long.MinValue) schema["minimum"] = least;
        if (most != long.MaxValue) schema["maximum"] = most;
        return Interpolated.Or(schema);
    }

    /// <summary>A whole number in any JSON spelling: 1000, 1e3 and 1000.0 are one value.</summary>
    private static bool TryParse(string text, out long value)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)) return true;
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
            || number != decimal.Truncate(number) || number is < long.MinValue or > long.MaxValue) return false;
        value = (long)number;
        return true;
    }
}

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
        if (!double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)) return Refuse(node, reading);
        bool inside = double.IsFinite(value) && value <= most && (above ? value > least : value >= least);
        return inside ? value : Refuse(node, reading, "RANGE");
    }

    public override JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = "number" };
        if (double.IsFinite(least)) schema[above ? "exclusiveMinimum" : "minimum"] = least;
        if (double.IsFinite(most)) schema["maximum"] = most;
        return Interpolated.Or(schema);
    }
}

internal sealed class BudgetShape : Shape<Budget>
{
    public override string Expectation => "a number of rows of at least 1, or a share such as \"0.5%\"";

    public override bool Accepts(PlanNode node) => node.Kind is NodeKind.Number or NodeKind.Text;

    public override Budget Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        if (node.Kind == NodeKind.Text && node.Text.EndsWith('%'))
        {
            return decimal.TryParse(node.Text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out decimal percent) && percent is > 0 and <= 100
                ? Budget.Percent(percent)
                : Refuse(node, reading, "RANGE");
        }

        if (!Interpolated.IsNumber(node)) return Refuse(node, reading);
        int before = reading.Errors.Count;
        long rows = new IntegerShape(1, long.MaxValue).Read(node, reading);
        return reading.Errors.Count == before ? Budget.Rows(rows) : default;
    }

    public override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["type"] = "integer", ["minimum"] = 1 },
            new JsonObject { ["type"] = "string", ["pattern"] = @"^(0*[1-9][0-9]?(\.[0-9]+)?|0*100(\.0+)?|0*\.0*[1-9][0-9]*)%$" },
            Interpolated.Schema()),
    };
}

internal sealed class SizeShape : Shape<long>
{
    private static readonly (string Unit, long Bytes)[] Units =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("KB", 1000), ("MB", 1000_000), ("GB", 1000_000_000), ("TB", 1000_000_000_000), ("B", 1)];

    public override string Expectation => "a size such as \"8GiB\" (B, KB, KiB, MB, MiB, GB, GiB, TB, TiB)";

    public override bool Accepts(PlanNode node) => node.Kind is NodeKind.Number or NodeKind.Text;

    public override long Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        (string Unit, long Bytes) unit = node.Kind == NodeKind.Text ? Units.FirstOrDefault(u => node.Text.EndsWith(u.Unit, StringComparison.Ordinal)) : default;
        string digits = unit.Unit is null ? node.Text : node.Text[..^unit.Unit.Length];
        if (unit.Unit is null && node.Kind == NodeKind.Text && !node.FromEnvironment) return Refuse(node, reading, "VALUE");
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount)) return Refuse(node, reading, "VALUE");
        decimal limit = long.MaxValue / (decimal)Math.Max(1, unit.Bytes);
        if (amount <= 0 || amount > limit) return Refuse(node, reading, "RANGE");
        return (long)(amount * Math.Max(1, unit.Bytes));
    }

    public override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["type"] = "integer", ["minimum"] = 1 },
            new JsonObject { ["type"] = "string", ["pattern"] = @"^[0-9]*\.?[0-9]*(B|KB|KiB|MB|MiB|GB|GiB|TB|TiB)$" },
            Interpolated.Schema()),
    };
}
