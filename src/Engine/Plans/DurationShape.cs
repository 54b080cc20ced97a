using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Engine.Plans;

/// <summary>A time above 0.</summary>
internal sealed partial class DurationShape : Shape<TimeSpan>
{
    // At least one digit that is not zero, and at most 999,999 hours.
    private const string Pattern = "^(?<count>0*[1-9][0-9]{0,5})(?<unit>ms|s|m|h)";

    public override string Expectation => "a time such as \"30s\" (a whole number above 0 with ms, s, m or h)";

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Text;

    public override TimeSpan Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        if (Time().Match(node.Text) is not { Success: true } time) return Refuse(node, reading, "VALUE");
        int count = int.Parse(time.Groups["count"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        return time.Groups["unit"].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(count),
            "s" => TimeSpan.FromSeconds(count),
            "m" => TimeSpan.FromMinutes(count),
            _ => TimeSpan.FromHours(count),
        };
    }

    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^0*[1-9][0-9]{0,5}(ms|s|m|h)$" };

    [GeneratedRegex(Pattern + "\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Time();
}
