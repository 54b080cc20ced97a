namespace Engine.Tests.Onnx;

/// <summary>An encoder as BERT and its descendants are: learned positions, layer norms behind the sums, attention in both directions, GELU; as large as one likes, with made weights.</summary>
/// <remarks>Inputs input_ids, attention_mask and position_ids [batch x sequence]; output last_hidden_state.</remarks>
/// <param name="dim">Elements of a state.</param>
/// <param name="layers">Layers.</param>
/// <param name="heads">Heads of attention, which share the elements.</param>
/// <param name="vocabulary">Tokens.</param>
internal sealed class EncoderModel(int dim, int layers, int heads, int vocabulary)
{
    private const int Positions = 512;

    private readonly OnnxWriter _graph = new("encoder");
    private ulong _state = 20250302;

    /// <summary>The model's bytes.</summary>
    public byte[] Write()
    {
        string ids = _graph.Input("input_ids", TensorElement.Int64, "batch", "sequence");
        string mask = _graph.Input("attention_mask", TensorElement.Int64, "batch", "sequence");
        string places = _graph.Input("position_ids", TensorElement.Int64, "batch", "sequence");
        string words = _graph.Node("Gather", [Made("words", 1, vocabulary, dim), ids]), positions = _graph.Node("Gather", [Made("positions", 0.2, Positions, dim), places]);
        _graph.Constant("axes", [1L, 2L], 2);
        _graph.Constant("one", new float[] { 1 });
        _graph.Constant("masked", new float[] { -10000 });
        _graph.Constant("half", new float[] { 0.5f });
        _graph.Constant("root", new float[] { MathF.Sqrt(2) });
        _graph.Constant("scale", new float[] { 1 / MathF.Sqrt(dim / heads) });
        _graph.Constant("split", [0L, 0L, heads, dim / heads], 4);
        _graph.Constant("join", [0L, 0L, dim], 3);
        string seen = _graph.Node("Cast", [_graph.Node("Unsqueeze", [mask, "axes"])], ("to", (long)TensorElement.Float32));
        string bias = _graph.Node("Mul", [_graph.Node("Sub", ["one", seen]), "masked"]);

        string x = Norm(_graph.Node("Add", [words, positions]), "embedding");
        for (int layer = 0; layer < layers; layer++) x = Layer(x, $"layer{layer}", bias);
        _graph.Node("Identity", [x], ["last_hidden_state"]);
        _graph.Output("last_hidden_state", TensorElement.Float32, "batch", "sequence", dim);
        return _graph.ToArray();
    }

    private string Layer(string x, string name, string bias)
    {
        string query = Heads(Dense(x, $"{name}.query", dim, dim), 0, 2, 1, 3), key = Heads(Dense(x, $"{name}.key", dim, dim), 0, 2, 3, 1), value = Heads(Dense(x, $"{name}.value", dim, dim), 0, 2, 1, 3);
        string scores = _graph.Node("Add", [_graph.Node("Mul", [_graph.Node("MatMul", [query, key]), "scale"]), bias]);
        string mixed = _graph.Node("MatMul", [_graph.Node("Softmax", [scores], ("axis", -1L)), value]);
        string joined = _graph.Node("Reshape", [_graph.Node("Transpose", [mixed], ("perm", new long[] { 0, 2, 1, 3 })), "join"]);
        x = Norm(_graph.Node("Add", [x, Dense(joined, $"{name}.output", dim, dim)]), $"{name}.attention");
        string inner = Dense(x, $"{name}.up", dim, 4 * dim);
        string gate = _graph.Node("Add", [_graph.Node("Erf", [_graph.Node("Div", [inner, "root"])]), "one"]);
        string gelu = _graph.Node("Mul", [_graph.Node("Mul", [inner, gate]), "half"]);
        return Norm(_graph.Node("Add", [x, Dense(gelu, $"{name}.down", 4 * dim, dim)]), $"{name}.inner");
    }

    private string Dense(string x, string name, int from, int to) =>
        _graph.Node("Add", [_graph.Node("MatMul", [x, Made(name, Math.Sqrt(3.0 / from), from, to)]), Made($"{name}.bias", 0.1, to)]);

    private string Heads(string x, params long[] order) => _graph.Node("Transpose", [_graph.Node("Reshape", [x, "split"])], ("perm", order));

    private string Norm(string x, string name) => _graph.Node("LayerNormalization", [x, Made($"{name}.gain", 0.3, dim), Made($"{name}.shift", 0.3, dim)], ("epsilon", 1e-12f), ("axis", -1L));

    private string Made(string name, double scale, params long[] shape)
    {
        float[] values = new float[shape.Aggregate(1L, (count, axis) => count * axis)];
        double around = name.EndsWith(".gain", StringComparison.Ordinal) ? 1 : 0;
        for (int i = 0; i < values.Length; i++)
        {
            // Xorshift, uniform in -1 .. 1.
            _state ^= _state << 13;
            _state ^= _state >> 7;
            _state ^= _state << 17;
            values[i] = (float)(around + scale * ((_state >> 40) / (double)(1 << 23) - 1));
        }

        return _graph.Constant(name, values, shape);
    }
}
