using System.Globalization;
using System.Text;
using Engine.Indexes;
using Engine.Kernels;
using Engine.Native.Faiss;

namespace Engine.Bench;

/// <summary>Indexes of FAISS against the engine's exact kernels on the same rows and queries: recall, queries a second, and how many queries it takes until making an index pays.</summary>
internal static class FaissBench
{
    private const int Depth = 10, Rounds = 2;

    /// <summary>A set of rows.</summary>
    /// <param name="Rows">Rows.</param>
    /// <param name="Dim">Elements in a row.</param>
    /// <param name="Clusters">Clusters they are drawn from.</param>
    /// <param name="Queries">Queries, drawn as the rows are.</param>
    private sealed record Set(int Rows, int Dim, int Clusters, int Queries);

    /// <summary>Prints the table.</summary>
    /// <returns>The exit code: 1 where FAISS finds less than it must.</returns>
    public static int Run(string[] words)
    {
        bool smoke = words.Contains("--smoke");
        string? file = Array.IndexOf(words, "--out") is >= 0 and var at && at + 1 < words.Length ? words[at + 1] : null;
        Set[] sets = smoke
            ? [new(20_000, 32, 200, 100), new(10_000, 64, 100, 100)]
            : [new(1_000_000, 128, 2_000, 1_000), new(200_000, 768, 1_000, 1_000)];
        StringBuilder text = new();
        Say(text, "# Indexes of FAISS and the exact kernels");
        Say(text, "");
        Say(text, $"`{(smoke ? "faiss --smoke" : "faiss")}`");
        Say(text, "");
        Say(text, $"FAISS {FaissNative.Instance.Description}.");
        Say(text, $"{MachineLimits.Measured}.");
        Say(text, $"Processor seconds of one thread, the least of {Rounds} rounds for searches; recall@{Depth} of all queries; the engine scores what an index proposes exactly, which is counted.");
        bool good = true;
        foreach (Set set in sets) good &= Measure(set, text);
        if (file is not null) File.WriteAllText(file, text.ToString());
        return good ? 0 : 1;
    }

    private static bool Measure(Set set, StringBuilder text)
    {
        Say(text, "");
        Say(text, Text($"## {set.Rows:N0} x {set.Dim}, unit vectors in {set.Clusters:N0} clusters, {set.Queries:N0} queries"));
        Say(text, "");
        Say(text, "| search | making it, s | index MiB | parameter | recall | queries/s | of exact | pays from queries |");
        Say(text, "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |");
        float[] values = Made(set);
        using IKernels kernels = KernelSets.Best(1);
        QueryGroups queries = new(values[(set.Rows * set.Dim)..], set.Dim, [.. Enumerable.Range(0, set.Queries + 1)]);
        bool good = true;
        using ArrayRows matrix = ArrayRows.From(values.AsMemory(0, set.Rows * set.Dim), set.Dim);
        double[] norms = new double[set.Rows];
        kernels.Inspect(matrix, norms, Pass.Unwatched);
        (double exact, RankedRows[] truth) = Least(() => kernels.TopSimilarities(matrix, norms, queries, Combination.Each, [], Depth, Pass.Unwatched));
        Say(text, Text($"| exact kernels | | | | 1.0000 | {set.Queries / exact:N0} | 1.00 | |"));
        foreach (IndexKind kind in new[] { IndexKind.Flat, IndexKind.IvfFlat(set.Rows), IndexKind.IvfSq8(set.Rows), IndexKind.Hnsw })
            good &= Measure(kind, matrix, norms, queries, kernels, exact, truth, text);
        return good;
    }

    private static bool Measure(IndexKind kind, RowSource matrix, double[] norms, QueryGroups queries, IKernels kernels, double exact, RankedRows[] truth, StringBuilder text)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        VectorIndex index = IndexBuilder.Build(matrix, norms, IndexMetric.Cosine, kind, kernels, Pass.Unwatched);
        double making = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        using IndexedSearch search = new(matrix, norms, new VectorQueries(matrix, norms, queries, kernels), IndexMetric.Cosine, new SearchGoal(), () => index, kernels, new RandomStream(0, "bench"), Pass.Unwatched);
        search.Prepare(Depth);
        int[] all = [.. Enumerable.Range(0, queries.Count)];
        double last = 0;
        foreach (int value in kind.Parameter switch { "nprobe" => new[] { 1, 4, 16, 64 }, "efSearch" => [16, 32, 64, 128], _ => [0] })
        {
            index.Set(value);
            (double seconds, RankedRows[] found) = Least(() => search.Find(all, Depth));
            last = all.Sum(q => RecallEstimate.Share(truth[q], found[q], IndexMetric.Cosine)) / all.Length;
            string pays = seconds < exact ? Text($"{making / ((exact - seconds) / all.Length):N0}") : "never";
            string parameter = value == 0 ? "" : Text($"{kind.Parameter} {value}");
            Say(text, Text($"| {kind.Factory} | {making:F1} | {kind.Bytes(matrix.Rows, matrix.Dim) / 1048576.0:N0} | {parameter} | {last:F4} | {all.Length / seconds:N0} | {exact / seconds:F2} | {pays} |"));
        }

        // A graph promises nothing; lists with many probes do, and so does a search without lists.
        return kind.Links > 0 || (last > 0.9 && (kind.Parameter is not null || last == 1));
    }

    private static (double Seconds, T Result) Least<T>(Func<T> work)
    {
        double least = double.PositiveInfinity;
        T result = default!;
        for (int round = 0; round < Rounds; round++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            result = work();
            least = Math.Min(least, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
        }

        return (least, result);
    }

    /// <summary>Rows, then queries: a cluster's centre, drawn at random, and as much noise again, at unit length.</summary>
    private static float[] Made(Set set)
    {
        RandomStream random = new(1, "faiss bench");
        float[] centres = new float[set.Clusters * set.Dim], values = new float[checked((set.Rows + set.Queries) * set.Dim)];
        for (int i = 0; i < centres.Length; i++) centres[i] = Bell(random);
        for (int row = 0; row < set.Rows + set.Queries; row++)
        {
            Span<float> to = values.AsSpan(row * set.Dim, set.Dim);
            int cluster = (int)random.NextBelow(set.Clusters);
            for (int j = 0; j < to.Length; j++) to[j] = centres[(cluster * set.Dim) + j] + Bell(random);
            IndexRows.Normalize(to);
        }

        return values;
    }

    private static float Bell(RandomStream random) => (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Say(StringBuilder text, string line)
    {
        Console.WriteLine(line);
        text.Append(line).Append('\n');
    }
}
