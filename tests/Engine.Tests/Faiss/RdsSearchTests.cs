using System.Text.Json;
using Engine.Tests.Runs;

namespace Engine.Tests.Faiss;

/// <summary><c>rds</c> through an index: the same rows as the exact search where the index finds all, measured recall, and a floor under it.</summary>
public sealed class RdsSearchTests : IDisposable
{
    private const int Rows = 3000, Dim = 20;

    private readonly Workspace _work = new();

    public RdsSearchTests()
    {
        float[] values = ClusteredRows.Make(21, Rows + 60, Dim, 40);
        values.AsSpan(0, 10 * Dim).CopyTo(values.AsSpan(1000 * Dim));
        _work.WriteMatrix("pool.npy", values[..(Rows * Dim)], Dim);
        _work.WriteMatrix("one.npy", values[(Rows * Dim)..((Rows + 40) * Dim)], Dim);
        _work.WriteMatrix("two.npy", values[((Rows + 40) * Dim)..], Dim);
    }

    public void Dispose() => _work.Dispose();

    [FaissTheory]
    [InlineData("roundRobin", false)]
    [InlineData("roundRobin", true)]
    [InlineData("max", false)]
    [InlineData("max", true)]
    [InlineData("min", false)]
    [InlineData("min", true)]
    public void AnIndexOfAllRowsGivesTheExactSelection(string reduce, bool twoTasks)
    {
        foreach (string more in new[] { "", """, "duplicates": "skip" """, """, "keepRankings": 300""" })
        {
            Plan(Step($"\"reduce\": \"{reduce}\"{more}", twoTasks));
            Assert.Equal(0, _work.Run("plan.json", "run.dir=exact", "run.onExisting=replace").Exit);
            Outcome faiss = _work.Run("plan.json", "run.dir=faiss", "run.onExisting=replace", "steps.pick.search=faiss", "steps.pick.index=Flat");
            Assert.True(faiss.Exit == 0, faiss.ToString());
            Assert.Equal(Selected("exact"), Selected("faiss"));
            JsonElement step = Facts("faiss");
            Assert.Equal((1.0, "faiss", "Flat"), (step.GetProperty("recall").GetDouble(), step.GetProperty("search").GetString(), step.GetProperty("index").GetString()));
            Assert.Matches(@"^FAISS \d+\.\d+\.\d+", step.GetProperty("library").GetString());
            Assert.False(Facts("exact").TryGetProperty("recall", out _));
        }
    }

    [FaissFact]
    public void ASelectionOfMuchOfALargePoolIsTheExactOneToo()
    {
        const int Many = 66_000, Few = 4;
        float[] values = ClusteredRows.Make(22, Many + 10, Few, 40);
        _work.WriteMatrix("pool.npy", values[..(Many * Few)], Few);
        _work.WriteMatrix("one.npy", values[(Many * Few)..], Few);
        _work.Write("plan.json", """
            { "version": 1,
              "inputs": { "pool": { "kind": "embeddings", "path": "pool.npy" }, "one": { "kind": "embeddings", "path": "one.npy" } },
              "steps": { "pick": { "op": "rds", "in": "pool", "queries": { "t": "one" }, "budget": 20000 } } }
            """);
        Assert.Equal(0, _work.Run("plan.json", "run.dir=exact").Exit);
        Outcome faiss = _work.Run("plan.json", "run.dir=faiss", "steps.pick.search=faiss", "steps.pick.index=Flat");
        Assert.True(faiss.Exit == 0, faiss.ToString());
        Assert.Equal(Selected("exact"), Selected("faiss"));

        // An index searches its own matrix and no sample of it: four fair shares, where the exact search foretells what it needs.
        Assert.Equal(8000, Facts("faiss").GetProperty("listDepth").GetInt32());
        Assert.NotEqual(8000, Facts("exact").GetProperty("listDepth").GetInt32());
    }

    [FaissTheory]
    [InlineData("IVF32,Flat", "nprobe")]
    [InlineData("IVF32,SQ8", "nprobe")]
    [InlineData("HNSW16", "efSearch")]
    public void ThreadsChangeNothingAndRecallIsWhatTheManifestSays(string index, string parameter)
    {
        Plan(Step("\"search\": \"faiss\", \"recallAtLeast\": 0.9", twoTasks: false));
        foreach (int threads in new[] { 1, 2, 3 })
        {
            Outcome run = _work.Run("plan.json", $"run.dir=t{threads}", $"run.threads={threads}", $"steps.pick.index={index}");
            Assert.True(run.Exit == 0, run.ToString());
            Assert.Equal(Selected("t1"), Selected($"t{threads}"));
        }

        // An exact search meets any floor.
        Assert.Equal(0, _work.Run("plan.json", "run.dir=exact", "steps.pick.search=exact", "steps.pick.recallAtLeast=1").Exit);

        JsonElement step = Facts("t2");
        double recall = step.GetProperty("recall").GetDouble(), low = step.GetProperty("recallInterval")[0].GetDouble(), high = step.GetProperty("recallInterval")[1].GetDouble();
        Assert.InRange(recall, 0.9, 1);
        Assert.True(low <= recall && recall <= high && low < high, $"{low} <= {recall} <= {high}");
        Assert.Equal((index, 16, 0.9), (step.GetProperty("index").GetString(), step.GetProperty("recallQueries").GetInt32(), step.GetProperty("recallAtLeast").GetDouble()));
        Assert.True(step.GetProperty(parameter).GetInt32() >= 1);
        string report = File.ReadAllText(_work.At("t2", "report.html"));
        Assert.All(new[] { "recall", "recallInterval", "library" }, fact => Assert.Contains($"<dt>{fact}</dt>", report, StringComparison.Ordinal));
    }

    [FaissFact]
    public void LessThanTheFloorIsExit12AndLeavesNothing()
    {
        Plan(Step("\"search\": \"faiss\", \"index\": \"PCA2,Flat\"", twoTasks: false));
        string[] before = _work.Entries();
        Outcome run = _work.Run("plan.json");
        Assert.Equal(12, run.Exit);
        Assert.Matches(@"plan\.json:\d+:\d+: error RECALL: step ""pick"": the index PCA2,Flat found 0\.\d{4} of the \d+ truly nearest rows of 16 sampled queries, but ""recallAtLeast"" is 0\.95\. Leave ""index"" out", run.Error);
        Assert.Equal(before, _work.Entries());

        // The same index is good enough for who asks for less.
        Assert.Equal(0, _work.Run("plan.json", "steps.pick.recallAtLeast=0").Exit);
        Assert.InRange(Facts("out").GetProperty("recall").GetDouble(), 0, 0.95);
    }

    [Theory]
    [InlineData("\"search\": \"faiss\", \"reduce\": \"mean\"", 3, "REDUCE")]
    [InlineData("\"search\": \"auto\", \"reduce\": \"normalizedMean\"", 3, "REDUCE")]
    [InlineData("\"index\": \"Flat\"", 3, "KEYS")]
    [InlineData("\"indexMemory\": \"1GiB\"", 3, "KEYS")]
    [InlineData("\"search\": \"faiss\", \"index\": \"Flat\", \"indexFile\": \"a.index\"", 3, "KEYS")]
    [InlineData("\"search\": \"faiss\", \"recallAtLeast\": 1.5", 3, "RANGE")]
    [InlineData("\"search\": \"sometimes\"", 3, "VALUE")]
    public void WhatAnIndexCannotServeIsRefused(string keys, int exit, string code) => Refused(keys, exit, code);

    [FaissTheory]
    [InlineData("\"search\": \"faiss\", \"indexFile\": \"no-such.index\"", 4, "MISSING")]
    [InlineData("\"search\": \"faiss\", \"indexMemory\": \"1KiB\"", 8, "MEMORY")]
    public void AnIndexThatIsNotThereOrHasNoRoomIsRefused(string keys, int exit, string code) => Refused(keys, exit, code);

    [FaissTheory]
    [InlineData("IVF5000,Flat", 4, "5000 lists, but there are only 3000 rows")]
    [InlineData("NoSuchKind", 9, "NoSuchKind")]
    public void AKindThatCannotBeMadeIsRefused(string index, int exit, string text)
    {
        Plan(Step($"\"search\": \"faiss\", \"index\": \"{index}\"", twoTasks: false));
        Outcome run = _work.Run("plan.json");
        Assert.True(run.Exit == exit, run.ToString());
        Assert.Contains(text, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutTheLibraryFaissIsExit9AndAutoIsExact()
    {
        Plan(Step("\"search\": \"faiss\"", twoTasks: false));
        Outcome run = _work.Engine(["run", "plan.json"], ("ENGINE_FAISS_LIB", "/no/such/libfaiss_c.so"));
        Assert.True(run.Exit == 9, run.ToString());
        Assert.Matches(@"error LIBRARY: step ""pick"": searching with an index needs FAISS\. .*ENGINE_FAISS_LIB=/no/such/libfaiss_c\.so \(no such file\).*apt-get install g\+\+ libfaiss-dev libopenblas-dev.*""search"": ""exact""", run.Error);
        Assert.False(Directory.Exists(_work.At("out")));

        Outcome auto = _work.Engine(["run", "plan.json", "--set", "steps.pick.search=auto"], ("ENGINE_FAISS_LIB", "/no/such/libfaiss_c.so"));
        Assert.True(auto.Exit == 0, auto.ToString());
        Assert.Equal("exact", Facts("out").GetProperty("search").GetString());
        Assert.Contains("/no/such/libfaiss_c.so", Facts("out").GetProperty("searchWhy").GetString(), StringComparison.Ordinal);
    }

    [FaissFact]
    public void AutoSearchesExactlyWhereAnIndexDoesNotPay()
    {
        Plan(Step("\"search\": \"auto\"", twoTasks: true));
        Assert.Equal(0, _work.Run("plan.json").Exit);
        Assert.Equal(0, _work.Run("plan.json", "run.dir=exact", "steps.pick.search=exact").Exit);
        Assert.Equal(Selected("exact"), Selected("out"));
        JsonElement step = Facts("out");
        Assert.Equal("exact", step.GetProperty("search").GetString());
        Assert.Contains("by counting", step.GetProperty("searchWhy").GetString(), StringComparison.Ordinal);
        Assert.False(step.TryGetProperty("recall", out _));
    }

    private void Refused(string keys, int exit, string code)
    {
        Plan(Step(keys, twoTasks: false));
        string[] before = _work.Entries();
        Outcome run = _work.Run("plan.json");
        Assert.True(run.Exit == exit, run.ToString());
        Assert.Contains($"error {code}: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, _work.Entries());
    }

    private static string Step(string keys, bool twoTasks) =>
        $$"""{ "op": "rds", "in": "pool", "queries": { "one": "one"{{(twoTasks ? ", \"two\": \"two\"" : "")}} }, "budget": 400, {{keys}} }""";

    private void Plan(string step) => _work.Write("plan.json", $$"""
        { "version": 1,
          "inputs": { "pool": { "kind": "embeddings", "path": "pool.npy" }, "one": { "kind": "embeddings", "path": "one.npy" }, "two": { "kind": "embeddings", "path": "two.npy" } },
          "steps": { "pick": {{step}} }, "run": { "dir": "out" } }
        """);

    private string Selected(string folder) => File.ReadAllText(_work.At(folder, "selection.csv"));

    private JsonElement Facts(string folder)
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(_work.At(folder, "manifest.json")));
        return manifest.RootElement.GetProperty("steps").GetProperty("pick").Clone();
    }
}
