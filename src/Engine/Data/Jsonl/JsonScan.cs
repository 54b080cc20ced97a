using System.Text.Json;

namespace Engine.Data.Jsonl;

/// <summary>Reads the tokens of a line that is right, fast. It never says what is wrong: of a line that it does not accept, <see cref="JsonLine"/> finds the fault.</summary>
internal static class JsonScan
{
    /// <summary>Reads one line.</summary>
    /// <param name="line">The record's bytes, without line end.</param>
    /// <param name="nodes">Empty; receives the tokens.</param>
    /// <returns>True when the line is one JSON object by all of <see cref="JsonLine"/>'s rules; false when it is not, or may not be.</returns>
    public static bool TryRead(ReadOnlySpan<byte> line, JsonNodes nodes)
    {
        if (line.Length >= TextBlock.Bytes) return TryRead(line, line.Length, nodes);
        Span<byte> padded = stackalloc byte[TextBlock.Bytes];
        padded.Clear();
        line.CopyTo(padded);
        return TryRead(padded, line.Length, nodes);
    }

    // A short line is padded with NUL, which is no part of JSON.
    private static bool TryRead(ReadOnlySpan<byte> line, int length, JsonNodes nodes)
    {
        int at = SkipSpace(line, 0);
        if (At(line, at) != '{') return false;
        for (; ; )
        {
            // A value begins here.
            if (nodes.IsFull) return false;
            switch (At(line, at))
            {
                case (byte)'"':
                    int end = JsonString.FindEnd(line, at + 1, out bool escaped);
                    if (end < 0) return false;
                    nodes.Add(JsonTokenType.String, at + 1, end - at - 1, escaped);
                    at = end + 1;
                    break;
                case (byte)'{':
                case (byte)'[':
                    bool isObject = line[at] == '{';
                    if (nodes.Depth == JsonLine.MaxDepth) return false;
                    nodes.Add(isObject ? JsonTokenType.StartObject : JsonTokenType.StartArray, at, 1);
                    nodes.Open();
                    at = SkipSpace(line, at + 1);
                    if (At(line, at) == (isObject ? '}' : ']')) break;
                    if (isObject && !TryReadName(line, nodes, ref at)) return false;
                    continue;
                default:
                    int bytes = Scalar(line[at..], out JsonTokenType type);
                    if (bytes == 0) return false;
                    nodes.Add(type, at, bytes);
                    at += bytes;
                    break;
            }

            if (!TryGoOn(line, nodes, ref at)) return false;
            if (nodes.Depth == 0) return SkipSpace(line, at) == length;
        }
    }

    // Behind a value: closes what ends here, and goes on to where the next value begins, or to the end of the record.
    private static bool TryGoOn(ReadOnlySpan<byte> line, JsonNodes nodes, ref int at)
    {
        while (nodes.Depth > 0)
        {
            at = SkipSpace(line, at);
            bool inObject = nodes.InObject;
            byte next = At(line, at++);
            if (next == ',')
            {
                at = SkipSpace(line, at);
                return !inObject || TryReadName(line, nodes, ref at);
            }

            if (next != (inObject ? '}' : ']') || nodes.Close(line, at) is not null) return false;
        }

        return true;
    }

    // A key, its colon, and the space behind that.
    private static bool TryReadName(ReadOnlySpan<byte> line, JsonNodes nodes, ref int at)
    {
        if (At(line, at) != '"' || nodes.IsFull) return false;
        int end = JsonString.FindEnd(line, at + 1, out bool escaped);
        if (end < 0) return false;
        nodes.Add(JsonTokenType.PropertyName, at + 1, end - at - 1, escaped);
        at = SkipSpace(line, end + 1);
        if (At(line, at) != ':') return false;
        at = SkipSpace(line, at + 1);
        return true;
    }

    private static int Scalar(ReadOnlySpan<byte> text, out JsonTokenType type)
    {
        type = JsonTokenType.Number;
        switch (At(text, 0))
        {
            case (byte)'t':
                type = JsonTokenType.True;
                return text.StartsWith("true"u8) ? 4 : 0;
            case (byte)'f':
                type = JsonTokenType.False;
                return text.StartsWith("false"u8) ? 5 : 0;
            case (byte)'n':
                type = JsonTokenType.Null;
                return text.StartsWith("null"u8) ? 4 : 0;
            default:
                return Number(text);
        }
    }

    // RFC 8259, section 6. What stands behind the number is the caller's to check.
    private static int Number(ReadOnlySpan<byte> text)
    {
        int at = At(text, 0) == '-' ? 1 : 0;
        int digits = Digits(text, at);
        if (digits == 0 || digits > 1 && text[at] == '0') return 0;
        at += digits;
        if (At(text, at) == '.')
        {
            digits = Digits(text, at + 1);
            if (digits == 0) return 0;
            at += 1 + digits;
        }

        if ((At(text, at) | 0x20) != 'e') return at;
        at += At(text, at + 1) is (byte)'+' or (byte)'-' ? 2 : 1;
        digits = Digits(text, at);
        return digits == 0 ? 0 : at + digits;
    }

    private static int Digits(ReadOnlySpan<byte> text, int at)
    {
        int end = at;
        while ((uint)(At(text, end) - '0') < 10) end++;
        return end - at;
    }

    private static int SkipSpace(ReadOnlySpan<byte> line, int at)
    {
        while (At(line, at) is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') at++;
        return at;
    }

    // 0, which is no part of JSON, stands for the end.
    private static byte At(ReadOnlySpan<byte> text, int at) => (uint)at < (uint)text.Length ? text[at] : (byte)0;
}
