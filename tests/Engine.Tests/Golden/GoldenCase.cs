using System.Globalization;
using System.Text.Json;
using Engine.Data.Matrices;
using Engine.Tests.Runs;

namespace Engine.Tests.Golden;

/// <summary>One plan of golden.json with its input files and what its results must hold.</summary>
internal sealed class GoldenCase(JsonElement made, JsonElement contents)
{
    public static IReadOnlyDictionary<string, GoldenCase> All { get; } = Load();

    public string Name => made.GetProperty("name").GetString()!;

    /// <summary>Runs the plan from files to files and compares every expectation.</summary>
    public void Check()
    {
        using var work = new Workspace();
        foreach (JsonProperty file in made.GetProperty("files").EnumerateObject()) Write(work, file.Name, contents[file.Value.GetInt32()]);
        work.Write("plan.json", made.GetProperty("plan").GetRawText());
        Outcome run = work.Run("plan.json");
        Assert.True(made.GetProperty("exit").GetInt32() == run.Exit, $"exit {run.Exit}: {run.Error}");
        foreach (JsonElement expected in made.GetProperty("expect").EnumerateArray()) Compare(expected, work.At("out", expected.GetProperty("file").GetString()!));
    }

    private static void Write(Workspace work, string name, JsonElement content)
    {
        if (content.TryGetProperty("text", out JsonElement text))
        {
            work.Write(name, text.GetString()!);
            return;
        }

        work.Write(name, "");
        if (content.TryGetProperty("i64", out JsonElement integers))
        {
            using FileStream stream = File.Create(work.At(name));
            NpyWriter.WriteIndices(stream, [.. integers.EnumerateArray().Select(v => v.GetInt32())]);
            return;
        }

        JsonElement[] rows = [.. content.GetProperty("f32").EnumerateArray()];
        work.WriteMatrix(name, [.. rows.SelectMany(r => r.EnumerateArray()).Select(v => v.GetSingle())], rows[0].GetArrayLength());
    }

    private static void Compare(JsonElement expected, string file)
    {
        if (expected.TryGetProperty("integers", out JsonElement integers))
        {
            Assert.Equal(Listed(file, integers.EnumerateArray().Select(v => (double)v.GetInt64())), Listed(file, NpyNumbers.Read(file)));
            return;
        }

        if (expected.TryGetProperty("column", out JsonElement column))
        {
            string[] found = Column(file, column.GetString()!);
            if (expected.TryGetProperty("words", out JsonElement words)) Assert.Equal(Listed(file, words.EnumerateArray().Select(w => w.GetString())), Listed(file, found));
            else if (expected.TryGetProperty("counts", out JsonElement counts)) Assert.Equal(counts.EnumerateArray().Select(c => c.GetInt32()), Counts(found, counts.GetArrayLength()));
            else Near(expected, file, [.. found.Select(v => double.Parse(v, CultureInfo.InvariantCulture))]);
            return;
        }

        Near(expected, file, expected.TryGetProperty("member", out JsonElement member) ? Member(file, member.GetString()!) : NpyNumbers.Read(file));
    }

    private static void Near(JsonElement expected, string file, double[] found)
    {
        double[] values = [.. expected.GetProperty("reals").EnumerateArray().Select(v => v.GetDouble())];
        double tolerance = expected.GetProperty("tolerance").GetDouble();
        Assert.Equal(values.Length, found.Length);
        for (int i = 0; i < values.Length; i++)
            Assert.True(Math.Abs(values[i] - found[i]) <= tolerance * Math.Max(1, Math.Abs(values[i])), $"{Place(file)} [{i}]: {found[i]:R}, expected {values[i]:R}");
    }

    /// <summary>Numbers or words with the file they are of, so that a failure says which of a plan's steps is wrong.</summary>
    private static string Listed<T>(string file, IEnumerable<T> values) => $"{Place(file)}: {string.Join(' ', values.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)))}";

    private static string Place(string file) => Path.Combine(Path.GetFileName(Path.GetDirectoryName(file))!, Path.GetFileName(file));

    private static string[] Column(string file, string name)
    {
        string[][] lines = [.. File.ReadLines(file).Select(line => line.Split(','))];
        int at = Array.IndexOf(lines[0], name);
        Assert.True(at >= 0, $"{file} has no column {name}");
        return [.. lines.Skip(1).Select(line => line[at])];
    }

    private static int[] Counts(string[] clusters, int count)
    {
        int[] counts = new int[count];
        foreach (string cluster in clusters) counts[int.Parse(cluster, CultureInfo.InvariantCulture)]++;
        return counts;
    }

    private static double[] Member(string file, string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        JsonElement at = document.RootElement;
        foreach (string name in path.Split('.')) at = at.ValueKind == JsonValueKind.Array ? at[int.Parse(name, CultureInfo.InvariantCulture)] : at.GetProperty(name);
        return at.ValueKind == JsonValueKind.Array ? [.. at.EnumerateArray().Select(v => v.GetDouble())] : [at.GetDouble()];
    }

    private static Dictionary<string, GoldenCase> Load()
    {
        JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(House.Repository.PathOf("tests", "Engine.Tests", "Golden", "golden.json")));
        JsonElement contents = document.RootElement.GetProperty("contents");
        return document.RootElement.GetProperty("cases").EnumerateArray().Select(c => new GoldenCase(c, contents)).ToDictionary(c => c.Name, StringComparer.Ordinal);
    }
}
