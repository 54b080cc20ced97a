using System.Numerics;
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

    private readonly JsonNodes _nodes = new();
    private byte[] _unescaped = [];

    /// <summary>The tokens of the last line that was parsed without fault. Node 0 is the record.</summary>
    public ReadOnlySpan<JsonNode> Nodes => _nodes.All;

    /// <summary>Parses one line.</summary>
    /// <param name="line">The record's bytes, without line end.</param>
    /// <returns>What is wrong, or null.</returns>
    public LineFault? Parse(ReadOnlySpan<byte> line)
    {
        _nodes.Clear();
        return JsonScan.TryRead(line, _nodes) ? null : FindFault(line);
    }

    /// <summary>Parses one line slowly: the judge of every line that <see cref="JsonScan"/> does not accept.</summary>
    /// <param name="line">The record's bytes, without line end.</param>
    /// <returns>What is wrong, or null.</returns>
    internal LineFault? FindFault(ReadOnlySpan<byte> line)
    {
        _nodes.Clear();
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
        ReadOnlySpan<JsonNode> nodes = _nodes.All;
        if (nodes[parent].Type != JsonTokenType.StartObject) return -1;
        int end = nodes[parent].End;
        for (int name = parent + 1; name < end; name = nodes[name + 1].End)
        {
            ref readonly JsonNode node = ref nodes[name];
            if (node.Escaped ? JsonText.Unescape(line.Slice(node.Start, node.Length)).AsSpan().SequenceEqual(key) : node.Length == key.Length && line.Slice(node.Start, node.Length).SequenceEqual(key))
                return name + 1;
        }

        return -1;
    }

    /// <summary>The text of a string, or of any other value as written.</summary>
    public string Text(ReadOnlySpan<byte> line, int index)
    {
        ref readonly JsonNode node = ref _nodes.All[index];
        ReadOnlySpan<byte> raw = line.Slice(node.Start, node.Length);
        if (!node.Escaped) return Encoding.UTF8.GetString(raw);
        if (_unescaped.Length < raw.Length) _unescaped = new byte[(int)BitOperations.RoundUpToPowerOf2((uint)raw.Length)];
        return Encoding.UTF8.GetString(_unescaped.AsSpan(0, JsonUnescape.Write(raw, _unescaped)));
    }

    private LineFault? Read(ReadOnlySpan<byte> line, ref Utf8JsonReader reader)
    {
        while (reader.Read())
        {
            JsonTokenType type = reader.TokenType;
            int start = (int)reader.TokenStartIndex;
            if (type is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                if (_nodes.Close(line, start + 1) is LineFault duplicate) return duplicate;
                continue;
            }

            bool text = type is JsonTokenType.String or JsonTokenType.PropertyName;
            if (_nodes.Count == 0 && type != JsonTokenType.StartObject)
                return new LineFault(start, "NOT_OBJECT", $"the line is {Describe(type)}, but a record is a JSON object: {{\"key\": value, ...}}.");
            if (_nodes.IsFull)
                return new LineFault(start, "TOO_COMPLEX", $"the record has more than {MaxNodes} keys and values. Keep large arrays in a file of their own.");
            if (text) start++;
            bool escaped = text && reader.ValueIsEscaped;
            _nodes.Add(type, start, reader.ValueSpan.Length, escaped);
            if (escaped && JsonText.FindLoneSurrogate(reader.ValueSpan) is >= 0 and int lone)
                return new LineFault(start + lone, "SURROGATE", "the escape is one half of a surrogate pair without the other, so it stands for no character. Write the text again as UTF-8.");
            if (type is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                if (_nodes.Depth == MaxDepth) return new LineFault(start, "DEPTH", $"objects and arrays are nested more than {MaxDepth} deep. Flatten the record.");
                _nodes.Open();
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
        bool comment = line[at..].StartsWith("//"u8) || line[at..].StartsWith("/*"u8);
        string what = comment ? "a comment begins here, and JSON has none. Remove it" : JsonReason.Of(exception);
        return new LineFault(at, "JSON", $"the line is not valid JSON: {what}. A record is one JSON object on one line.");
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
