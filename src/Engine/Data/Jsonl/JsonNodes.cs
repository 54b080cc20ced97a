using System.Text.Json;

namespace Engine.Data.Jsonl;

/// <summary>The tokens of one line while it is being read: a tape of nodes, and which objects and arrays are open.</summary>
internal sealed class JsonNodes
{
    private readonly int[] _open = new int[JsonLine.MaxDepth];
    private readonly JsonKeys _keys = new();
    private JsonNode[] _nodes = new JsonNode[64];

    /// <summary>Tokens so far.</summary>
    public int Count { get; private set; }

    /// <summary>Objects and arrays that are open.</summary>
    public int Depth { get; private set; }

    /// <summary>Whether the innermost open one is an object.</summary>
    public bool InObject => _nodes[_open[Depth - 1]].Type == JsonTokenType.StartObject;

    /// <summary>Whether there is no room for one more token.</summary>
    public bool IsFull => Count == JsonLine.MaxNodes;

    /// <summary>The tokens so far.</summary>
    public ReadOnlySpan<JsonNode> All => _nodes.AsSpan(0, Count);

    /// <summary>Begins a line.</summary>
    public void Clear() => (Count, Depth) = (0, 0);

    /// <summary>Appends a token, when <see cref="IsFull"/> is false.</summary>
    public void Add(JsonTokenType type, int start, int length, bool escaped = false)
    {
        if (Count == _nodes.Length) Array.Resize(ref _nodes, 2 * Count);
        ref JsonNode node = ref _nodes[Count++];
        node.Type = type;
        node.Escaped = escaped;
        node.Start = start;
        node.Length = length;
        node.End = Count;
    }

    /// <summary>What was appended last is open from here on. <see cref="Depth"/> is below <see cref="JsonLine.MaxDepth"/>.</summary>
    public void Open() => _open[Depth++] = Count - 1;

    /// <summary>Closes the innermost object or array.</summary>
    /// <param name="line">The bytes.</param>
    /// <param name="end">The first byte behind its bracket.</param>
    /// <returns>The key that stands twice in it, or null.</returns>
    public LineFault? Close(ReadOnlySpan<byte> line, int end)
    {
        int opened = _open[--Depth];
        ref JsonNode node = ref _nodes[opened];
        node.End = Count;
        node.Length = end - node.Start;
        return node.Type == JsonTokenType.StartObject ? _keys.FindDuplicate(line, All, opened) : null;
    }
}
