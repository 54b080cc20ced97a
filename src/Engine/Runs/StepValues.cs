using System.Globalization;
using System.Text;
using System.Text.Json;
using Engine.Data;
using Engine.Data.Matrices;
using Engine.Data.Scores;
using Engine.Selections;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>Reads a step's value back from the files it left, bit for bit: floats as they are stored, doubles from their shortest text that reads back the same.</summary>
/// <param name="folder">Finds a staged file by its place in the run folder.</param>
/// <param name="values">The values so far, which a value may be tied to.</param>
/// <param name="files">Keeps opened files until the run is over.</param>
internal sealed class StepValues(Func<string, string> folder, ValueStore values, InputFiles files)
{
    /// <summary>What the files of a value do not say, or null when the value is of a kind that no file can give back.</summary>
    public static ValueNote? Note(Value value, ValueStore values)
    {
        string? pool = value.Pool is null ? null : values.NameOf(value.Pool);
        if (value.Pool is not null && pool is null) return null;
        return value switch
        {
            Embeddings => new ValueNote(nameof(ValueKind.Embeddings), pool, null, 0),
            Selection { PoolScores: null } selection => new ValueNote(nameof(ValueKind.Selection), pool, null, selection.PoolRows),
            Selection { PoolScores: { } scores } selection when ReferenceEquals(scores.Pool, value.Pool) => new ValueNote(nameof(ValueKind.Selection), pool, scores.Name, selection.PoolRows),
            ScoreTable scores => new ValueNote(nameof(ValueKind.Scores), pool, scores.Name, 0),
            Clustering clustering when values.NameOf(clustering.Of) is { } of => new ValueNote(nameof(ValueKind.Clustering), pool, of, 0),
            _ => null,
        };
    }

    /// <summary>Reads a value.</summary>
    /// <param name="step">The step's name.</param>
    /// <param name="note">What it is tied to.</param>
    /// <returns>The value, or null when the files do not hold it.</returns>
    public Value? Read(string step, ValueNote note)
    {
        try
        {
            Records? pool = note.Pool is null ? null : (Records)values.Get(note.Pool);
            return note.Kind switch
            {
                nameof(ValueKind.Embeddings) => ReadEmbeddings(step, pool),
                nameof(ValueKind.Selection) => ReadSelection(step, pool, note),
                nameof(ValueKind.Scores) when note.Of is not null => ReadScores(step, pool, note.Of),
                nameof(ValueKind.Clustering) when note.Of is not null => ReadClustering(step, pool, (Embeddings)values.Get(note.Of)),
                _ => null,
            };
        }
        catch (Exception e) when (e is EngineException or InvalidCastException or KeyNotFoundException or FormatException or OverflowException or JsonException or InvalidOperationException or ArgumentException || IoError.IsFrom(e))
        {
            // The step runs again: that costs time, never a result.
            return null;
        }
    }

    private Embeddings ReadEmbeddings(string step, Records? pool) => new(Matrix(step, "embeddings.npy").Matrix, step) { Pool = pool };

    private Clustering ReadClustering(string step, Records? pool, Embeddings of)
    {
        using Embeddings centroids = Matrix(step, "centroids.npy");
        using JsonDocument facts = JsonDocument.Parse(File.ReadAllBytes(folder(RunFiles.OfStep(step, "kmeans.json"))));
        return new Clustering
        {
            Of = of,
            Pool = pool,
            Spherical = facts.RootElement.GetProperty("spherical").GetBoolean(),
            Centroids = RowCopies.Of(centroids.Matrix),
            Assignments = Integers(step, "assignments.npy"),
            Sizes = [.. facts.RootElement.GetProperty("sizes").EnumerateArray().Select(s => s.GetInt64())],
            Inertia = facts.RootElement.GetProperty("inertia").GetDouble(),
            Iterations = facts.RootElement.GetProperty("iterations").GetInt32(),
            Silhouettes = facts.RootElement.TryGetProperty("silhouettes", out JsonElement tried) ? [.. tried.EnumerateArray().Select(Silhouette)] : null,
        };
    }

    private static KSilhouette Silhouette(JsonElement tried) => new(
        tried.GetProperty("k").GetInt32(), tried.GetProperty("silhouette").GetDouble(), tried.GetProperty("inertia").GetDouble(), tried.GetProperty("iterations").GetInt32());

    private Selection? ReadSelection(string step, Records? pool, ValueNote note)
    {
        int[] indices = Integers(step, RunFiles.Indices);
        var table = new CsvReader(Open(step, RunFiles.SelectionTable));
        if (!table.Read()) return null;
        string[] columns = [.. Enumerable.Range(0, table.Count).Select(i => Encoding.UTF8.GetString(table[i]))];
        double[]? scores = Column<double>(columns, "score", indices.Length, out int score);
        string[]? tasks = Column<string>(columns, "task", indices.Length, out int task);
        int[]? queries = Column<int>(columns, "query", indices.Length, out int query);
        int[]? clusters = Column<int>(columns, "cluster", indices.Length, out int cluster);
        int[]? rounds = Column<int>(columns, "round", indices.Length, out int round);
        double[]? radii = Column<double>(columns, "radius", indices.Length, out int radius);
        for (int i = 0; i < indices.Length; i++)
        {
            if (!table.Read() || table.Count != columns.Length) return null;
            if (scores is not null) scores[i] = Number(table[score]);
            if (tasks is not null) tasks[i] = Encoding.UTF8.GetString(table[task]);
            if (queries is not null) queries[i] = int.Parse(table[query], CultureInfo.InvariantCulture);
            if (clusters is not null) clusters[i] = int.Parse(table[cluster], CultureInfo.InvariantCulture);
            if (rounds is not null) rounds[i] = int.Parse(table[round], CultureInfo.InvariantCulture);
            if (radii is not null) radii[i] = Number(table[radius]);
        }

        if (table.Read()) return null;
        ScoreTable? poolScores = note.Of is null ? null : ReadScores(step, pool, note.Of);
        Duplicate[]? duplicates = File.Exists(folder(RunFiles.OfStep(step, DuplicatesFile.Name))) ? DuplicatesFile.Read(new CsvReader(Open(step, DuplicatesFile.Name))) : null;
        return new Selection
        {
            Indices = indices,
            PoolRows = note.PoolRows,
            Pool = pool,
            Scores = scores,
            PoolScores = poolScores,
            Tasks = tasks,
            Queries = queries,
            Clusters = clusters,
            Rounds = rounds,
            Radii = radii,
            Duplicates = duplicates,
        };
    }

    private ScoreTable ReadScores(string step, Records? pool, string name)
    {
        var table = new CsvReader(Open(step, "scores.csv"));
        if (!table.Read()) throw new FormatException("The scores have no header.");
        string[] columns = [.. Enumerable.Range(0, table.Count).Select(i => Encoding.UTF8.GetString(table[i]))];
        List<double>[] read = [.. columns.Select(_ => new List<double>())];
        while (table.Read())
        {
            if (table.Count != columns.Length) throw new FormatException("A row of the scores has another length.");
            for (int i = 0; i < columns.Length; i++) read[i].Add(Number(table[i]));
        }

        Dictionary<string, double[]> values = new(StringComparer.Ordinal);
        for (int i = 0; i < columns.Length; i++) values.Add(columns[i], [.. read[i]]);
        return new ScoreTable(values, name) { Pool = pool };
    }

    private static T[]? Column<T>(string[] columns, string name, int rows, out int at) => (at = Array.IndexOf(columns, name)) < 0 ? null : new T[rows];

    private static double Number(ReadOnlySpan<byte> text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    private int[] Integers(string step, string file) => Array.ConvertAll(NpyFile.ReadIntegers(Open(step, file)), value => checked((int)value));

    private Embeddings Matrix(string step, string file) => EmbeddingsFile.Open(new EmbeddingsInput(step, [folder(RunFiles.OfStep(step, file))], step), files);

    private InputFile Open(string step, string file) => files.Open(folder(RunFiles.OfStep(step, file)), RunFiles.OfStep(step, file));
}
