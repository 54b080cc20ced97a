using System.Globalization;
using System.Text.Json;
using Engine.Runs;

namespace Engine.Tests.Runs;

/// <summary>Why a record was chosen or not: what is said is what the run's files and the inputs say.</summary>
public sealed class WhyTests : IDisposable
{
    private const int Rows = 90;

    private const string Plan = """
        {
          "version": 1, "seed": 5,
          "inputs": {
            "pool": { "kind": "records", "path": "pool.jsonl", "id": "id", "source": "dataset" },
            "vec": { "kind": "embeddings", "path": "vec.npy", "rowsOf": "pool" },
            "good": { "kind": "scores", "path": "good.csv", "rowsOf": "pool" },
            "q1": { "kind": "embeddings", "path": "q1.npy" },
            "q2": { "kind": "embeddings", "path": "q2.npy" }
          },
          "steps": {
            "groups": { "op": "kmeans", "in": "vec", "k": 4 },
            "kept": { "op": "filter", "in": "pool", "notSources": "s2" },
            "one": { "op": "rds", "in": "vec", "queries": { "a": "q1" }, "budget": 20, "within": "kept" },
            "two": { "op": "rds", "in": "vec", "queries": { "a": "q1", "b": "q2" }, "budget": 20, "caps": { "s0": 3 } },
            "top": { "op": "rds", "in": "vec", "queries": { "a": "q1", "b": "q2" }, "budget": 20, "reduce": "max" },
            "core": { "op": "kcenter", "in": "vec", "budget": 10 },
            "draw": { "op": "kmq", "clusters": "groups", "quality": "good", "budget": 12 },
            "some": { "op": "random", "in": "pool", "budget": 9 },
            "turn": { "op": "balanced", "in": "pool", "budget": 9 },
            "best": { "op": "quality", "in": "good", "rule": { "coefficients": { "good": 1 } }, "budget": 8 },
            "once": { "op": "dedup", "in": "vec", "threshold": 0.6 },
            "all": { "op": "union", "in": ["one", "core"], "budget": 22 }
          },
          "run": { "dir": "out" }
        }
        """;

    private static readonly string[] Steps = ["kept", "one", "two", "top", "core", "draw", "some", "turn", "best", "once", "all"];

    private readonly Workspace _work = new();
    private readonly float[] _vectors = new float[Rows * 6];

    public WhyTests()
    {
        _work.WriteRecords("pool.jsonl", Rows);
        _work.WriteMatrix("vec.npy", Rows, 6, seed: 4);
        _work.WriteMatrix("q1.npy", 3, 6, seed: 5);
        _work.WriteMatrix("q2.npy", 2, 6, seed: 6);
        _work.Write("good.csv", "good\n" + string.Concat(Enumerable.Range(0, Rows).Select(i => FormattableString.Invariant($"{(i * 37 % 91) + 1}\n"))));
        _work.Write("plan.json", Plan);
        Outcome run = _work.Run("plan.json");
        Assert.True(run.Exit == 0, run.ToString());
        byte[] matrix = File.ReadAllBytes(_work.At("vec.npy"));
        Buffer.BlockCopy(matrix, matrix.Length - Buffer.ByteLength(_vectors), _vectors, 0, Buffer.ByteLength(_vectors));
    }

    public void Dispose() => _work.Dispose();

    [Fact]
    public void EveryRowOfEveryStepIsExplainedByItsLine()
    {
        Dictionary<string, string[]> tables = Steps.ToDictionary(step => step, step => File.ReadAllLines(_work.At("out", "steps", step, "selection.csv"))[1..]);
        for (int row = 0; row < Rows; row += 7)
        {
            RecordExplanation why = SelectionEngine.Explain(_work.At("out"), row);
            Assert.Equal(($"r{row}", $"s{row % 3}"), (why.Id!, why.Source!));
            Assert.Equal(Steps, why.Steps.Select(step => step.Step));
            foreach (StepExplanation step in why.Steps)
            {
                int place = Array.FindIndex(tables[step.Step], line => line.Split(',')[1] == row.ToString(CultureInfo.InvariantCulture));
                Assert.Equal(place < 0 ? null : place + 1, step.Rank);
                Assert.Equal(place < 0 ? "" : tables[step.Step][place], string.Join(',', step.Columns.Values));
                Assert.True(step.Says.Count >= 2, $"{step.Step}: {string.Join(' ', step.Says)}");
                Assert.DoesNotContain(step.Says, sentence => sentence.StartsWith("Not ", StringComparison.Ordinal) && sentence != "Not chosen.");
            }
        }
    }

    [Fact]
    public void RefusedRowsShowWhatTheyLacked()
    {
        for (int row = 0; row < Rows; row++)
        {
            foreach (StepExplanation step in SelectionEngine.Explain(_work.At("out"), row).Steps.Where(s => s.Rank is null))
            {
                IReadOnlyDictionary<string, object> facts = step.Facts;
                switch (step.Step)
                {
                    case "kept": Assert.Equal("notSources", facts["failed"]); break;
                    case "one" when row % 3 == 2: Assert.Equal("kept", facts["leftOutBy"]); break;
                    case "top": Assert.True((double)facts["lastScore"] >= (double)facts["score"]); break;
                    case "two" when row % 3 == 0: Assert.Equal([3, 3], new[] { facts["cap"], facts["sourceGave"] }); break;
                    case "one" or "two": Assert.True(!facts.TryGetValue("lastCosine", out object? last) || (double)last >= (double)facts["cosine"]); break;
                    case "core":
                        int[] picks = [.. File.ReadAllLines(_work.At("out", "steps", "core", "selection.csv"))[1..].Select(l => int.Parse(l.Split(',')[1], CultureInfo.InvariantCulture))];
                        Assert.Equal(picks.Min(pick => Distance(pick, row)), (double)facts["distance"], 1e-6);
                        Assert.True((double)facts["distance"] <= (double)facts["coveringRadius"] + 1e-12);
                        break;
                    case "draw": Assert.InRange((double)facts["weight"], 0, 1); break;
                    case "best": Assert.True((double)facts["score"] >= (double)facts["lastScore"]); break;
                    case "once": Assert.True((double)facts["cosine"] > 0.6 && Cosine((int)facts["like"], row) > 0.6); break;
                    case "turn": Assert.Equal(3, facts["sourceGave"]); break;
                }
            }
        }
    }

    [Fact]
    public void TheCommandAnswersByIdAndRowInWordsAndJson()
    {
        string chosen = File.ReadAllLines(_work.At("out", "steps", "one", "selection.csv"))[1].Split(',')[2];
        Outcome words = _work.Engine(["why", "out", "--id", chosen]);
        Assert.True(words.Exit == 0 && words.Output.Contains("Chosen at rank 1 of 20.", StringComparison.Ordinal), words.ToString());
        Outcome json = _work.Engine(["why", "out", "--row", chosen[1..], "--json"]);
        using JsonDocument document = JsonDocument.Parse(json.Output);
        Assert.Equal(chosen, document.RootElement.GetProperty("id").GetString());
        Assert.Equal(1, document.RootElement.GetProperty("steps")[1].GetProperty("rank").GetInt32());
        foreach ((string[] line, int exit) in ((string[], int)[])
        [
            (["why", "out", "--id", "nobody"], 4), (["why", "out", "--row", "90"], 4), (["why", "out", "--row", "-1"], 4), (["why", "none", "--row", "1"], 10),
            (["why", "out"], 2), (["why", "out", "--row", "1", "--id", "r1"], 2),
        ])
        {
            Outcome run = _work.Engine(line);
            Assert.True(run.Exit == exit, $"{string.Join(' ', line)}: {run}");
        }
    }

    [Fact]
    public void WithoutItsInputsARunStillAnswers()
    {
        string[] line = File.ReadAllLines(_work.At("out", "steps", "two", "selection.csv"))[1].Split(',');
        File.Delete(_work.At("vec.npy"));
        RecordExplanation chosen = SelectionEngine.Explain(_work.At("out"), line[2]);
        Assert.Equal(1, chosen.Steps.First(step => step.Step == "two").Rank);
        RecordExplanation other = SelectionEngine.Explain(_work.At("out"), Enumerable.Range(0, Rows).First(row => SelectionEngine.Explain(_work.At("out"), row).Steps.All(s => s.Rank is null || s.Step == "kept")));
        foreach (string step in (string[])["two", "core"]) Assert.Contains(other.Steps.First(s => s.Step == step).Says, says => says.StartsWith("Not recomputed", StringComparison.Ordinal));
        Assert.True(other.Steps.First(s => s.Step == "core").Facts.ContainsKey("coveringRadius"));

        // Changed is as good as gone; without the records an id is known only where it was chosen.
        File.WriteAllText(_work.At("q1.npy"), "x");
        File.Delete(_work.At("pool.jsonl"));
        Assert.Equal(line[2], SelectionEngine.Explain(_work.At("out"), line[2]).Id);
        Assert.Equal(ExitCode.Input, Assert.Throws<EngineException>(() => SelectionEngine.Explain(_work.At("out"), "nobody")).Exit);
    }

    private double Cosine(int a, int b)
    {
        double Dot(int x, int y) => Enumerable.Range(0, 6).Sum(i => _vectors[(x * 6) + i] * (double)_vectors[(y * 6) + i]);
        return Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b));
    }

    private double Distance(int a, int b) => Math.Sqrt(Enumerable.Range(0, 6).Sum(i => Math.Pow(_vectors[(a * 6) + i] - (double)_vectors[(b * 6) + i], 2)));
}
