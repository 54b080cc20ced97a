using System.Text.Json;

namespace Engine.Runs;

/// <summary>A finished step as the journal keeps it.</summary>
/// <param name="Step">The step's name.</param>
/// <param name="Key">What its result depends on, hashed: see <see cref="StepKeys"/>.</param>
/// <param name="Files">Its files, all of them on the disk before the entry is.</param>
/// <param name="Value">What its files do not say about its value.</param>
/// <param name="Seconds">Its own work.</param>
/// <param name="Bytes">Bytes it read.</param>
/// <param name="Flops">Operations it did.</param>
/// <param name="Facts">What it noted for the manifest.</param>
internal sealed record JournalEntry(
    string Step, string Key, IReadOnlyList<StagedFile> Files, ValueNote Value, double Seconds, long Bytes, double Flops, IReadOnlyDictionary<string, object> Facts)
{
    /// <summary>The entry as a line.</summary>
    public byte[] ToLine() => CheckedLine.Write(json =>
    {
        json.WriteString("step", Step);
        json.WriteString("key", Key);
        json.WriteStartArray("files");
        foreach (StagedFile file in Files)
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            json.WriteNumber("bytes", file.Bytes);
            json.WriteString("sha256", file.Sha256);
            json.WriteNumber("modified", file.Modified);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WritePropertyName("value");
        Value.Write(json);
        json.WriteNumber("seconds", Seconds);
        json.WriteNumber("bytes", Bytes);
        json.WriteNumber("flops", Flops);
        json.WritePropertyName("facts");
        RunJson.WriteFact(json, Facts);
    });

    /// <summary>Reads a line's object.</summary>
    public static JournalEntry Parse(JsonElement line)
    {
        return new JournalEntry(
            CheckedLine.Text(line, "step"),
            CheckedLine.Text(line, "key"),
            [.. line.GetProperty("files").EnumerateArray().Select(f => new StagedFile(
                CheckedLine.Text(f, "path"), f.GetProperty("bytes").GetInt64(), CheckedLine.Text(f, "sha256"), f.GetProperty("modified").GetInt64()))],
            ValueNote.Parse(line.GetProperty("value")),
            Finite(line.GetProperty("seconds")),
            line.GetProperty("bytes").GetInt64(),
            Finite(line.GetProperty("flops")),
            Members(line.GetProperty("facts")));
    }

    // The counterpart of RunJson.WriteFact: what is read here is written again as the same text.
    private static object Fact(JsonElement fact) => fact.ValueKind switch
    {
        JsonValueKind.String => fact.GetString()!,
        JsonValueKind.True or JsonValueKind.False => fact.GetBoolean(),
        JsonValueKind.Number => fact.TryGetInt64(out long whole) ? whole : Finite(fact),
        JsonValueKind.Array => fact.EnumerateArray().Select(Fact).ToArray(),
        JsonValueKind.Object => Members(fact),
        _ => throw new FormatException($"A fact is {fact.ValueKind}."),
    };

    /// <summary>Reads an object of facts.</summary>
    /// <param name="facts">The object.</param>
    /// <param name="but">Members that are none.</param>
    internal static Dictionary<string, object> Members(JsonElement facts, params ReadOnlySpan<string> but)
    {
        Dictionary<string, object> read = new(StringComparer.Ordinal);
        foreach (JsonProperty fact in facts.EnumerateObject())
            if (!but.Contains(fact.Name) && !read.TryAdd(fact.Name, Fact(fact.Value))) throw new FormatException($"The fact {fact.Name} is there twice.");
        return read;
    }

    // 1e400 reads as infinity, which no JSON can be written with.
    internal static double Finite(JsonElement number) => number.GetDouble() is var value && double.IsFinite(value) ? value : throw new FormatException("A number is beyond float64.");
}

/// <summary>A file in the staging folder.</summary>
/// <param name="Path">Its place in the run folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its hash.</param>
/// <param name="Modified">Its last write, in ticks of 100 ns since year 1, UTC.</param>
internal sealed record StagedFile(string Path, long Bytes, string Sha256, long Modified);

/// <summary>What a value is tied to, by the names of inputs and steps.</summary>
/// <param name="Kind">Its kind as <see cref="Engine.Data.ValueKind"/> names it.</param>
/// <param name="Pool">The records its rows stand for, or null.</param>
/// <param name="Of">The vectors a clustering is of, or what messages call scores; otherwise null.</param>
/// <param name="PoolRows">Rows in the pool of a selection, otherwise 0.</param>
internal sealed record ValueNote(string Kind, string? Pool, string? Of, long PoolRows)
{
    /// <summary>Writes it as an object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("kind", Kind);
        json.WriteString("pool", Pool);
        json.WriteString("of", Of);
        json.WriteNumber("poolRows", PoolRows);
        json.WriteEndObject();
    }

    /// <summary>Reads the object.</summary>
    public static ValueNote Parse(JsonElement value) =>
        new(CheckedLine.Text(value, "kind"), value.GetProperty("pool").GetString(), value.GetProperty("of").GetString(), value.GetProperty("poolRows").GetInt64());
}
