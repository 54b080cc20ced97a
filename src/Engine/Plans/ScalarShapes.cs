using System.Buffers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Engine.Plans;

/// <summary>Text on one line.</summary>
internal sealed class TextShape(string expectation) : Shape<string>
{
    /// <summary>What the text must match; the same expression in the schema.</summary>
    public const string Pattern = @"^[^\u0000\n\r]+$";

    private static readonly SearchValues<char> Refused = SearchValues.Create("\0\n\r");

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

        if (!node.Text.AsSpan().ContainsAny(Refused)) return node.Text;
        reading.Error(node.Place, "VALUE", $"found a NUL or a line break in {node.Describe()}, expected {Expectation} on one line.");
        return null;
    }

    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = Pattern };
}

/// <summary>A path or glob on this machine.</summary>
internal sealed partial class PathShape : Shape<string>
{
    private static readonly TextShape Line = new("a path");

    public override string Expectation => Line.Expectation;

    public override bool Accepts(PlanNode node) => Line.Accepts(node);

    public override string? Read(PlanNode node, PlanReading reading)
    {
        string? path = Line.Read(node, reading);
        if (path is null || !Remote().IsMatch(path)) return path;
        reading.Error(node.Place, "VALUE", $"found {node.Describe()}, expected a path on this machine. Download the files first and name them here.");
        return null;
    }

    public override JsonObject Schema()
    {
        JsonObject schema = Line.Schema();
        schema["not"] = new JsonObject { ["pattern"] = RemotePattern };
        return schema;
    }

    private const string RemotePattern = "^[A-Za-z][A-Za-z0-9+.-]*://";

    [GeneratedRegex(RemotePattern, RegexOptions.CultureInvariant)]
    private static partial Regex Remote();
}

/// <summary>A name of a plan, an input, a step or an output.</summary>
internal sealed partial class NameShape : Shape<string>
{
    /// <summary>What a name must match; the same expression in the schema. It may become a folder, so it is no longer than one may be.</summary>
    public const string Pattern = Body + "$";

    private const string Body = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}";

    public override string Expectation => "a name of at most 200 letters, digits, _, . and -, not beginning with . or -";

    public static bool IsName(string text) => Name().IsMatch(text);

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Text;

    public override string? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        return IsName(node.Text) ? node.Text : Refuse(node, reading, "NAME");
    }

    public override JsonObject Schema() => Interpolated.Or(new JsonObject { ["type"] = "string", ["pattern"] = Pattern });

    // "\z", because "$" would also accept a line break at the end.
    [GeneratedRegex(Body + "\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}

/// <summary><c>true</c> or <c>false</c>.</summary>
internal sealed class FlagShape : Shape<bool>
{
    public override string Expectation => "true or false";

    public override bool Accepts(PlanNode node) =>
        node.Kind == NodeKind.Boolean || (node.FromEnvironment && node.Kind == NodeKind.Text && node.Text is "true" or "false");

    public override bool Read(PlanNode node, PlanReading reading) => Accepts(node) ? node.Text == "true" : Refuse(node, reading);

    public override JsonObject Schema() => Interpolated.Or(new JsonObject { ["type"] = "boolean" });
}

/// <summary>Text that matches an expression.</summary>
/// <param name="expectation">In a sentence.</param>
/// <param name="body">The expression for the whole text, without anchors.</param>
internal sealed class PatternShape(string expectation, string body) : Shape<string>
{
    private readonly Regex _expression = new($@"^({body})\z", RegexOptions.CultureInvariant);

    public override string Expectation => expectation;

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Text;

    public override string? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node)) return Refuse(node, reading);
        return _expression.IsMatch(node.Text) ? node.Text : Refuse(node, reading, "VALUE");
    }

    public override JsonObject Schema() => Interpolated.Or(new JsonObject { ["type"] = "string", ["pattern"] = $"^({body})$" });
}
