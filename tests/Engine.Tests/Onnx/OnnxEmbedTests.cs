using Engine.Data;
using Engine.Kernels;
using Engine.Native.OnnxRuntime;
using Engine.Steps;
using Engine.Tests.Steps;
using MemoryRecords = Engine.Tests.Steps.MemoryRecords;

namespace Engine.Tests.Onnx;

/// <summary>From text to pooled hidden states: against a plain computation, and the same bits whatever runs beside a record.</summary>
public sealed class OnnxEmbedTests
{
    private const int Dim = TinyTransformer.Dim;

    [OnnxTheory]
    [InlineData(Pooling.WeightedMean)]
    [InlineData(Pooling.Mean)]
    [InlineData(Pooling.Last)]
    [InlineData(Pooling.First)]
    public void Vectors_are_the_pooled_states_of_the_record_alone(Pooling pooling)
    {
        using LanguageModel model = new();
        string[] texts = [.. Enumerable.Range(1, 64).Select(tokens => LanguageModel.Text(tokens, tokens))];
        float[] raw = Embed(model.Model, 2, texts, pooling, normalize: false), unit = Embed(model.Model, 2, texts, pooling, normalize: true);
        using OnnxSession session = OnnxSession.Open(OrtLibrary.Instance, model.Model.Onnx, new OnnxSessionOptions());
        for (int i = 0; i < texts.Length; i++)
        {
            double[] expected = Pooled(States(session, LanguageModel.Ids(i + 1, i + 1)), pooling);
            double norm = Math.Sqrt(expected.Sum(v => v * v));
            for (int j = 0; j < Dim; j++)
            {
                Assert.Equal(expected[j], raw[i * Dim + j], 1e-5);
                Assert.Equal(expected[j] / norm, unit[i * Dim + j], 1e-6);
            }
        }
    }

    [OnnxFact]
    public void Threads_batches_and_neighbours_change_no_bit()
    {
        using LanguageModel model = new();
        string[] texts = [.. Enumerable.Range(0, 300).Select(i => LanguageModel.Text(1 + i * 37 % 64, i))];
        float[] expected = Embed(model.Model, 1, texts);
        foreach (int threads in (int[])[2, 5])
            foreach (int batchTokens in (int[])[1, 64, 500, 1 << 16])
                Assert.True(expected.AsSpan().SequenceEqual(Embed(model.Model with { BatchTokens = batchTokens }, threads, texts)), $"{threads} threads, {batchTokens} tokens a batch");
        foreach (int row in (int[])[0, 1, 63, 64, 299]) Assert.Equal(expected[(row * Dim)..(row * Dim + Dim)], Embed(model.Model, 1, [texts[row]]));
        Assert.Equal([.. expected[Dim..(2 * Dim)], .. expected[..Dim]], Embed(model.Model, 1, [texts[1], texts[0]]));
    }

    [OnnxFact]
    public void Nor_do_they_at_the_size_of_real_models()
    {
        // 384 elements and 12 heads are those of small sentence encoders; products of this size are cut into blocks.
        using LanguageModel model = new(new EncoderModel(dim: 384, layers: 2, heads: 12, TinyTransformer.Vocabulary).Write());
        string[] texts = [.. Enumerable.Range(0, 48).Select(i => LanguageModel.Text(1 + i * 29 % 64, i))];
        StepRun run = Run(threads: 2);
        float[] expected = StepCaseVectors(new Embed { In = MemoryRecords.OfTexts(texts), Model = model.Model }.Run(run));
        Assert.Equal(true, run.Facts["batchInvariant"]);
        Assert.InRange((double)run.Facts["paddingDifference"], 0, 1e-6);
        foreach (int batchTokens in (int[])[1, 200, 1000]) Assert.True(expected.AsSpan().SequenceEqual(Embed(model.Model with { BatchTokens = batchTokens }, 3, texts)), $"{batchTokens} tokens a batch");
        for (int row = 0; row < texts.Length; row += 7) Assert.Equal(expected[(row * 384)..(row * 384 + 384)], Embed(model.Model, 1, [texts[row]]));

        // Padding is masked: the same states as without any.
        using OnnxSession session = OnnxSession.Open(OrtLibrary.Instance, model.Model.Onnx, new OnnxSessionOptions());
        for (int row = 0; row < texts.Length; row += 5)
        {
            double[] alone = Pooled(States(session, LanguageModel.Ids(1 + row * 29 % 64, row)), Pooling.WeightedMean);
            double norm = Math.Sqrt(alone.Sum(v => v * v));
            for (int j = 0; j < alone.Length; j++) Assert.Equal(alone[j] / norm, expected[row * 384 + j], 1e-6);
        }
    }

    [OnnxFact]
    public void The_manifest_says_what_ran()
    {
        using LanguageModel model = new();
        StepRun run = Run(threads: 2);
        using Embeddings vectors = new Embed { In = MemoryRecords.OfTexts("w3 w4", "w5"), Model = model.Model }.Run(run);
        Assert.Equal(true, run.Facts["batchInvariant"]);
        Assert.InRange((double)run.Facts["paddingDifference"], 0, 1e-6);
        Assert.Equal(3L, run.Facts["tokens"]);
        Assert.Equal(("CPU", "last_hidden_state", OrtLibrary.Instance.Version), (run.Facts["provider"], run.Facts["output"], run.Facts["onnxruntime"]));
        Assert.Equal([model.Model.Onnx, model.Model.Tokenizer], ((IReadOnlyDictionary<string, object>)run.Facts["model"]).Keys);
    }

    [OnnxFact]
    public void Every_input_and_half_precision_is_served()
    {
        // The state of a token is (id, mask, type, position), in bfloat16.
        OnnxWriter graph = new("echo");
        List<string> parts = [];
        foreach ((string name, TensorElement element) in ((string, TensorElement)[])[("input_ids", TensorElement.Int32), ("attention_mask", TensorElement.Int64), ("token_type_ids", TensorElement.Int64), ("position_ids", TensorElement.Int32)])
        {
            string value = graph.Node("Cast", [graph.Input(name, element, "batch", "sequence")], ("to", (long)TensorElement.Float32));
            parts.Add(graph.Node("Unsqueeze", [value, graph.Constant($"axis of {name}", [2L], 1)]));
        }

        graph.Node("Cast", [graph.Node("Concat", [.. parts], ("axis", 2L))], ["states"], ("to", (long)TensorElement.BFloat16));
        graph.Output("states", TensorElement.BFloat16, "batch", "sequence", 4);
        using LanguageModel model = new(graph.ToArray());
        float[] vectors = Embed(model.Model, 2, ["w10 w20 w30", "w40"], Pooling.Last, normalize: false);
        Assert.Equal([30, 1, 0, 2, 40, 1, 0, 0], vectors);
        Assert.Equal([20, 1, 0, 1, 40, 1, 0, 0], Embed(model.Model, 2, ["w10 w20 w30", "w40"], Pooling.Mean, normalize: false));
    }

    [OnnxFact]
    public void Without_a_mask_nothing_is_padded()
    {
        // The state of a token is the sum of all ids, so padding would show, were it not 0; the length shows as the greatest position.
        OnnxWriter graph = new("sums");
        string ids = graph.Node("Cast", [graph.Input("input_ids", TensorElement.Int64, "batch", "sequence")], ("to", (long)TensorElement.Float32));
        string places = graph.Node("Cast", [graph.Input("position_ids", TensorElement.Int64, "batch", "sequence")], ("to", (long)TensorElement.Float32));
        string length = graph.Node("ReduceMean", [graph.Node("Add", [graph.Node("Mul", [ids, graph.Constant("none", new float[] { 0 })]), places])], ("axes", new long[] { 1 }), ("keepdims", 1L));
        string state = graph.Node("Unsqueeze", [graph.Node("Add", [graph.Node("Mul", [ids, graph.Constant("nothing", new float[] { 0 })]), length]), graph.Constant("axis", [2L], 1)]);
        graph.Node("Identity", [state], ["hidden_states"]);
        graph.Output("hidden_states", TensorElement.Float32, "batch", "sequence", 1);
        using LanguageModel model = new(graph.ToArray());
        Assert.Equal([1, 0.5f, 4.5f, 0.5f], Embed(model.Model, 2, ["w3 w4 w5", "w6 w7", LanguageModel.Text(10, 1), "w8 w9"], Pooling.Mean, normalize: false));
    }

    [OnnxFact]
    public void Long_records_are_cut()
    {
        using LanguageModel model = new();
        OnnxModel cut = model.Model with { MaxTokens = 20 };
        Assert.Equal(Embed(cut, 1, [LanguageModel.Text(20, 3)]), Embed(cut, 1, [LanguageModel.Text(50, 3)]));
        Assert.NotEqual(Embed(cut, 1, [LanguageModel.Text(19, 3)]), Embed(cut, 1, [LanguageModel.Text(50, 3)]));
    }

    [OnnxFact]
    public void Conversations_end_with_the_models_own_mark()
    {
        using LanguageModel model = new();
        MemoryRecords chat = new([ChatTemplateTests.Chat(("user", "w5 w6"), ("assistant", "w7"))]);
        float[] Vector(OnnxModel with) => StepCaseVectors(new Embed { In = chat, Model = with, Normalize = false, Pooling = Pooling.Last }.Run(Run(1)));
        float[] tulu = Vector(model.Model with { Template = ChatTemplate.LabelOnly });
        Assert.Equal(Embed(model.Model, 1, ["<|assistant|> w7 </s>"], Pooling.Last, normalize: false), tulu);
        model.Work.Write("tokenizer_config.json", """{ "eos_token": { "content": "w9" } }""");
        Assert.Equal(Embed(model.Model, 1, ["<|assistant|> w7w9"], Pooling.Last, normalize: false), Vector(model.Model with { Template = ChatTemplate.LabelOnly }));
        Assert.Equal(tulu, Vector(model.Model with { Template = ChatTemplate.LabelOnly, Eos = "</s>" }));
    }

    private static StepRun Run(int threads, CancellationToken cancel = default) =>
        new("vec", 0, KernelSets.Best(threads), new Pass(cancel: cancel), new MemoryMatrixStore());

    private static float[] Embed(OnnxModel model, int threads, string[] texts, Pooling pooling = Pooling.WeightedMean, bool normalize = true)
    {
        using Embeddings vectors = new Embed { In = MemoryRecords.OfTexts(texts), Model = model, Pooling = pooling, Normalize = normalize }.Run(Run(threads));
        return StepCaseVectors(vectors);
    }

    private static float[] StepCaseVectors(Embeddings vectors)
    {
        float[] values = new float[vectors.Rows * vectors.Dim];
        for (int row = 0; row < vectors.Rows; row++) vectors.Matrix.CopyRow(row, values.AsSpan(row * vectors.Dim, vectors.Dim));
        return values;
    }

    private static float[][] States(OnnxSession session, long[] ids)
    {
        List<KeyValuePair<string, OnnxTensor>> inputs = [.. session.Inputs.Select(input => KeyValuePair.Create(input.Name, OnnxTensor.Over<long>(
            session.Library, input.Name switch { "input_ids" => ids, "attention_mask" => [.. ids.Select(_ => 1L)], _ => [.. ids.Select((_, i) => (long)i)] }, [1, ids.Length])))];
        using OnnxTensor output = session.Run(inputs, ["last_hidden_state"])[0];
        foreach ((_, OnnxTensor input) in inputs) input.Dispose();
        return [.. output.Values<float>().ToArray().Chunk((int)output.Shape[2])];
    }

    private static double[] Pooled(float[][] states, Pooling pooling)
    {
        double[] weights = [.. states.Select((_, i) => pooling switch
        {
            Pooling.WeightedMean => 2.0 * (i + 1) / (states.Length * (states.Length + 1.0)),
            Pooling.Mean => 1.0 / states.Length,
            Pooling.First => i == 0 ? 1.0 : 0,
            _ => i == states.Length - 1 ? 1.0 : 0,
        })];
        return [.. Enumerable.Range(0, states[0].Length).Select(j => states.Select((state, i) => weights[i] * state[j]).Sum())];
    }
}
