namespace Engine.Plans;

/// <summary>The kinds of JSON value.</summary>
public enum NodeKind
{
    /// <summary>Named members in the order written.</summary>
    Object,

    /// <summary>Items in order.</summary>
    Array,

    /// <summary>A string.</summary>
    Text,

    /// <summary>A number, kept as written.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary><c>null</c>.</summary>
    Null,
}

/// <summary>Where something stands: file as the user wrote it, 1-based line and column (in characters).</summary>
public readonly record struct PlanPlace(string File, int Line, int Column);

/// <summary>One JSON value with the place it was written, so that every error can point at it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Place">Where it stands.</param>
/// <param name="Text">A string's decoded text, a number's text as written, <c>true</c> or <c>false</c>; empty otherwise.</param>
public sealed record PlanNode(NodeKind Kind, PlanPlace Place, string Text = "")
{
    /// <summary>An object's members in the order written; no name occurs twice.</summary>
    public IReadOnlyList<PlanMember> Members { get; init; } = [];

    /// <summary>An array's items.</summary>
    public IReadOnlyList<PlanNode> Items { get; init; } = [];

    /// <summary>True for text that came from an environment variable: there <c>10</c> may also be a number.</summary>
    public bool FromEnvironment { get; init; }

    /// <summary>The member of that name, or null.</summary>
    public PlanNode? this[string name] => Members.FirstOrDefault(m => m.Name == name)?.Value;

    /// <summary>How messages call the value: <c>the string "abc"</c>, <c>the number 7</c>, <c>an object</c>.</summary>
    public string Describe() => Kind switch
    {
        NodeKind.Object => "an object",
        NodeKind.Array => "an array",
        NodeKind.Text => $"the string \"{(Text.Length <= 60 ? Text : Text[..60] + "...")}\"",
        NodeKind.Number => $"the number {(Text.Length <= 60 ? Text : Text[..60] + "...")}",
        NodeKind.Boolean => Text,
        _ => "null",
    };
}

/// <summary>A named value inside an object.</summary>
/// <param name="Name">The decoded key.</param>
/// <param name="Place">Where the key stands.</param>
/// <param name="Value">Its value.</param>
public sealed record PlanMember(string Name, PlanPlace Place, PlanNode Value);
