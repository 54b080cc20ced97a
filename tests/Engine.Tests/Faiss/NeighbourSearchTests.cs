using System.Text.Json;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Tests.Kernels;
using Engine.Tests.Runs;

namespace Engine.Tests.Faiss;

/// <summary>Neighbours and near-duplicates through an index: the exact results where the index finds all.</summary>
public sealed class NeighbourSearchTests : IDisposable
{
    private const int Rows = 1500, Dim = 16;

    private readonly Workspace _work = new();
    private readonly float[] _values = ClusteredRows.Make(41, Rows, Dim, 25);

    public NeighbourSearchTests()
    {
        // Chains of near copies, and more exact copies of one row than an index is asked for at once.
        for (int r = 0; r < 200; r++)
            for (int i = 0; i < Dim; i++) _values[((1000 + r) * Dim) + i] = _values[(r % 20 * Dim) + i] + (i == r % Dim ? 0.01f * (r / 20) : 0);
        for (int r = 1300; r < 1400; r++) _values.AsSpan(5 * Dim, Dim).CopyTo(_values.AsSpan(r * Dim));
        _work.WriteMatrix("pool.npy", _values, Dim);
        _work.WriteRecords("pool.jsonl", Rows);
    }

    public void Dispose() => _work.Dispose();

    [FaissTheory]
    [InlineData("Flat")]
    [InlineData("IVF16,Flat")]
    public void DistancesToNeighboursAreTheExactOnes(string index)
    {
        Plan("""{ "op": "indicators", "in": "records", "embeddings": "pool", "which": ["knn1", "outputLength", "knn6"] }""");
        string exact = Output("exact", "scores.csv");
        string faiss = Output("faiss", "scores.csv", "steps.go.search=faiss", $"steps.go.index={index}", "steps.go.recallAtLeast=1", "run.threads=2");
        Assert.Equal(exact, faiss);
        JsonElement step = Facts("faiss");
        Assert.Equal((1.0, 6, index, 100), (step.GetProperty("recall").GetDouble(), step.GetProperty("recallAt").GetInt32(), step.GetProperty("index").GetString(), step.GetProperty("recallQueries").GetInt32()));
    }

    [FaissTheory]
    [InlineData("earlier", "Flat")]
    [InlineData("kept", "Flat")]
    [InlineData("earlier", "IVF16,Flat")]
    [InlineData("kept", "IVF16,Flat")]
    public void NearDuplicatesAreTheExactOnes(string against, string index)
    {
        Plan($$"""{ "op": "dedup", "in": "pool", "threshold": 0.97, "against": "{{against}}" }""");
        string exact = Output("exact", "duplicates.csv");
        Assert.True(exact.Split('\n').Length > 300, "there are too few duplicates to prove anything");
        Assert.Equal(exact, Output("faiss", "duplicates.csv", "steps.go.search=faiss", $"steps.go.index={index}", "steps.go.recallAtLeast=1", "run.threads=2"));
        Assert.Equal(1, Facts("faiss").GetProperty("recall").GetDouble());
        Assert.Equal(File.ReadAllText(_work.At("exact", "selection.csv")), File.ReadAllText(_work.At("faiss", "selection.csv")));
    }

    [Theory]
    [InlineData("""{ "op": "dedup", "in": "records", "search": "faiss" }""", "texts are compared exactly")]
    [InlineData("""{ "op": "dedup", "in": "pool", "clusters": "k", "search": "auto" }""", "only those of one cluster")]
    [InlineData("""{ "op": "dedup", "in": "pool", "index": "Flat" }""", "are about an index")]
    [InlineData("""{ "op": "indicators", "in": "records", "embeddings": "pool", "which": ["knn1"], "indexMemory": "1GiB" }""", "are about an index")]
    public void KeysThatMeanNothingAreRefused(string step, string text)
    {
        Plan(step);
        Outcome run = _work.Run("plan.json");
        Assert.True(run.Exit == 3, run.ToString());
        Assert.Contains("error KEYS: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(text, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SimilarityAgainst.Earlier)]
    [InlineData(SimilarityAgainst.Kept)]
    public void TheFilterOverListsIsTheFilterOverRows(SimilarityAgainst against)
    {
        using TestRows rows = new(_values, Dim);
        double[] norms = Cases.Norms(rows);
        using IKernels kernels = KernelSets.Best(2);
        int[] order = new RandomStream(3, "order").Sample(Rows, 1200);
        foreach (double threshold in new[] { 0.8, 0.97, 0.9999 })
        {
            SimilarityFilterResult exact = SimilarityFilter.Run(rows, norms, order, threshold, against, order.Length, kernels, Pass.Unwatched);
            foreach (int depth in new[] { 1, 8, Rows - 1 })
            {
                SimilarityFilterResult lists = NeighbourFilter.Run(
                    order, Rows, against, block => kernels.SimilarRows(rows, norms, [], block, [], depth, threshold, Pass.Unwatched), list => list.Rows.Length < depth,
                    (row, among) => kernels.SimilarRows(rows, norms, among, [row], [], 1, threshold, Pass.Unwatched)[0], Pass.Unwatched);
                Assert.Equal(exact.Kept, lists.Kept);
                Assert.Equal(exact.Removed, lists.Removed);
            }
        }
    }

    private void Plan(string step) => _work.Write("plan.json", $$"""
        { "version": 1,
          "inputs": { "records": { "kind": "records", "path": "pool.jsonl" }, "pool": { "kind": "embeddings", "path": "pool.npy", "rowsOf": "records" } },
          "steps": { "k": { "op": "kmeans", "in": "pool", "k": 4, "maxIterations": 1 }, "go": {{step}} }, "run": { "dir": "out" } }
        """);

    private string Output(string folder, string file, params string[] overrides)
    {
        Outcome run = _work.Run("plan.json", [$"run.dir={folder}", "run.onExisting=replace", .. overrides]);
        Assert.True(run.Exit == 0, run.ToString());
        return File.ReadAllText(_work.At(folder, "steps", "go", file));
    }

    private JsonElement Facts(string folder)
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(_work.At(folder, "manifest.json")));
        return manifest.RootElement.GetProperty("steps").GetProperty("go").Clone();
    }
}
