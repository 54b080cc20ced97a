using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Engine.Data.Jsonl;

namespace Engine.Runs;

/// <summary>A line of a checkpoint: CRC-32 of the rest in eight hexadecimal digits, a blank, one JSON object, LF. A line that was torn or changed reads as nothing.</summary>
internal static class CheckedLine
{
    private const int Prefix = 9;

    /// <summary>Makes a line.</summary>
    /// <param name="members">Writes the members of its object.</param>
    public static byte[] Write(Action<Utf8JsonWriter> members)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        byte[] line = new byte[Prefix + text.WrittenCount + 1];
        Utf8Formatter.TryFormat(Crc32.Append(0, text.WrittenSpan), line, out _, new StandardFormat('x', 8));
        line[Prefix - 1] = (byte)' ';
        text.WrittenSpan.CopyTo(line.AsSpan(Prefix));
        line[^1] = (byte)'\n';
        return line;
    }

    /// <summary>Reads a line, without its LF.</summary>
    /// <param name="line">The bytes.</param>
    /// <param name="read">Makes something of the object; what it throws about missing or misplaced members counts as damage.</param>
    /// <returns>What was read, or null when the line is damaged.</returns>
    public static T? Read<T>(ReadOnlyMemory<byte> line, Func<JsonElement, T> read)
        where T : class
    {
        if (line.Length <= Prefix || line.Span[Prefix - 1] != ' ') return null;
        if (!Utf8Parser.TryParse(line.Span[..(Prefix - 1)], out uint crc, out int used, 'x') || used != Prefix - 1) return null;
        if (crc != Crc32.Append(0, line.Span[Prefix..])) return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(line[Prefix..]);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // Intact but not this engine's: as useless as a damaged one.
            return null;
        }
    }

    /// <summary>A member that must be a text, not null.</summary>
    /// <exception cref="FormatException">It is null.</exception>
    public static string Text(JsonElement line, string name) => Text(line.GetProperty(name));

    /// <inheritdoc cref="Text(JsonElement, string)"/>
    public static string Text(JsonElement text) => text.GetString() ?? throw new FormatException("A text is null.");

    /// <summary>A member that must be a full path.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static string FullPath(JsonElement line, string name) =>
        Text(line, name) is var path && Path.IsPathFullyQualified(path) && !path.Contains('\0', StringComparison.Ordinal) ? path : throw new FormatException("A path is not full.");

    /// <summary>Reads every whole line of a file, damaged ones as null; an end without LF is no line.</summary>
    /// <param name="path">The file; missing reads as empty.</param>
    /// <param name="read">As for <see cref="Read"/>.</param>
    public static IReadOnlyList<T?> ReadAll<T>(string path, Func<JsonElement, T> read)
        where T : class
    {
        if (!File.Exists(path)) return [];
        return ReadAll(FileFailure.GuardReading(path, () => File.ReadAllBytes(path)), read);
    }

    /// <summary>Reads every whole line of a text.</summary>
    /// <param name="rest">The text.</param>
    /// <param name="read">As for <see cref="Read"/>.</param>
    public static IReadOnlyList<T?> ReadAll<T>(ReadOnlyMemory<byte> rest, Func<JsonElement, T> read)
        where T : class
    {
        List<T?> lines = [];
        for (int end; (end = rest.Span.IndexOf((byte)'\n')) >= 0; rest = rest[(end + 1)..]) lines.Add(Read(rest[..end], read));
        return lines;
    }
}
