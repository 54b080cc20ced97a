using System.Text.Json;
using Engine.Runs;
using Engine.Tests.Runs;

namespace Engine.Tests.Onnx;

/// <summary>Plans that embed with a model: what is checked before anything runs, what is kept of an unfinished run, and what makes it run again.</summary>
public sealed class OnnxEmbedPlanTests : IDisposable
{
    private const string Plan = """
        { "version": 1,
          "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" } },
          "steps": {
            "vec": { "op": "embed", "in": "pool", "model": { "onnx": "model.onnx", "tokenizer": "tokenizer.json", "maxTokens": 64, "batchTokens": 64 } },
            "pick": { "op": "kcenter", "in": "vec", "budget": 5 }
          },
          "run": { "dir": "out", "checkpoint": "1ms", "threads": 2 } }
        """;

    private readonly LanguageModel _model = new();

    public OnnxEmbedPlanTests()
    {
        _model.WriteTexts("pool.jsonl", 400, longest: 40);
        _model.Work.Write("plan.json", Plan);
    }

    private Workspace Work => _model.Work;

    private byte[] Vectors => File.ReadAllBytes(Work.At("out", "steps", "vec", "embeddings.npy"));

    public void Dispose() => _model.Dispose();

    [OnnxFact]
    public void A_run_that_was_stopped_within_the_step_goes_on_to_the_same_bytes()
    {
        Ok(Work.Run("plan.json", "run.dir=fresh", "run.checkpoint=1h"));
        byte[] fresh = File.ReadAllBytes(Work.At("fresh", "steps", "vec", "embeddings.npy"));
        using (var engine = new SelectionEngine(new EngineOptions { Threads = 3 }))
        {
            using var stop = new CancellationTokenSource();
            var watch = new Stopper(stop, after: 100);
            Assert.Throws<RunStoppedException>(() => engine.Run(SelectionEngine.ReadPlan(Work.At("plan.json")), watch, stop.Token));
            Assert.InRange(watch.Rows, 100, 399);
        }

        Ok(Work.Run("plan.json", "run.onExisting=resume"));
        Assert.True(fresh.AsSpan().SequenceEqual(Vectors));
        using JsonDocument manifest = Manifest("out"), whole = Manifest("fresh");
        Assert.Equal(Step(whole).GetProperty("tokens").GetInt64(), Step(manifest).GetProperty("tokens").GetInt64());
        Assert.Equal(2, Step(manifest).GetProperty("model").EnumerateObject().Count());
        Assert.Equal(Hash("model.onnx"), Step(manifest).GetProperty("model").GetProperty("model.onnx").GetString());
    }

    [OnnxFact]
    public void The_step_runs_again_when_its_model_or_tokenizer_changed()
    {
        Ok(Work.Run("plan.json"));
        byte[] before = Vectors;
        Ok(Work.Run("plan.json", "run.onExisting=update"));
        Assert.True(Resumed("vec"));

        // The same bytes again, written later.
        File.SetLastWriteTimeUtc(Work.At("tokenizer.json"), DateTime.UtcNow.AddMinutes(1));
        Ok(Work.Run("plan.json", "run.onExisting=update"));
        Assert.False(Resumed("vec"));
        Assert.Equal(before, Vectors);

        // A configuration that appears beside the tokenizer counts as well.
        Work.Write("tokenizer_config.json", """{ "eos_token": "w5" }""");
        Ok(Work.Run("plan.json", "run.onExisting=update"));
        Assert.False(Resumed("vec"));
    }

    [OnnxFact]
    public void What_is_missing_is_found_before_anything_runs()
    {
        foreach (string[] words in (string[][])[["run", "plan.json"], ["run", "plan.json", "--dry-run"]])
        {
            Outcome library = Work.Engine(words, ("ENGINE_LIBONNXRUNTIME", "/no/such/libonnxruntime.so"));
            Assert.Equal(9, library.Exit);
            Assert.Matches(@"^model\.onnx: error LIBRARY: .*ENGINE_LIBONNXRUNTIME=/no/such/libonnxruntime\.so \(no such file\).*pip install onnxruntime", library.Error);
        }

        Refused(4, "steps.vec.model.onnx=none.onnx", "none.onnx: error MISSING: ");
        Refused(4, "steps.vec.model.tokenizer=none.json", "none.json: error MISSING: ");
        Refused(4, "steps.vec.model.output=logit", "model.onnx: error MODEL: it has no output \"logit\"");
        Refused(3, """outputs.copy={"from":"vec","format":"npy","path":"model.onnx"}""", "is the input file model.onnx");
        Refused(3, """outputs.copy={"from":"vec","format":"npy","path":"tokenizer.json"}""", "is the input file tokenizer.json");
        Refused(8, "run.memory=81MiB", "MEMORY");
        Refused(3, "steps.vec={\"op\":\"embed\",\"in\":\"pool\",\"template\":\"plain\",\"model\":{\"onnx\":\"model.onnx\",\"tokenizer\":\"tokenizer.json\",\"template\":\"tulu\"}}", "error TEMPLATE: the step and its model have different templates");
        Assert.False(Directory.Exists(Work.At("out")));
    }

    [OnnxFact]
    public void The_forecast_knows_the_size_and_the_model()
    {
        using var engine = new SelectionEngine();
        MemoryForecast memory = engine.DryRun(SelectionEngine.ReadPlan(Work.At("plan.json"))).Memory;
        Assert.Equal(2 * new FileInfo(Work.At("model.onnx")).Length, memory.Steps[0].Uses.Single(use => use.What == "the model").Bytes);
        Assert.False(Directory.Exists(Work.At("out")));
    }

    [OnnxFact]
    public void A_folder_with_the_tokenizer_serves_as_well()
    {
        Ok(Work.Run("plan.json"));
        byte[] file = Vectors;
        Directory.CreateDirectory(Work.At("exported"));
        File.Move(Work.At("tokenizer.json"), Work.At("exported", "tokenizer.json"));
        Ok(Work.Run("plan.json", "steps.vec.model.tokenizer=exported", "run.onExisting=replace"));
        Assert.Equal(file, Vectors);
        using JsonDocument manifest = Manifest("out");
        Assert.Equal(["model.onnx", "exported/tokenizer.json"], Step(manifest).GetProperty("model").EnumerateObject().Select(file => file.Name));
    }

    [OnnxFact]
    public void Weights_in_a_file_of_their_own_are_an_input_too()
    {
        WriteLookup("weights.bin");
        float[] table = [.. Enumerable.Range(0, 2 * TinyTransformer.Vocabulary).Select(i => (float)Math.Cos(i))];
        File.WriteAllBytes(Work.At("weights.bin"), System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(table).ToArray());
        Ok(Work.Run("plan.json"));
        byte[] before = Vectors;
        using (JsonDocument manifest = Manifest("out"))
            Assert.Equal(["model.onnx", "tokenizer.json", "weights.bin"], Step(manifest).GetProperty("model").EnumerateObject().Select(file => file.Name).Order());

        table[7] += 1;
        File.WriteAllBytes(Work.At("weights.bin"), System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(table).ToArray());
        Ok(Work.Run("plan.json", "run.onExisting=update"));
        Assert.False(Resumed("vec"));
        Assert.NotEqual(before, Vectors);

        File.Delete(Work.At("weights.bin"));
        Refused(4, "run.dir=other", "weights.bin: error MISSING: ");
        WriteLookup("../weights.bin");
        Refused(4, "run.dir=other", "model.onnx: error WEIGHTS: ");
    }

    private static void Ok(Outcome outcome) => Assert.True(outcome.Exit == 0, outcome.Error);

    private static JsonElement Step(JsonDocument manifest) => manifest.RootElement.GetProperty("steps").GetProperty("vec");

    private JsonDocument Manifest(string folder) => JsonDocument.Parse(File.ReadAllBytes(Work.At(folder, "manifest.json")));

    /// <summary>A table of two numbers for every token, which lies in another file.</summary>
    private void WriteLookup(string weights)
    {
        ProtobufWriter model = new();
        model.Integer(1, 8);
        model.Message(7, graph =>
        {
            graph.Message(1, node =>
            {
                foreach (string input in (string[])["table", "input_ids"]) node.Text(1, input);
                node.Text(2, "last_hidden_state");
                node.Text(4, "Gather");
            });
            graph.Text(2, "lookup");
            graph.Message(5, tensor =>
            {
                foreach (int axis in (int[])[TinyTransformer.Vocabulary, 2]) tensor.Integer(1, axis);
                tensor.Integer(2, (int)TensorElement.Float32);
                tensor.Text(8, "table");
                tensor.Message(13, entry => { entry.Text(1, "location"); entry.Text(2, weights); });
                tensor.Integer(14, 1);
            });
            graph.Message(11, value => Declare(value, "input_ids", TensorElement.Int64, 2));
            graph.Message(12, value => Declare(value, "last_hidden_state", TensorElement.Float32, 3));
        });
        model.Message(8, set => set.Integer(2, 17));
        File.WriteAllBytes(Work.At("model.onnx"), model.Written.ToArray());
    }

    private static void Declare(ProtobufWriter value, string name, TensorElement element, int axes)
    {
        value.Text(1, name);
        value.Message(2, type => type.Message(1, tensor =>
        {
            tensor.Integer(1, (int)element);
            tensor.Message(2, shape =>
            {
                for (int axis = 0; axis < axes; axis++)
                    shape.Message(1, dim => { if (axis == 2) dim.Integer(1, 2); else dim.Text(2, $"axis{axis}"); });
            });
        }));
    }

    private bool Resumed(string step)
    {
        using JsonDocument manifest = Manifest("out");
        return manifest.RootElement.GetProperty("steps").GetProperty(step).TryGetProperty("resumed", out JsonElement resumed) && resumed.GetBoolean();
    }

    private string Hash(string file) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Work.At(file))));

    private void Refused(int exit, string change, string words)
    {
        Outcome run = Work.Run("plan.json", change);
        Assert.True(run.Exit == exit, run.ToString());
        Assert.Contains(words, run.Error, StringComparison.Ordinal);
    }

    /// <summary>Stops a run once its step has written so many rows.</summary>
    private sealed class Stopper(CancellationTokenSource stop, long after) : IProgress<ProgressEvent>
    {
        public long Rows { get; private set; }

        public void Report(ProgressEvent value)
        {
            if (value.Step != "vec" || value.State != ProgressState.Working || !value.Unit.StartsWith("records", StringComparison.Ordinal)) return;
            Rows = value.Done;
            if (value.Done >= after) stop.Cancel();
        }
    }
}
