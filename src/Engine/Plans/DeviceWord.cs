using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Engine.Plans;

/// <summary>A device as <c>run.device</c> names it.</summary>
/// <param name="Backend"><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>opencl</c>.</param>
/// <param name="Number">Its number among the backend's devices, or null for the first that can be used.</param>
/// <param name="All">Whether every device of the backend is meant.</param>
internal sealed partial record DeviceWord(string Backend, int? Number, bool All)
{
    /// <summary>What messages say was expected.</summary>
    public const string Expectation = "\"auto\", \"cpu\", \"cuda\", \"opencl\", one device such as \"cuda:1\", or several such as \"cuda:0,cuda:1\" or \"cuda:*\"";

    /// <summary>What the words must match; the same expression in the schema.</summary>
    public const string Pattern = $"^(auto|cpu|{Device}(,{Device})*)$";

    private const string Device = "(cuda|opencl)(:([0-9]{1,3}|\\*))?";

    /// <summary>Reads the words, or gives null.</summary>
    public static IReadOnlyList<DeviceWord>? Parse(string text) => Words().IsMatch(text) ? [.. text.Split(',').Select(One)] : null;

    private static DeviceWord One(string word)
    {
        string[] parts = word.Split(':');
        bool all = parts is [_, "*"];
        return new DeviceWord(parts[0], parts.Length == 2 && !all ? int.Parse(parts[1], CultureInfo.InvariantCulture) : null, all);
    }

    // "\z", because "$" would also accept a line break at the end.
    [GeneratedRegex($"^(auto|cpu|{Device}(,{Device})*)\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}

/// <summary>The value of <c>run.device</c>.</summary>
internal sealed class DeviceShape : Shape<string>
{
    private static readonly string[] Known = ["auto", "cpu", "cuda", "opencl"];

    public override string Expectation => DeviceWord.Expectation;

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Text;

    public override string? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        if (DeviceWord.Parse(node.Text) is not null) return node.Text;
        reading.Error(node.Place, "VALUE", $"found {node.Describe()}, expected {Expectation}.{Suggestion.For(node.Text.Split(':', ',')[0], Known)}");
        return null;
    }

    public override JsonObject Schema() => Interpolated.Or(new JsonObject { ["type"] = "string", ["pattern"] = DeviceWord.Pattern });
}
