using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Engine.Selections;

namespace Engine.Plans;

/// <summary>Rows to choose: a count or a share.</summary>
internal sealed partial class BudgetShape : Shape<Budget>
{
    // Above 0 and at most 100, with so few digits that a decimal holds them exactly.
    private const string SharePattern = @"^(0*[1-9][0-9]?(\.[0-9]{1,18})?|0*100(\.0{1,18})?|0*\.0{0,9}[1-9][0-9]{0,9})%";

    private static readonly IntegerShape Rows = new(1, long.MaxValue);

    public override string Expectation => "a number of rows of at least 1, or a share above 0% and up to \"100%\"";

    public override bool Accepts(PlanNode node) => node.Kind is NodeKind.Number or NodeKind.Text;

    public override Budget Read(PlanNode node, PlanReading reading)
    {
        if (node.Kind == NodeKind.Text && Share().IsMatch(node.Text))
            return Budget.Percent(decimal.Parse(node.Text.AsSpan(0, node.Text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture));
        if (node.Kind == NodeKind.Text && node.Text.EndsWith('%')) return Refuse(node, reading, "RANGE");
        if (!Interpolated.IsNumber(node) || !JsonNumber.TryParse(node.Text, out JsonNumber number)) return Refuse(node, reading);
        if (number.TryGetInt64(out long rows) && rows >= 1) return Budget.Rows(rows);
        if (!number.IsWhole || number.Negative || number.Digits.Length == 0) return Refuse(node, reading, "RANGE");
        reading.Error(node.Place, "RANGE", FormattableString.Invariant($"found {node.Describe()}, expected at most {long.MaxValue} rows, or a share above 0% and up to \"100%\"."));
        return default;
    }

    public override JsonObject Schema()
    {
        JsonObject schema = Rows.Schema();
        schema["anyOf"]!.AsArray().Insert(1, new JsonObject { ["type"] = "string", ["pattern"] = SharePattern + "$" });
        return schema;
    }

    [GeneratedRegex(SharePattern + "\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Share();
}

/// <summary>A number of bytes.</summary>
internal sealed partial class SizeShape : Shape<long>
{
    // At least one digit that is not zero; what is too large for 63 bits is found by the reader alone.
    private const string Amount = @"0*[1-9][0-9]{0,18}(\.[0-9]{1,9})?|0*\.0{0,4}[1-9][0-9]{0,4}";
    private const string Unit = "B|KB|KiB|MB|MiB|GB|GiB|TB|TiB";

    private static readonly IntegerShape Bytes = new(1, long.MaxValue);

    private static readonly Dictionary<string, long> Units = new(StringComparer.Ordinal)
    {
        ["B"] = 1,
        ["KB"] = 1000,
        ["MB"] = 1000_000,
        ["GB"] = 1000_000_000,
        ["TB"] = 1000_000_000_000,
        ["KiB"] = 1L << 10,
        ["MiB"] = 1L << 20,
        ["GiB"] = 1L << 30,
        ["TiB"] = 1L << 40,
    };

    public override string Expectation => "a size such as \"8GiB\" (B, KB, KiB, MB, MiB, GB, GiB, TB, TiB)";

    public override bool Accepts(PlanNode node) => node.Kind is NodeKind.Number or NodeKind.Text;

    public override long Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        if (node.Kind == NodeKind.Text && Size().Match(node.Text) is { Success: true } size)
        {
            decimal bytes = decimal.Parse(size.Groups["amount"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
            long unit = Units[size.Groups["unit"].Value];
            return bytes <= (decimal)long.MaxValue / unit ? (long)decimal.Ceiling(bytes * unit) : RefuseRange(node, reading);
        }

        if (node.Kind == NodeKind.Text && Beyond().IsMatch(node.Text)) return RefuseRange(node, reading);
        if (!Interpolated.IsNumber(node) || !JsonNumber.TryParse(node.Text, out JsonNumber number)) return Refuse(node, reading, "VALUE");
        return number.TryGetInt64(out long count) && count >= 1 ? count : RefuseRange(node, reading);
    }

    public override JsonObject Schema()
    {
        JsonObject schema = Bytes.Schema();
        schema["anyOf"]!.AsArray().Insert(1, new JsonObject { ["type"] = "string", ["pattern"] = $"^({Amount})({Unit})$" });
        return schema;
    }

    private static long RefuseRange(PlanNode node, PlanReading reading)
    {
        reading.Error(node.Place, "RANGE", FormattableString.Invariant($"found {node.Describe()}, expected a size from 1 to {long.MaxValue} bytes (under \"8388608TiB\"), such as \"8GiB\"."));
        return default;
    }

    // More digits than 63 bits have.
    [GeneratedRegex($@"^0*[1-9][0-9]{{19,}}(\.[0-9]+)?({Unit})\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Beyond();

    [GeneratedRegex($@"^(?<amount>{Amount})(?<unit>{Unit})\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Size();
}
