using Engine.Steps;
using Engine.Tests.Steps;

namespace Engine.Tests.Onnx;

/// <summary>What cannot be embedded is refused by name: model, input, output, row.</summary>
public sealed class OnnxEmbedRefusalTests
{
    [OnnxTheory]
    [InlineData("words", "words int64 [batch, sequence] is not known, expected input_ids")]
    [InlineData("past_key_values.0.key", "export the model without one")]
    [InlineData("position_ids:f32", "position_ids f32 [batch, sequence] cannot be filled, expected int64 or int32")]
    public void An_input_nobody_knows(string name, string words)
    {
        OnnxWriter graph = new("odd");
        string ids = graph.Input("input_ids", TensorElement.Int64, "batch", "sequence");
        graph.Input(name.Split(':')[0], name.EndsWith(":f32", StringComparison.Ordinal) ? TensorElement.Float32 : TensorElement.Int64, "batch", "sequence");
        Lookup(graph, ids);
        Refused(graph, "w3", ExitCode.Input, "MODEL", words);
    }

    [OnnxFact]
    public void Outputs_that_are_no_states_or_too_many()
    {
        OnnxWriter logits = new("logits");
        string ids = logits.Input("input_ids", TensorElement.Int64, "batch", "sequence");
        Lookup(logits, ids, "logits");
        Refused(logits, "w3", ExitCode.Input, "MODEL", "no output holds hidden states", "logits f32 [batch, sequence, 2]");

        OnnxWriter two = new("two");
        ids = two.Input("input_ids", TensorElement.Int64, "batch", "sequence");
        Lookup(two, ids, "first");
        two.Node("Identity", ["first"], ["second"]);
        two.Output("second", TensorElement.Float32, "batch", "sequence", 2);
        Refused(two, "w3", ExitCode.Input, "MODEL", "several outputs may hold hidden states", "Say which with \"output\"");
        using (LanguageModel model = new(two.ToArray()))
        {
            StepCase.Refused(new Embed { In = MemoryRecords.OfTexts("w3"), Model = model.Model with { Output = "third" } }, ExitCode.Input, "MODEL", "it has no output \"third\"", "first f32");
            Assert.Equal(2, new Embed { In = MemoryRecords.OfTexts("w3"), Model = model.Model with { Output = "second" } }.Run(StepCase.NewRun()).Dim);
        }
    }

    [OnnxFact]
    public void A_size_that_the_model_leaves_open()
    {
        OnnxWriter graph = new("open");
        string ids = graph.Input("input_ids", TensorElement.Int64, "batch", "sequence");
        graph.Node("Gather", [graph.Constant("table", new float[640], 320, 2), ids], ["last_hidden_state"]);
        graph.Output("last_hidden_state", TensorElement.Float32, "batch", "sequence", "size");
        using LanguageModel model = new(graph.ToArray());
        Embed step = new() { In = MemoryRecords.OfTexts("w3"), Model = model.Model, Normalize = false };
        Assert.Equal(2, step.Run(StepCase.NewRun()).Dim);
        StepCase.Refused(step with { Normalize = true }, ExitCode.Input, "ZERO_ROW", "row 0");

        OnnxWriter sums = new("sums");
        ids = sums.Input("input_ids", TensorElement.Int64, "batch", "sequence");
        string states = sums.Node("Gather", [sums.Constant("table", new float[640], 320, 2), ids]);
        sums.Node("ReduceSum", [states, sums.Constant("axes", new long[] { 1 }, 1)], ["last_hidden_state"], ("keepdims", 1L));
        sums.Output("last_hidden_state", TensorElement.Float32, "batch", "sequence", "size");
        using LanguageModel summing = new(sums.ToArray());
        StepCase.Refused(step with { Model = summing.Model with { BatchTokens = 64 } }, ExitCode.Input, "SHAPE", "a state for every token");
    }

    [OnnxFact]
    public void A_token_that_the_model_has_no_row_for()
    {
        using LanguageModel model = new();
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => LanguageModel.Text(5, i))];
        texts[23] = "w3 outside w4";
        texts[31] = "outside";
        StepCase.Refused(new Embed { In = MemoryRecords.OfTexts(texts), Model = model.Model }, ExitCode.Input, "MODEL", "row 23 of records.jsonl (3 tokens, greatest id 5000)", "belong together");
    }

    [OnnxFact]
    public void States_that_are_not_finite()
    {
        OnnxWriter graph = new("nan");
        string ids = graph.Input("input_ids", TensorElement.Int64, "batch", "sequence");
        float[] table = new float[640];
        Array.Fill(table, 1f);
        table[2 * 77] = float.NaN;
        table[2 * 78 + 1] = float.PositiveInfinity;
        graph.Node("Gather", [graph.Constant("table", table, 320, 2), ids], ["last_hidden_state"]);
        graph.Output("last_hidden_state", TensorElement.Float32, "batch", "sequence", 2);
        Refused(graph, "w3\nw3 w77\nw78", ExitCode.Input, "NOT_FINITE", "row 1 ");
        Refused(graph, "w3\nw3 w76\nw78 w3", ExitCode.Input, "NOT_FINITE", "row 2 ");
    }

    [OnnxFact]
    public void A_record_without_a_token()
    {
        using LanguageModel model = new();
        StepCase.Refused(new Embed { In = MemoryRecords.OfTexts("w3", ""), Model = model.Model }, ExitCode.Input, "EMPTY", "row 1 has no token");
    }

    [OnnxFact]
    public void A_model_that_does_not_heed_its_mask()
    {
        OnnxWriter graph = new("deaf");
        string ids = graph.Input("input_ids", TensorElement.Int64, "batch", "sequence");
        graph.Input("attention_mask", TensorElement.Int64, "batch", "sequence");
        string states = graph.Node("Gather", [graph.Constant("table", [.. Enumerable.Range(0, 640).Select(i => MathF.Sin(i * i))], 320, 2), ids]);
        graph.Node("Add", [states, graph.Node("ReduceMean", [states], ("axes", new long[] { 1 }), ("keepdims", 1L))], ["last_hidden_state"]);
        graph.Output("last_hidden_state", TensorElement.Float32, "batch", "sequence", 2);
        Refused(graph, "w3 w9 w12", ExitCode.Input, "PADDING", "padding changes the vector of row 0", "does not heed its attention_mask");
    }

    [OnnxFact]
    public void A_gpu_that_is_not_there()
    {
        using LanguageModel model = new();
        StepCase.Refused(new Embed { In = MemoryRecords.OfTexts("w3"), Model = model.Model with { Device = "cuda:99" } }, ExitCode.Native, "PROVIDER", "cannot run models on CUDA", "onnxruntime-gpu", "Nothing runs elsewhere");
    }

    [OnnxFact]
    public void A_file_that_is_no_model()
    {
        using LanguageModel model = new([8, 8, 58, 0]);
        StepCase.Refused(new Embed { In = MemoryRecords.OfTexts("w3"), Model = model.Model }, ExitCode.Input, "MODEL", "it has no input input_ids");
        File.WriteAllText(model.Model.Onnx, "not a model");
        StepCase.Refused(new Embed { In = MemoryRecords.OfTexts("w3"), Model = model.Model }, ExitCode.Input, "FORMAT", "no ONNX model");
    }

    [OnnxFact]
    public void Cancelling_stops_it()
    {
        using LanguageModel model = new();
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => new Embed { In = MemoryRecords.OfTexts("w3"), Model = model.Model }.Run(StepCase.NewRun(cancel: stop.Token)));
    }

    [Theory]
    [InlineData("""{ "in": "r", "model": { "onnx": "m.onnx" } }""", "MISSING_KEY")]
    [InlineData("""{ "in": "r", "model": { "onnx": "m.onnx", "tokenizer": "t.json", "maxTokens": 0 } }""", "RANGE")]
    [InlineData("""{ "in": "r", "model": { "onnx": "m.onnx", "tokenizer": "t.json", "device": "gpu" } }""", "VALUE")]
    [InlineData("""{ "in": "r", "model": { "onnx": "m.onnx", "tokenizer": "t.json", "side": "both" } }""", "VALUE")]
    [InlineData("""{ "in": "r", "model": { "onnx": "m.onnx", "tokeniser": "t.json" } }""", "UNKNOWN_KEY")]
    [InlineData("""{ "in": "r", "model": { "tokenizer": "t.json" } }""", "MISSING_KEY")]
    public void Plan_errors_are_found(string plan, string code) => Assert.Contains(StepCase.ReadErrors("embed", plan), e => e.Code == code);

    private static void Lookup(OnnxWriter graph, string ids, string output = "last_hidden_state")
    {
        graph.Node("Gather", [graph.Constant("table", [.. Enumerable.Range(0, 640).Select(i => (float)i)], 320, 2), ids], [output]);
        graph.Output(output, TensorElement.Float32, "batch", "sequence", 2);
    }

    private static void Refused(OnnxWriter graph, string texts, ExitCode exit, string code, params string[] words)
    {
        using LanguageModel model = new(graph.ToArray());
        StepCase.Refused(new Embed { In = MemoryRecords.OfTexts(texts.Split('\n')), Model = model.Model }, exit, code, words);
    }
}
