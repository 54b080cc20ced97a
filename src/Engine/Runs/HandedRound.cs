using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Engine.Selections;

namespace Engine.Runs;

/// <summary>A round whose rows were handed out: they stand in the run folder while the run waits for feedback, and must stay what they are.</summary>
/// <param name="Step">The step.</param>
/// <param name="Round">The round, from 1.</param>
/// <param name="Key">SHA-256 of its rows and weights.</param>
/// <param name="Awaits">The feedback file that is awaited, as the plan writes it.</param>
/// <param name="Files">Its files.</param>
internal sealed record HandedRound(string Step, int Round, string Key, string Awaits, IReadOnlyList<StagedFile> Files)
{
    /// <summary>The key of a round.</summary>
    public static string KeyOf(SelectionRound round)
    {
        byte[] bytes = new byte[checked((long)sizeof(int) * round.Chosen.Indices.Length + sizeof(double) * round.Weights.Length)];
        Span<byte> at = bytes;
        foreach (int row in round.Chosen.Indices)
        {
            BinaryPrimitives.WriteInt32LittleEndian(at, row);
            at = at[sizeof(int)..];
        }

        foreach (double weight in round.Weights)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(at, weight);
            at = at[sizeof(double)..];
        }

        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    /// <summary>Whether its files stand in the run folder, with the length they had.</summary>
    public bool Stands(string runFolder) => Files.All(f => new FileInfo(Path.Combine(runFolder, f.Path)) is { Exists: true } found && found.Length == f.Bytes);

    /// <summary>The round as a line.</summary>
    public byte[] ToLine() => CheckedLine.Write(json =>
    {
        json.WriteString("step", Step);
        json.WriteNumber("round", Round);
        json.WriteString("key", Key);
        json.WriteString("awaits", Awaits);
        json.WriteStartArray("files");
        foreach (StagedFile file in Files)
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            json.WriteNumber("bytes", file.Bytes);
            json.WriteString("sha256", file.Sha256);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>Reads a line's object. It names files of the run folder only.</summary>
    public static HandedRound Parse(JsonElement line)
    {
        StagedFile[] files = [.. line.GetProperty("files").EnumerateArray().Select(f =>
            new StagedFile(f.GetProperty("path").GetString()!, f.GetProperty("bytes").GetInt64(), f.GetProperty("sha256").GetString()!, Modified: 0))];
        var round = new HandedRound(line.GetProperty("step").GetString()!, line.GetProperty("round").GetInt32(), line.GetProperty("key").GetString()!, line.GetProperty("awaits").GetString()!, files);
        string own = RoundFiles.FolderOf(round.Step, round.Round) + "/";
        bool safe = ManifestSummary.SafeRelative(files.Select(f => f.Path)).Count == files.Length && files.All(f => f.Path.StartsWith(own, StringComparison.Ordinal));
        return safe ? round : throw new FormatException("A path leads elsewhere.");
    }
}
