using System.Text.Json;

namespace Engine.Data.Jsonl;

/// <summary>One token of a parsed line. Nodes stand in the order of the text, so an object's names and values alternate behind it.</summary>
internal struct JsonNode
{
    /// <summary>What it is; an object or array is known by its opening token.</summary>
    public JsonTokenType Type;

    /// <summary>Whether a string has escapes.</summary>
    public bool Escaped;

    /// <summary>First byte in the line; of a string, the one behind the quote.</summary>
    public int Start;

    /// <summary>Bytes; of a string, without the quotes.</summary>
    public int Length;

    /// <summary>Index of the first node that is not inside this one.</summary>
    public int End;
}
