using System.Globalization;
using Engine.Data;
using Engine.Data.Matrices;

namespace Engine.Tests.Runs;

/// <summary>A run in rounds: what stands while it waits, what feedback it takes and refuses, and that it ends as if it had never waited.</summary>
public sealed class RoundsTests : IDisposable
{
    private const string Plan = """
        {
          "version": 1, "seed": 9,
          "inputs": {
            "pool": { "kind": "records", "path": "pool.jsonl", "id": "id" },
            "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" }
          },
          "steps": {
            "groups": { "op": "kmeans", "in": "vec", "k": 4 },
            "pick": { "op": "iterate", "clusters": "groups", "rounds": 3, "budget": 31, "feedback": "fb-${round}.csv" }
          },
          "outputs": { "train": { "from": "pick", "format": "jsonl", "path": "train.jsonl" } },
          "run": { "dir": "out", "onExisting": "resume" }
        }
        """;

    private readonly Workspace _work = new();

    public RoundsTests()
    {
        _work.WriteRecords("pool.jsonl", 150);
        _work.WriteMatrix("vec.npy", 150, 6, seed: 2);
        _work.Write("plan.json", Plan);
    }

    public void Dispose() => _work.Dispose();

    [Fact]
    public void ItWaitsAgainAndAgainAndChangesNothing()
    {
        Outcome first = _work.Engine(["run", "plan.json"]);
        Assert.Equal(75, first.Exit);
        Assert.Equal("", first.Output);
        Assert.Contains("fb-1.csv: error FEEDBACK: round 1 of 3 is drawn: 11 rows in " + _work.At("out", "steps", "pick", "round-1"), first.Error, StringComparison.Ordinal);
        Assert.Contains("engine resume " + _work.At("out"), first.Error, StringComparison.Ordinal);
        Assert.Equal(
            ["indices.npy", "selected.jsonl", "selection.csv", "weights.csv"],
            Directory.GetFiles(_work.At("out", "steps", "pick", "round-1")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.Equal(11, File.ReadAllLines(_work.At("out", "steps", "pick", "round-1", "selected.jsonl")).Length);
        Assert.StartsWith("rank,row,id,cluster\n1,", File.ReadAllText(_work.At("out", "steps", "pick", "round-1", "selection.csv")), StringComparison.Ordinal);
        Assert.StartsWith("cluster,weight,rows\n0,0.25,3\n1,0.25,3\n2,0.25,3\n3,0.25,2\n", File.ReadAllText(_work.At("out", "steps", "pick", "round-1", "weights.csv")), StringComparison.Ordinal);

        // Beside the checkpoint nothing but the round.
        Assert.Equal([".staging", "steps"], Directory.GetFileSystemEntries(_work.At("out")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        SortedDictionary<string, string> before = _work.Hashes("out");
        string[] entries = _work.Entries();
        foreach (string[] words in new string[][] { ["run", "plan.json"], ["resume", "out"], ["run", "plan.json", "--threads", "1"] })
        {
            Assert.Equal(75, _work.Engine(words).Exit);
            Assert.Equal(before, _work.Hashes("out"));
            Assert.Equal(entries, _work.Entries());
        }

        Assert.Equal("unfinished\ngroups: resumable\npick: waiting for fb-1.csv\n", _work.Engine(["status", "out"]).Output);
        Answer(1);
        Assert.Equal("unfinished\ngroups: resumable\npick: pending\n", _work.Engine(["status", "out"]).Output);
    }

    [Fact]
    public void ItEndsAsIfItHadNeverWaited()
    {
        Finish("waited");
        File.Delete(_work.At("train.jsonl"));

        // All feedback is there now: no wait, the same bytes.
        Outcome whole = _work.Run("plan.json", "run.dir=whole", "run.threads=1");
        Assert.True(whole.Exit == 0, whole.Error);
        Assert.Equal(Bits("whole"), Bits("waited"));

        int[] all = Rows("whole", "indices.npy");
        Assert.Equal(31, all.Distinct().Count());
        Assert.Equal(all, Rows("whole", "round-1/indices.npy").Concat(Rows("whole", "round-2/indices.npy")).Concat(Rows("whole", "round-3/indices.npy")));
        Assert.Equal([11, 10, 10], Enumerable.Range(1, 3).Select(r => Rows("whole", $"round-{r}/indices.npy").Length));
        Assert.Equal("rank,row,id,cluster,round", File.ReadLines(_work.At("whole", "selection.csv")).First());
        Assert.Equal("cluster,weight,rows,gain", File.ReadLines(_work.At("whole", "steps", "pick", "round-3", "weights.csv")).First());
        string manifest = File.ReadAllText(_work.At("whole", "manifest.json"));
        Assert.Contains("\"feedback\": {", manifest, StringComparison.Ordinal);
        Assert.Contains("\"fb-2.csv\": \"" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(_work.At("fb-2.csv")))), manifest, StringComparison.Ordinal);
        Assert.Contains("\"steps/pick/round-2/selected.jsonl\"", manifest, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_work.At("waited", ".staging")));
        Assert.Equal(0, _work.Run("plan.json", "run.dir=waited").Exit);
    }

    [Fact]
    public void FeedbackByIdInJsonLinesIsTheSame()
    {
        Finish("byrow");
        File.Delete(_work.At("train.jsonl"));
        foreach (int round in new[] { 1, 2 })
        {
            string[] lines = [.. File.ReadLines(_work.At($"fb-{round}.csv")).Skip(1).Select(line => line.Split(',')).Reverse().Select(f => $$"""{"id": "r{{f[0]}}", "note": "x", "generated": {{f[2]}}, "gold": {{f[1]}}}""")];
            _work.Write($"other-{round}.jsonl", string.Join('\n', lines));
        }

        Outcome run = _work.Run("plan.json", "run.dir=byid", "steps.pick.feedback=other-${round}.jsonl");
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(Bits("byrow"), Bits("byid"));
    }

    [Theory]
    [InlineData("row,gold\n{0},1", "fb-1.csv:1:1: error COLUMN")]
    [InlineData("row,gold,generated\n{0},1,1\n{0},2,1", "fb-1.csv:3:1: error DUPLICATE_ROW", "line 2")]
    [InlineData("row,gold,generated\n{0},NaN,1", "fb-1.csv:2:", "error SCORE", "gold 'NaN'")]
    [InlineData("row,gold,generated\n{0},1,inf", "error SCORE", "generated 'inf'")]
    [InlineData("row,gold,generated\n{0},1,", "error SCORE")]
    [InlineData("row,gold,generated\n{0},1,1", "fb-1.csv: error MISSING_ROW", "on 1 rows", "all 11")]
    [InlineData("row,gold,generated\n{1},1,1", "fb-1.csv:2:1: error OTHER_ROUND", "row {1}")]
    [InlineData("row,gold,generated\n150,1,1", "fb-1.csv:2:1: error OTHER_ROUND", "row 150")]
    [InlineData("row,gold,generated\n-1,1,1", "error UNKNOWN_ROW")]
    [InlineData("id,gold,generated\nnobody,1,1", "fb-1.csv:2:1: error UNKNOWN_ROW", "id 'nobody'")]
    [InlineData("row,id,gold,generated\n{0},r{1},1,1", "error MISMATCH")]
    [InlineData("row,gold,generated\n{0},1", "fb-1.csv:2:", "error COLUMN", "found 2 cells, expected 3")]
    [InlineData("", "fb-1.csv: error EMPTY")]
    public void BadFeedbackIsRefusedWithItsPlaceAndTheRunGoesOn(string text, params string[] parts)
    {
        Assert.Equal(75, _work.Run("plan.json").Exit);
        int[] rows = Rows("out", "round-1/indices.npy");
        object[] fill = [rows[0], Enumerable.Range(0, 150).First(row => !rows.Contains(row))];
        SortedDictionary<string, string> before = _work.Hashes("out");
        _work.Write("fb-1.csv", string.Format(CultureInfo.InvariantCulture, text, fill));
        Outcome refused = _work.Run("plan.json");
        Assert.Equal(4, refused.Exit);
        Assert.All(parts, part => Assert.Contains(string.Format(CultureInfo.InvariantCulture, part, fill), refused.Error, StringComparison.Ordinal));
        Assert.Equal(before, _work.Hashes("out"));
        Answer(1);
        Assert.Equal(75, _work.Run("plan.json").Exit);
        Assert.True(Directory.Exists(_work.At("out", "steps", "pick", "round-2")));
    }

    [Theory]
    [InlineData("""{"row": {0}, "gold": NaN, "generated": 1}""", "fb-1.jsonl:1:", "error JSON")]
    [InlineData("""{"row": {0}, "gold": null, "generated": 1}""", "fb-1.jsonl:1:", "error SCORE")]
    [InlineData("""{"gold": 1, "generated": 1}""", "fb-1.jsonl:1:1: error COLUMN")]
    [InlineData("""{"row": {0}, "generated": 1}""", "found no gold")]
    [InlineData("\n{\"row\": {0}, \"gold\": 1, \"generated\": 1}\n{\"id\": \"r{0}\", \"gold\": 1, \"generated\": 1}", "fb-1.jsonl:3:", "error DUPLICATE_ROW", "line 2")]
    public void BadJsonLinesAreRefusedWithTheirPlace(string text, params string[] parts)
    {
        const string Jsonl = "steps.pick.feedback=fb-${round}.jsonl";
        Assert.Equal(75, _work.Run("plan.json", Jsonl).Exit);
        _work.Write("fb-1.jsonl", text.Replace("{0}", Rows("out", "round-1/indices.npy")[0].ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        Outcome refused = _work.Run("plan.json", Jsonl);
        Assert.Equal(4, refused.Exit);
        Assert.All(parts, part => Assert.Contains(part, refused.Error, StringComparison.Ordinal));
    }

    [Fact]
    public void FeedbackThatChangesAfterItWasUsedIsExit5()
    {
        Assert.Equal(75, _work.Run("plan.json").Exit);
        Answer(1);
        Assert.Equal(75, _work.Run("plan.json").Exit);
        string good = File.ReadAllText(_work.At("fb-1.csv"));
        SortedDictionary<string, string> before = _work.Hashes("out");
        Answer(1, cluster => cluster == 3 ? 9 : .01);
        Outcome changed = _work.Run("plan.json");
        Assert.Equal(5, changed.Exit);
        Assert.Contains("round-2: error CHANGED", changed.Error, StringComparison.Ordinal);
        Assert.Equal(before, _work.Hashes("out"));
        File.WriteAllText(_work.At("fb-1.csv"), good);
        Answer(2);
        Assert.Equal(0, _work.Run("plan.json").Exit);
    }

    [Fact]
    public void AHandedOutFileThatWentComesBackAndForeignOnesStay()
    {
        Assert.Equal(75, _work.Run("plan.json").Exit);
        SortedDictionary<string, string> before = _work.Hashes("out/steps");
        File.Delete(_work.At("out", "steps", "pick", "round-1", "indices.npy"));
        Assert.Equal(75, _work.Run("plan.json").Exit);
        Assert.Equal(before, _work.Hashes("out/steps"));

        // A trainer may keep its own files beside the rows.
        _work.Write("out/steps/pick/round-1/model.bin", "weights");
        Answer(1);
        Assert.Equal(75, _work.Run("plan.json").Exit);
        Answer(2);
        Assert.Equal(0, _work.Run("plan.json").Exit);
        Assert.Equal("weights", File.ReadAllText(_work.At("out", "steps", "pick", "round-1", "model.bin")));
    }

    [Fact]
    public void AReplacementThatWaitsShowsItsOwnRoundsOnly()
    {
        Finish("out");
        foreach (int round in new[] { 1, 2 }) File.Delete(_work.At($"fb-{round}.csv"));
        string[] replace = ["run.onExisting=replace", "seed=10"];
        Assert.Equal(75, _work.Run("plan.json", replace).Exit);
        Assert.Equal([".staging", "steps"], Directory.GetFileSystemEntries(_work.At("out")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.Equal([_work.At("out", "steps", "pick")], Directory.GetDirectories(_work.At("out", "steps")));
        Assert.Equal(["round-1"], Directory.GetFileSystemEntries(_work.At("out", "steps", "pick")).Select(f => Path.GetFileName(f)));
        Assert.False(File.Exists(_work.At("train.jsonl")));

        // An unfinished run of another plan is replaced as a whole.
        Answer(1);
        Assert.Equal(75, _work.Run("plan.json", "run.onExisting=resume", "seed=10").Exit);
        File.Delete(_work.At("fb-1.csv"));
        Assert.Equal(75, _work.Run("plan.json", "run.onExisting=replace").Exit);
        Assert.Equal(["round-1"], Directory.GetFileSystemEntries(_work.At("out", "steps", "pick")).Select(f => Path.GetFileName(f)));
        Finish("out");
    }

    [Fact]
    public void WithoutRecordsThereAreRowsAlone()
    {
        _work.Write("bare.json", Plan.Replace(", \"rowsOf\": \"pool\"", "", StringComparison.Ordinal).Replace("\"train\": { \"from\": \"pick\", \"format\": \"jsonl\"", "\"train\": { \"from\": \"pick\", \"format\": \"npy\"", StringComparison.Ordinal));
        Assert.Equal(75, _work.Run("bare.json").Exit);
        Assert.False(File.Exists(_work.At("out", "steps", "pick", "round-1", "selected.jsonl")));
        _work.Write("fb-1.csv", "id,gold,generated\n" + string.Concat(Rows("out", "round-1/indices.npy").Select(row => $"{row},1,0\n")));
        Assert.Equal(75, _work.Run("bare.json").Exit);
    }

    /// <summary>Runs round after round, each time with the feedback that the last one waited for.</summary>
    private void Finish(string dir)
    {
        for (int round = 1; round < 3; round++)
        {
            Outcome waits = _work.Run("plan.json", $"run.dir={dir}");
            Assert.True(waits.Exit == 75, waits.Error);
            Answer(round, dir: dir);
        }

        Outcome run = _work.Run("plan.json", $"run.dir={dir}");
        Assert.True(run.Exit == 0, run.Error);
    }

    private void Answer(int round, Func<int, double>? gain = null, string dir = "out")
    {
        var text = new System.Text.StringBuilder("row,gold,generated\n");
        foreach (string[] line in File.ReadLines(_work.At(dir, "steps", "pick", $"round-{round}", "selection.csv")).Skip(1).Select(line => line.Split(',')))
        {
            int cluster = int.Parse(line[3], CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture, $"{line[1]},{gain?.Invoke(cluster) ?? cluster + round},{0.5}\n");
        }

        _work.Write($"fb-{round}.csv", text.ToString());
    }

    private int[] Rows(string dir, string file)
    {
        using var files = new InputFiles();
        return Array.ConvertAll(NpyFile.ReadIntegers(files.Open(_work.At(dir, "steps", "pick", file), file)), row => (int)row);
    }

    private SortedDictionary<string, string> Bits(string dir)
    {
        SortedDictionary<string, string> hashes = _work.Hashes(dir);
        Assert.True(hashes.Remove("manifest.json") && hashes.Remove("report.html"));
        return hashes;
    }
}
