using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Engine.Data;
using Engine.Kernels;

namespace Engine.Bench;

/// <summary>One pass over the file: how long it took and what it saw.</summary>
/// <param name="Wall">Seconds by the clock.</param>
/// <param name="Cpu">Seconds of processor time of the whole process.</param>
/// <param name="Records">Records seen.</param>
/// <param name="Text">Sum over all contents of the length that the reader counts, or 0 where it does not count.</param>
/// <param name="Hash"><see cref="TextHash"/> of all roles and contents in order, or null where the reader does not look at their UTF-8.</param>
internal readonly record struct JsonlPass(double Wall, double Cpu, long Records, long Text, ulong? Hash);

/// <summary>The readers that live in this process.</summary>
internal static class JsonlReaders
{
    /// <summary>Opening a pool as a run does: every record checked completely, its id, source and turns found, its place kept.</summary>
    public static JsonlPass CheckAndIndex(string path) => Timed(() =>
    {
        using var files = new InputFiles();
        using Records records = Open(path, files);
        return (records.Rows, 0, null);
    });

    /// <summary>The roles and contents of every record of an open pool as strings.</summary>
    public static JsonlPass Conversations(Records records) => Timed(() =>
    {
        long text = 0;
        foreach (Conversation conversation in records.Conversations(0, records.Rows))
        {
            foreach (Turn turn in conversation.Turns) text += turn.Content.Length;
        }

        return (records.Rows, text, null);
    });

    /// <summary>The roles and contents of every record of an open pool as UTF-8.</summary>
    public static JsonlPass Turns(Records records) => Timed(() =>
    {
        TurnReader reader = records.OpenTurns(records.Rows);
        long text = 0;
        ulong hash = TextHash.Start;
        for (long row = 0; row < records.Rows; row++)
        {
            Utf8Turns turns = reader.Read(row);
            for (int turn = 0; turn < turns.Count; turn++)
            {
                ReadOnlySpan<byte> content = turns.Content(turn);
                text += content.Length;
                hash = TextHash.Add(TextHash.Add(hash, turns.Role(turn)), content);
            }
        }

        return (records.Rows, text, hash);
    });

    /// <summary>The framework's reader over the lines of a block: the same fields found, roles and contents unescaped into a buffer, nothing kept.</summary>
    public static JsonlPass SystemTextJson(string path) => Timed(() =>
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        byte[] block = new byte[1 << 22];
        byte[] scratch = new byte[1 << 22];
        long rows = 0, text = 0;
        ulong hash = TextHash.Start;
        for (int kept = 0; ;)
        {
            int count = stream.Read(block.AsSpan(kept));
            if (count == 0) return (rows, text, hash);
            Span<byte> filled = block.AsSpan(0, kept + count);
            int end;
            for (; (end = filled.IndexOf((byte)'\n')) >= 0; filled = filled[(end + 1)..])
            {
                text += ReadLine(filled[..end], scratch, ref hash);
                rows++;
            }

            filled.CopyTo(block);
            kept = filled.Length;
        }
    });

    /// <summary>SHA-256 of every record's bytes with line ends, in pool order.</summary>
    public static string HashOfAll(Records records)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] record in records.Texts([.. Enumerable.Range(0, checked((int)records.Rows))]))
        {
            hash.AppendData(record);
            hash.AppendData("\n"u8);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>UTF-8 bytes of all contents.</summary>
    public static long Utf8Of(Records records) =>
        records.Conversations(0, records.Rows).Sum(c => c.Turns.Sum(t => (long)Encoding.UTF8.GetByteCount(t.Content)));

    /// <summary>Opens the made pool with its id and source.</summary>
    public static Records Open(string path, InputFiles files) =>
        RecordsFile.Open(new RecordsInput("pool", [path], path) { Id = "id", Source = "source" }, files, Pass.Unwatched);

    private static long ReadLine(ReadOnlySpan<byte> line, byte[] scratch, ref ulong hash)
    {
        Utf8JsonReader reader = new(line);
        long text = 0, other = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            bool content = reader.ValueTextEquals("content"u8), turn = content || reader.ValueTextEquals("role"u8), field = turn || reader.ValueTextEquals("id"u8) || reader.ValueTextEquals("source"u8);
            if (!field || !reader.Read() || reader.TokenType != JsonTokenType.String) continue;
            int length = reader.CopyString(scratch);
            if (turn) hash = TextHash.Add(hash, scratch.AsSpan(0, length));
            if (content) text += length;
            else other += length;
        }

        return other > 0 ? text : 0;
    }

    private static JsonlPass Timed(Func<(long Records, long Text, ulong? Hash)> read)
    {
        using Process process = Process.GetCurrentProcess();
        process.Refresh();
        TimeSpan cpu = process.TotalProcessorTime;
        long clock = Stopwatch.GetTimestamp();
        (long records, long text, ulong? hash) = read();
        double wall = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        process.Refresh();
        return new JsonlPass(wall, (process.TotalProcessorTime - cpu).TotalSeconds, records, text, hash);
    }
}
