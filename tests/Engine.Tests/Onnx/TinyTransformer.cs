namespace Engine.Tests.Onnx;

/// <summary>The causal language model of <c>make_transformer.py</c>, the same weights and the same mathematics, written node by node with <see cref="OnnxWriter"/>.</summary>
/// <remarks>Pre-norm, RMSNorm, rotary positions, SwiGLU. Inputs input_ids and attention_mask [batch x sequence]; outputs logits and last_hidden_state.</remarks>
internal sealed class TinyTransformer
{
    public const int Vocabulary = 320, Dim = 32;

    private const int Heads = 4, Layers = 2, Inner = 64, HeadDim = Dim / Heads;
    private const float Epsilon = 1e-5f;

    private readonly OnnxWriter _graph = new("transformer");
    private ulong _state = 20250301;

    private TinyTransformer()
    {
    }

    /// <summary>The model's bytes.</summary>
    public static byte[] Write() => new TinyTransformer().Build();

    private byte[] Build()
    {
        string ids = _graph.Input("input_ids", TensorElement.Int64, "batch", "sequence");
        string mask = _graph.Input("attention_mask", TensorElement.Int64, "batch", "sequence");
        string embedding = _graph.Constant("embedding", Draw(1, Vocabulary * Dim), Vocabulary, Dim);
        string x = _graph.Node("Gather", [embedding, ids]);

        string one = Number("one", 1), zero = Number("zero", 0), axis = Number("axis", 1);
        string positions = _graph.Node("Max", [_graph.Node("Sub", [_graph.Node("CumSum", [mask, axis]), one]), zero]);
        float[] rates = [.. Enumerable.Range(0, HeadDim / 2).Select(i => (float)Math.Pow(10000, -i / (HeadDim / 2.0)))];
        string angles = _graph.Node("Mul", [Axis(Real(positions), 2), _graph.Constant("rates", rates, rates.Length)]);
        string cosine = Axis(_graph.Node("Cos", [angles]), 1), sine = Axis(_graph.Node("Sin", [angles]), 1);

        string ones = _graph.Node("Add", [_graph.Node("Mul", [mask, zero]), one]);
        string places = _graph.Node("CumSum", [ones, axis]);
        string earlier = _graph.Node("LessOrEqual", [Axis(places, 1), Axis(places, 2)]);
        string visible = _graph.Node("And", [earlier, _graph.Node("Greater", [Axis(mask, 1), zero])]);
        string bias = _graph.Node("Mul", [_graph.Node("Sub", [Scalar("unity", 1), Axis(Real(visible), 1)]), Scalar("masked", -1e9f)]);

        for (int layer = 0; layer < Layers; layer++) x = Layer(x, $"layer{layer}", cosine, sine, bias);
        string hidden = Normalise(x, _graph.Constant("gain", Draw(0.25, Dim, around: 1), Dim), "last_hidden_state");
        _graph.Node("MatMul", [hidden, Matrix("head", Dim, Vocabulary, 0.5)], ["logits"]);
        _graph.Output("logits", TensorElement.Float32, "batch", "sequence", Vocabulary);
        _graph.Output("last_hidden_state", TensorElement.Float32, "batch", "sequence", Dim);
        return _graph.ToArray();
    }

    private string Layer(string x, string name, string cosine, string sine, string bias)
    {
        string gain = _graph.Constant($"{name}.attention_gain", Draw(0.25, Dim, around: 1), Dim);
        string query = Matrix($"{name}.query", Dim, Dim), key = Matrix($"{name}.key", Dim, Dim), value = Matrix($"{name}.value", Dim, Dim), output = Matrix($"{name}.output", Dim, Dim);
        string innerGain = _graph.Constant($"{name}.inner_gain", Draw(0.25, Dim, around: 1), Dim);
        string gate = Matrix($"{name}.gate", Dim, Inner), up = Matrix($"{name}.up", Dim, Inner), down = Matrix($"{name}.down", Inner, Dim);

        string normed = Normalise(x, gain);
        string asks = Rotate(SplitHeads(normed, query), cosine, sine, name + ".asks"), answers = Rotate(SplitHeads(normed, key), cosine, sine, name + ".answers");
        string scores = _graph.Node("MatMul", [asks, _graph.Node("Transpose", [answers], ("perm", new long[] { 0, 1, 3, 2 }))]);
        string scaled = _graph.Node("Add", [_graph.Node("Mul", [scores, Scalar($"{name}.scale", (float)Math.Pow(HeadDim, -0.5))]), bias]);
        string mixed = _graph.Node("MatMul", [_graph.Node("Softmax", [scaled], ("axis", -1L)), SplitHeads(normed, value)]);
        string joined = Reshape(_graph.Node("Transpose", [mixed], ("perm", new long[] { 0, 2, 1, 3 })), 0, 0, Dim);
        x = _graph.Node("Add", [x, _graph.Node("MatMul", [joined, output])]);

        normed = Normalise(x, innerGain);
        string opened = _graph.Node("MatMul", [normed, gate]);
        string swish = _graph.Node("Mul", [opened, _graph.Node("Sigmoid", [opened])]);
        string widened = _graph.Node("Mul", [swish, _graph.Node("MatMul", [normed, up])]);
        return _graph.Node("Add", [x, _graph.Node("MatMul", [widened, down])]);
    }

    private string Normalise(string x, string gain, string? output = null)
    {
        string mean = _graph.Node("ReduceMean", [_graph.Node("Mul", [x, x])], ("axes", new long[] { -1 }), ("keepdims", 1L));
        string divided = _graph.Node("Div", [x, _graph.Node("Sqrt", [_graph.Node("Add", [mean, Scalar("epsilon", Epsilon)])])]);
        if (output is null) return _graph.Node("Mul", [divided, gain]);
        _graph.Node("Mul", [divided, gain], [output]);
        return output;
    }

    private string SplitHeads(string x, string matrix) =>
        _graph.Node("Transpose", [Reshape(_graph.Node("MatMul", [x, matrix]), 0, 0, Heads, HeadDim)], ("perm", new long[] { 0, 2, 1, 3 }));

    private string Rotate(string x, string cosine, string sine, string name)
    {
        _graph.Node("Split", [x], [$"{name}.first", $"{name}.second"], ("axis", -1L));
        string left = _graph.Node("Sub", [_graph.Node("Mul", [$"{name}.first", cosine]), _graph.Node("Mul", [$"{name}.second", sine])]);
        string right = _graph.Node("Add", [_graph.Node("Mul", [$"{name}.second", cosine]), _graph.Node("Mul", [$"{name}.first", sine])]);
        return _graph.Node("Concat", [left, right], ("axis", -1L));
    }

    private string Matrix(string name, int rows, int columns, double scale = 0.25) => _graph.Constant(name, Draw(scale, rows * columns), rows, columns);

    private string Axis(string x, int axis) => _graph.Node("Unsqueeze", [x, Number($"axis{axis}", axis)]);

    private string Real(string x) => _graph.Node("Cast", [x], ("to", (long)TensorElement.Float32));

    private string Reshape(string x, params long[] shape) => _graph.Node("Reshape", [x, Once($"shape{string.Join('x', shape)}", name => _graph.Constant(name, shape, shape.Length))]);

    private string Number(string name, long value) => Once(name, _ => _graph.Constant(name, new[] { value }, 1));

    private string Scalar(string name, float value) => Once(name, _ => _graph.Constant(name, new[] { value }));

    private readonly HashSet<string> _made = [];

    private string Once(string name, Func<string, string> make) => _made.Add(name) ? make(name) : name;

    /// <summary>SplitMix64, as the script has it: multiples of 2^-23 in [-1, 1), scaled and rounded to float32.</summary>
    private float[] Draw(double scale, int count, double around = 0)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            _state += 0x9E3779B97F4A7C15;
            ulong z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            values[i] = (float)(around + scale * (((z ^ (z >> 31)) >> 40) / (double)(1 << 23) - 1));
        }

        return values;
    }
}
