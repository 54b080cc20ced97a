using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Engine.Data.Jsonl;

/// <summary>A strict reader of one JSON object per line: it finds everything that two readers could understand differently, and keeps the tokens' positions.</summary>
/// <remarks>
/// Refused are invalid UTF-8, lone surrogates, any departure from RFC 8259, nesting over <see cref="MaxDepth"/>, a key that stands twice in an object (escapes resolved)
/// and more than <see cref="MaxNodes"/> tokens. One instance serves many lines and reserves nothing once it is warm. Not safe for several threads.
/// </remarks>
internal sealed class JsonLine
{
    /// <summary>Deepest nesting of objects and arrays, the record itself included.</summary>
    public const int MaxDepth = 64;

    /// <summary>Most tokens in one record; bounds memory at 64 MiB.</summary>
    public const int MaxNodes = 1 << 22;

    private readonly int[] _open = new int[MaxDepth];
    private readonly JsonKeys _keys = new();
    private JsonNode[] _nodes = new JsonNode[64];
    private int _count;

    /// <summary>The tokens of the last line that was parsed without fault. Node 0 is the record.</summary>
    public ReadOnlySpan<JsonNode> Nodes => _nodes.AsSpan(0, _count);

    /// <summary>Parses one line.</summary>
    /// <param name="line">The record's bytes, without line end.</param>
    /// <returns>What is wrong, or null.</returns>
    public LineFault? Parse(ReadOnlySpan<byte> line)
    {
        _count = 0;
        if (!Utf8.IsValid(line)) return InvalidUtf8(line);
        Utf8JsonReader reader = new(line, new JsonReaderOptions { MaxDepth = MaxDepth + 1, CommentHandling = JsonCommentHandling.Disallow });
        try
        {
            return Read(line, ref reader);
        }
        catch (JsonException exception)
        {
            return NotJson(line, exception);
        }
    }

    /// <summary>Finds a key's value in an object.</summary>
    /// <param name="line">The bytes that were parsed.</param>
    /// <param name="parent">Index of the object.</param>
    /// <param name="key">The key in UTF-8.</param>
    /// <returns>Index of the value, or -1 when <paramref name="parent"/> is no object or lacks the key.</returns>
    public int Find(ReadOnlySpan<byte> line, int parent, ReadOnlySpan<byte> key)
    {
        if (_nodes[parent].Type != JsonTokenType.StartObject) return -1;
        int end = _nodes[parent].End;
        for (int name = parent + 1; name < end; name = _nodes[name + 1].End)
        {
            ref readonly JsonNode node = ref _nodes[name];
            if (node.Escaped ? JsonText.Unescape(line.Slice(node.Start, node.Length)).AsSpan().SequenceEqual(key) : line.Slice(node.Start, node.Length).SequenceEqual(key))
                return name + 1;
        }

        return -1;
    }

    /// <summary>The text of a string, or of any other value as written.</summary>
    public string Text(ReadOnlySpan<byte> line, int index)
    {
        ref readonly JsonNode node = ref _nodes[index];
        ReadOnlySpan<byte> raw = line.Slice(node.Start, node.Length);
        return Encoding.UTF8.GetString(node.Escaped ? JsonText.Unescape(raw) : raw);
    }

    private LineFault? Read(ReadOnlySpan<byte> line, ref Utf8JsonReader reader)
    {
        int depth = 0;
        while (reader.Read())
        {
            JsonTokenType type = reader.TokenType;
            int start = (int)reader.TokenStartIndex;
            if (type is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                int opened = _open[--depth];
                _nodes[opened].End = _count;
                _nodes[opened].Length = start + 1 - _nodes[opened].Start;
                if (type == JsonTokenType.EndObject && _keys.FindDuplicate(line, Nodes, opened) is LineFault duplicate) return duplicate;
                continue;
            }

            bool text = type is JsonTokenType.String or JsonTokenType.PropertyName;
            if (_count == 0 && type != JsonTokenType.StartObject)
                return new LineFault(start, "NOT_OBJECT", $"the line is {Describe(type)}, but a record is a JSON object: {{\"key\": value, ...}}.");
            if (_count == _nodes.Length)
            {
                if (_count == MaxNodes) return new LineFault(start, "TOO_COMPLEX", $"the record has more than {MaxNodes} keys and values. Keep large arrays in a file of their own.");
                Array.Resize(ref _nodes, 2 * _count);
            }

            ref JsonNode node = ref _nodes[_count++];
            node.Type = type;
            node.Start = text ? start + 1 : start;
            node.Length = reader.ValueSpan.Length;
            node.Escaped = text && reader.ValueIsEscaped;
            node.End = _count;
            if (node.Escaped && JsonText.FindLoneSurrogate(reader.ValueSpan) is >= 0 and int lone)
                return new LineFault(node.Start + lone, "SURROGATE", "the escape is one half of a surrogate pair without the other, so it stands for no character. Write the text again as UTF-8.");
            if (type is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                if (depth == MaxDepth) return new LineFault(start, "DEPTH", $"objects and arrays are nested more than {MaxDepth} deep. Flatten the record.");
                _open[depth++] = _count - 1;
            }
        }

        return null;
    }

    private static LineFault InvalidUtf8(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith((ReadOnlySpan<byte>)[0xff, 0xfe]) || line.StartsWith((ReadOnlySpan<byte>)[0xfe, 0xff]))
            return new LineFault(0, "UTF8", "the file begins like UTF-16, but UTF-8 is needed. Convert it: iconv -f UTF-16 -t UTF-8.");
        int at = 0;
        while (Rune.DecodeFromUtf8(line[at..], out _, out int length) == System.Buffers.OperationStatus.Done) at += length;
        return new LineFault(at, "UTF8", $"byte 0x{line[at]:X2} does not belong to a UTF-8 character here. Write the file as UTF-8; a character that was cut in two means that the file was cut short.");
    }

    private static LineFault NotJson(ReadOnlySpan<byte> line, JsonException exception)
    {
        int at = (int)Math.Min(exception.BytePositionInLine ?? 0, line.Length);
        if (at < line.Length && line[at] == 0 || line.Length > 0 && line[0] == 0)
            return new LineFault(line.Length > 0 && line[0] == 0 ? 0 : at, "NUL", "a NUL byte stands in the text; a writer that crashed leaves such zeros behind. Write the file again.");
        string what = exception.Message;
        int tail = what.IndexOf(" LineNumber:", StringComparison.Ordinal);
        if (tail > 0) what = what[..tail];
        return new LineFault(at, "JSON", $"the line is not valid JSON: {what.TrimEnd('.')}. A record is one JSON object on one line.");
    }

    private static string Describe(JsonTokenType type) => type switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "a truth value",
    };
}
