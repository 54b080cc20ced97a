using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Engine.Data;
using Engine.Data.Matrices;
using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Bench;

/// <summary>The jobs that other libraries do on the same files (bench/peers/jobs.py), done by the engine: one job, one line of JSON.</summary>
/// <remarks>
/// A first run warms the caches and the compiler and does not count, as with the peers. <c>seconds</c> is the median of the rest, <c>seconds_min</c> the least,
/// <c>cpu_seconds</c> the least processor time. Matrices stay mapped; what the peers load before their clock starts has been touched before ours.
/// </remarks>
internal sealed class PeerJobs(string data, int threads, int repeats) : IDisposable
{
    private const int Iterations = 10;

    /// <summary>Seconds after which warming up no longer shows: the first run counts and is the only one, as with the peers.</summary>
    private const double Long = 8;
    private const int ListDepth = 1000;
    private const int RoundRobinRows = 50_000, RoundRobinPicks = 10_000;

    private readonly InputFiles _files = new();
    private readonly IKernels _kernels = KernelSets.Best(threads);

    /// <summary>Runs the command <c>peer-job JOB DATA [--threads N] [--repeats N]</c>.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string job, string data, string[] options)
    {
        int After(string word, int otherwise) => Array.IndexOf(options, word) is >= 0 and var at && at + 1 < options.Length ? int.Parse(options[at + 1], CultureInfo.InvariantCulture) : otherwise;
        using PeerJobs jobs = new(data, After("--threads", 1), After("--repeats", 5));
        JsonObject? row = job switch
        {
            "pool" => jobs.Pool(),
            "kmeans" or "kmeans_large" => jobs.Cluster(job, boundBytes: null),
            "kmeans_plain" or "kmeans_large_plain" => jobs.Cluster(job[..^"_plain".Length], boundBytes: 0),
            "kcenter" or "kcenter_sphere" or "kcenter_gauss" or "kcenter_text" => jobs.Cover(job, 1000),
            "kcenter_large" => jobs.Cover(job, 2000),
            "score" or "score_large" => jobs.Score(job),
            "select" => jobs.Select(whole: false),
            "rds" => jobs.Select(whole: true),
            "limits" => Limits(),
            _ => null,
        };
        if (row is null)
        {
            Console.Error.WriteLine($"There is no job {job}: pool, kmeans, kmeans_large, either with _plain for no bounds, kcenter, kcenter_large, kcenter_sphere, kcenter_gauss, kcenter_text, score, score_large, select, rds or limits.");
            return 2;
        }

        row["job"] = job;
        Console.WriteLine(row.ToJsonString());
        return 0;
    }

    public void Dispose()
    {
        _kernels.Dispose();
        _files.Dispose();
    }

    private static JsonObject Limits() => new()
    {
        ["gflops"] = new JsonArray(MachineLimits.Measured.Gflops1, MachineLimits.Measured.GflopsAll),
        ["read_gbs"] = new JsonArray(MachineLimits.Measured.Read1, MachineLimits.Measured.ReadAll),
    };

    private JsonObject Pool()
    {
        using TokenStates states = StatesFile.Open(new StatesInput(InputOf("pool_hidden"), PathOf("pool_offsets"), "pool_offsets.npy"), _files);
        long[] offsets = states.Offsets.ToArray();
        float[] pooled = new float[(offsets.Length - 1) * states.Tokens.Dim];
        JsonObject row = Timed(() => _kernels.Pool(states.Tokens, offsets, Pooling.WeightedMean, normalize: false, pooled, Pass.Unwatched));
        double worst = 0;
        float[] token = new float[states.Tokens.Dim];
        for (int record = 0; record + 1 < offsets.Length; record += Math.Max(1, offsets.Length / 40))
        {
            double[] sum = new double[token.Length];
            double weights = 0, largest = 0, off = 0;
            for (long t = offsets[record]; t < offsets[record + 1]; t++)
            {
                double weight = t - offsets[record] + 1;
                states.Tokens.CopyRow(t, token);
                for (int j = 0; j < token.Length; j++) sum[j] += weight * token[j];
                weights += weight;
            }

            for (int j = 0; j < token.Length; j++)
            {
                largest = Math.Max(largest, Math.Abs(sum[j] / weights));
                off = Math.Max(off, Math.Abs((sum[j] / weights) - pooled[(record * token.Length) + j]));
            }

            worst = Math.Max(worst, off / largest);
        }

        row["n"] = offsets.Length - 1;
        row["d"] = token.Length;
        row["tokens"] = offsets[^1];
        row["max_rel_error"] = worst;
        return row;
    }

    private JsonObject Cluster(string name, long? boundBytes)
    {
        using Embeddings rows = Open(name);
        using Embeddings first = Open(name + "_init");
        int k = (int)first.Rows;
        float[] centroids = new float[k * rows.Dim];
        for (int c = 0; c < k; c++) first.Matrix.CopyRow(c, centroids.AsSpan(c * rows.Dim, rows.Dim));
        KMeansOptions options = new() { K = k, Init = KMeansInit.Given, Centroids = centroids, MaxIterations = Iterations, BoundBytes = boundBytes };
        KMeansResult? result = null;
        JsonObject row = Timed(() => result = KMeans.Fit(rows.Matrix, options, _kernels, static _ => throw new InvalidOperationException("Nothing is drawn."), Pass.Unwatched));
        Shape(row, rows);
        row["k"] = k;
        row["iters"] = result!.Iterations;
        row["inertia"] = result.Inertia;
        row["share_of_plain"] = result.DistancesComputed / ((double)rows.Rows * k * (result.Iterations + 1));
        return row;
    }

    private JsonObject Cover(string name, int picks)
    {
        using Embeddings rows = Open(name);
        KCenterResult? result = null;
        JsonObject row = Timed(() => result = KCenterGreedy.Select(rows.Matrix, new KCenterOptions { Budget = picks }, _kernels, Pass.Unwatched));
        Shape(row, rows);
        row["k"] = picks;
        row["radius"] = result!.Radii[^1];
        row["idx_hash"] = Hash(result.Picks);
        row["distances"] = result.DistancesComputed;
        row["share_of_plain"] = result.DistancesComputed / ((double)rows.Rows * picks);
        return row;
    }

    private JsonObject Score(string name)
    {
        using Embeddings rows = Open(name);
        QueryGroups queries = QueriesOf(name).Ungrouped();
        double[] norms = new double[rows.Rows], highest = new double[rows.Rows];
        RankedRows[] lists = [];
        JsonObject row = Timed(() =>
        {
            _kernels.Inspect(rows.Matrix, norms, Pass.Unwatched);
            lists = _kernels.TopSimilarities(rows.Matrix, norms, queries, Combination.Each, [], ListDepth, Pass.Unwatched, highest: highest);
        });
        Shape(row, rows);
        row["q"] = queries.Count;
        row["k"] = ListDepth;
        row["sum_max"] = highest.Sum();
        using FileStream top = File.Create(PathOf(name + "_top_engine"));
        NpyWriter.WriteTable(top, [.. lists.Select(list => list.Rows.Order().ToArray())]);
        return row;
    }

    /// <param name="whole">From the vectors; otherwise from the lists, deep enough, that scoring leaves. Peers begin with the vectors or with all scores.</param>
    private JsonObject Select(bool whole)
    {
        using Embeddings all = Open("score");
        using RowRange rows = new(all.Matrix, 0, Math.Min(RoundRobinRows, all.Rows));
        QueryGroups queries = QueriesOf("score");
        double[] norms = new double[rows.Rows];
        RdsOptions options = new() { Count = (int)Math.Min(RoundRobinPicks, rows.Rows) };
        RdsResult Rank()
        {
            _kernels.Inspect(rows, norms, Pass.Unwatched);
            return Rds.Select(rows, norms, queries, options, _kernels, Pass.Unwatched);
        }

        int[] chosen = [];
        RankedRows[] lists = whole ? [] : Rank().Rankings;
        JsonObject row = Timed(() => chosen = whole ? Rank().Rows : Rds.Reselect(lists, (int)rows.Rows, queries.Starts, options, out _).Rows);
        row["n"] = rows.Rows;
        row["q"] = queries.Count;
        row["k"] = chosen.Length;
        row["idx_hash"] = Hash([.. chosen.Order()]);
        return row;
    }

    private QueryGroups QueriesOf(string name)
    {
        using Embeddings from = Open(name + "_queries");
        float[] vectors = new float[from.Rows * from.Dim];
        for (int q = 0; q < from.Rows; q++) from.Matrix.CopyRow(q, vectors.AsSpan(q * from.Dim, from.Dim));
        return new QueryGroups(vectors, from.Dim, [0, (int)from.Rows]);
    }

    private string PathOf(string name) => Path.Combine(data, name + ".npy");

    private EmbeddingsInput InputOf(string name) => new(name, [PathOf(name)], name + ".npy");

    private Embeddings Open(string name) => EmbeddingsFile.Open(InputOf(name), _files);

    private JsonObject Timed(Action run)
    {
        List<double> walls = [], processor = [];
        using Process process = Process.GetCurrentProcess();
        for (int i = 0; i <= repeats; i++)
        {
            process.Refresh();
            TimeSpan before = process.TotalProcessorTime;
            long clock = Stopwatch.GetTimestamp();
            run();
            double wall = Stopwatch.GetElapsedTime(clock).TotalSeconds;
            process.Refresh();
            if (i == 0 && repeats > 0 && wall < Long) continue;
            walls.Add(wall);
            processor.Add((process.TotalProcessorTime - before).TotalSeconds);
            if (wall >= Long) break;
        }

        walls.Sort();
        return new JsonObject
        {
            ["peer"] = "engine",
            ["kernels"] = _kernels.Name,
            ["threads"] = threads,
            ["seconds"] = walls[walls.Count / 2],
            ["seconds_min"] = walls[0],
            ["cpu_seconds"] = processor.Min(),
            ["repeats"] = walls.Count,
            ["peak_rss_mb"] = process.PeakWorkingSet64 >> 20,
        };
    }

    private static void Shape(JsonObject row, Embeddings rows)
    {
        row["n"] = rows.Rows;
        row["d"] = rows.Dim;
    }

    /// <summary>The first twelve digits of the SHA-256 of the rows as int64.</summary>
    private static string Hash(int[] rows) =>
        Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(Array.ConvertAll(rows, row => (long)row).AsSpan())))[..12];
}
