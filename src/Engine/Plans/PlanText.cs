using System.Buffers;
using System.Text;

namespace Engine.Plans;

/// <summary>A plan's bytes, known to be UTF-8 without NUL, and the line and column of each of them.</summary>
/// <remarks>A column counts characters (Unicode code points) from 1; lines end at LF; a byte order mark takes no column.</remarks>
internal sealed class PlanText
{
    private readonly ReadOnlyMemory<byte> _json;
    private readonly string _file;
    private int _offset;
    private int _line = 1;
    private int _column = 1;

    private PlanText(ReadOnlyMemory<byte> json, string file) => (_json, _file) = (json, file);

    /// <summary>The text without its byte order mark.</summary>
    public ReadOnlySpan<byte> Json => _json.Span;

    /// <summary>True when there is nothing but white space.</summary>
    public bool IsBlank => Json.IndexOfAnyExcept(" \t\r\n"u8) < 0;

    /// <summary>Checks size and encoding; null when they were refused.</summary>
    public static PlanText? Check(ReadOnlyMemory<byte> bytes, string file, PlanReading reading)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length > PlanParser.MostBytes)
        {
            reading.Error(new PlanPlace(file, 1, 1), "SIZE", $"found {span.Length} bytes or more, expected a plan of at most {PlanParser.MostBytes} (16 MiB). Move data out of the plan into inputs.");
            return null;
        }

        if (Wide(span) is { } encoding)
        {
            reading.Error(new PlanPlace(file, 1, 1), "ENCODING", $"found {encoding} text, expected UTF-8. Save the plan as UTF-8.");
            return null;
        }

        int mark = span.StartsWith("\uFEFF"u8) ? 3 : 0;
        var text = new PlanText(bytes[mark..], file);
        int broken = FirstBroken(text.Json);
        if (broken >= 0)
        {
            reading.Error(text.PlaceAt(broken), "ENCODING", $"found the byte 0x{text.Json[broken]:x2} at offset {mark + broken}, which is not UTF-8. Save the plan as UTF-8.");
            return null;
        }

        int nul = text.Json.IndexOf((byte)0);
        if (nul < 0) return text;
        reading.Error(text.PlaceAt(nul), "SYNTAX", $"found a NUL byte at offset {mark + nul}, expected text. Check that the file is a plan, and save it again.");
        return null;
    }

    /// <summary>The place of a byte; cheapest when asked in ascending order.</summary>
    public PlanPlace PlaceAt(int offset)
    {
        if (offset < _offset) (_offset, _line, _column) = (0, 1, 1);
        ReadOnlySpan<byte> json = Json;
        for (; _offset < offset && _offset < json.Length; _offset++)
        {
            byte b = json[_offset];
            if (b == '\n') (_line, _column) = (_line + 1, 1);
            else if ((b & 0xC0) != 0x80) _column++;
        }

        return new PlanPlace(_file, _line, _column);
    }

    /// <summary>The place of a byte in a line, both counted from 0.</summary>
    public PlanPlace PlaceAt(int line, int byteInLine)
    {
        int start = 0;
        for (int i = 0; i < line; i++)
        {
            int end = Json[start..].IndexOf((byte)'\n');
            if (end < 0) break;
            start += end + 1;
        }

        return PlaceAt(Math.Min(start + byteInLine, Json.Length));
    }

    /// <summary>Names UTF-16 or UTF-32, by its mark or by the zeros that a plan's first characters have there.</summary>
    private static string? Wide(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xFF, 0xFE, 0, 0, ..] or [0, 0, 0xFE, 0xFF, ..] or [not 0, 0, 0, 0, ..] or [0, 0, 0, not 0, ..] => "UTF-32",
        [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [not 0, 0, not 0, 0, ..] or [0, not 0, 0, not 0, ..] => "UTF-16",
        _ => null,
    };

    private static int FirstBroken(ReadOnlySpan<byte> json)
    {
        if (System.Text.Unicode.Utf8.IsValid(json)) return -1;
        int at = 0;
        while (Rune.DecodeFromUtf8(json[at..], out _, out int taken) == OperationStatus.Done) at += taken;
        return at;
    }
}
