using System.Text.Json;
using Engine.Runs;
using Engine.Tests.Runs;

namespace Engine.Tests.Onnx;

/// <summary>Plans that measure records with models: from scores to a selection, what is kept of an unfinished run, and what is checked before anything runs.</summary>
public sealed class LanguageScoresPlanTests : IDisposable
{
    private const string Plan = """
        { "version": 1,
          "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" } },
          "steps": {
            "signs": { "op": "indicators", "in": "pool", "which": ["mtld", "nll", "perplexity", "ifd", "quality", "complexity"],
                       "model": { "onnx": "model.onnx", "tokenizer": "tokenizer.json", "batchTokens": 256 },
                       "models": { "quality": { "onnx": "model.onnx", "tokenizer": "tokenizer.json", "template": "plain", "batchTokens": 256 } } },
            "hard": { "op": "ifd", "in": "signs", "budget": 5, "max": 2 },
            "odd": { "op": "perplexity", "in": "signs", "budget": 5 }
          },
          "run": { "dir": "out", "checkpoint": "1ms", "threads": 2 } }
        """;

    private readonly ByteModel _model = new();

    public LanguageScoresPlanTests()
    {
        Work.WriteRecords("pool.jsonl", 160);
        Work.Write("plan.json", Plan);
    }

    private Workspace Work => _model.Work;

    public void Dispose() => _model.Dispose();

    [OnnxFact]
    public void A_run_that_was_stopped_between_windows_goes_on_to_the_same_bytes()
    {
        Ok(Work.Run("plan.json", "run.dir=fresh", "run.checkpoint=1h"));
        string fresh = File.ReadAllText(Work.At("fresh", "steps", "signs", "scores.csv"));
        Assert.Equal("mtld,nll,perplexity,ifd,quality,complexity", fresh.Split('\n')[0]);
        Assert.Equal(161, fresh.TrimEnd('\n').Split('\n').Length);

        // Once within the first model's rows, once within the second's.
        foreach (int stops in new[] { 1, 8 })
        {
            using (var engine = new SelectionEngine(new EngineOptions { Threads = 3 }))
            {
                using var stop = new CancellationTokenSource();
                Assert.Throws<RunStoppedException>(() => engine.Run(SelectionEngine.ReadPlan(Work.At("plan.json")), new Stopper(stop, stops), stop.Token));
            }

            Assert.Equal(0, Work.Run("plan.json", "run.onExisting=resume").Exit);
            Assert.Equal(fresh, File.ReadAllText(Work.At("out", "steps", "signs", "scores.csv")));
            Assert.Equal(Work.Hashes("fresh/steps/hard"), Work.Hashes("out/steps/hard"));
            Directory.Delete(Work.At("out"), recursive: true);
        }
    }

    [OnnxFact]
    public void The_manifest_names_the_models_and_what_ran_them()
    {
        Ok(Work.Run("plan.json"));
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(Work.At("out", "manifest.json")));
        JsonElement step = manifest.RootElement.GetProperty("steps").GetProperty("signs");
        Assert.Equal(["model.onnx", "tokenizer.json"], step.GetProperty("model").EnumerateObject().Select(file => file.Name));
        Assert.Equal(Native.OnnxRuntime.OrtLibrary.Instance.Version, step.GetProperty("onnxruntime").GetString());
        Assert.True(step.GetProperty("flops").GetDouble() > 0);
    }

    [OnnxFact]
    public void What_is_missing_is_found_before_anything_runs()
    {
        Outcome library = Work.Engine(["run", "plan.json"], ("ENGINE_LIBONNXRUNTIME", "/no/such/libonnxruntime.so"));
        Assert.Equal(9, library.Exit);
        Assert.Matches(@"^model\.onnx: error LIBRARY: .*no such file.*""scores"" input", library.Error);
        Refused(4, "steps.signs.model.onnx=none.onnx", "none.onnx: error MISSING: ");
        Refused(4, "steps.signs.model.output=last_hidden_states", "model.onnx: error MODEL: it has no output \"last_hidden_states\"");
        Refused(3, "steps.signs.model.hashing={}", "hashing");
        Refused(3, "steps.signs.models.reward={\"onnx\":\"model.onnx\",\"tokenizer\":\"tokenizer.json\"}", "a model for \"reward\"");
        Refused(3, """steps.signs={"op":"indicators","in":"pool","which":["nll"]}""", "needs a language model");
        Assert.False(Directory.Exists(Work.At("out")));
    }

    private static void Ok(Outcome outcome) => Assert.True(outcome.Exit == 0, outcome.Error);

    private void Refused(int exit, string change, string words)
    {
        Outcome run = Work.Run("plan.json", change);
        Assert.True(run.Exit == exit, run.ToString());
        Assert.Contains(words, run.Error, StringComparison.Ordinal);
    }

    /// <summary>Stops a run at a report of the step's progress through models.</summary>
    private sealed class Stopper(CancellationTokenSource stop, int reports) : IProgress<ProgressEvent>
    {
        private int _left = reports;

        public void Report(ProgressEvent value)
        {
            if (value.Step == "signs" && value.State == ProgressState.Working && value.Unit.StartsWith("records", StringComparison.Ordinal) && --_left == 0) stop.Cancel();
        }
    }
}
