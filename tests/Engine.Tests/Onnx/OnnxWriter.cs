using System.Globalization;

namespace Engine.Tests.Onnx;

/// <summary>An element type of ONNX tensors, by the number that the format has for it.</summary>
internal enum TensorElement
{
    Float32 = 1,
    UInt8 = 2,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
    Bool = 9,
    Float16 = 10,
    Float64 = 11,
    BFloat16 = 16,
}

/// <summary>One axis of a shape: a length, or a name for one that is known only at run time.</summary>
internal readonly record struct TensorDim(long Length, string? Name)
{
    public static implicit operator TensorDim(int length) => new(length, null);

    public static implicit operator TensorDim(string name) => new(0, name);

    public override string ToString() => Name ?? Length.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Builds an ONNX model, one graph of named values, and writes it as a file's bytes. Weights lie inside, as raw little-endian data.</summary>
/// <remarks>Field numbers are those of onnx.proto (ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, ValueInfoProto). Nothing is checked: whoever loads the model does that.</remarks>
/// <param name="name">The graph's name.</param>
/// <param name="opset">Version of the standard operators; 17 is known to ONNX Runtime from 1.12 on.</param>
/// <param name="irVersion">Version of the format; 8 belongs to opset 17.</param>
internal sealed class OnnxWriter(string name, int opset = 17, int irVersion = 8)
{
    private const int FloatAttribute = 1, IntAttribute = 2, TextAttribute = 3, FloatsAttribute = 6, IntsAttribute = 7;

    private readonly List<Action<ProtobufWriter>> _nodes = [], _initializers = [], _inputs = [], _outputs = [];
    private int _values;

    /// <summary>Declares an input and gives its name back.</summary>
    public string Input(string input, TensorElement element, params TensorDim[] shape)
    {
        _inputs.Add(to => Value(to, input, element, shape));
        return input;
    }

    /// <summary>Declares a value that a node gives as an output.</summary>
    public void Output(string output, TensorElement element, params TensorDim[] shape) => _outputs.Add(to => Value(to, output, element, shape));

    /// <summary>A constant tensor of float32.</summary>
    public string Constant(string constant, float[] values, params long[] shape) => Constant<float>(constant, TensorElement.Float32, values, shape);

    /// <summary>A constant tensor of int64.</summary>
    public string Constant(string constant, long[] values, params long[] shape) => Constant<long>(constant, TensorElement.Int64, values, shape);

    /// <summary>A constant tensor of any element type, from numbers whose bytes are the elements'.</summary>
    public string Constant<T>(string constant, TensorElement element, T[] values, params long[] shape)
        where T : unmanaged
    {
        _initializers.Add(to =>
        {
            foreach (long length in shape) to.Integer(1, length);
            to.Integer(2, (int)element);
            to.Text(8, constant);
            to.Raw<T>(9, values);
        });
        return constant;
    }

    /// <summary>Adds a node with one output.</summary>
    /// <param name="op">The operator, such as <c>MatMul</c>.</param>
    /// <param name="inputs">Names of values; an empty one leaves an optional input out.</param>
    /// <param name="attributes">Values are <c>long</c>, <c>long[]</c>, <c>float</c>, <c>float[]</c> or <c>string</c>.</param>
    /// <returns>A name for the output, made from the operator's.</returns>
    public string Node(string op, string[] inputs, params (string Name, object Value)[] attributes)
    {
        string output = $"{op}_{(_values++).ToString(CultureInfo.InvariantCulture)}";
        Node(op, inputs, [output], attributes);
        return output;
    }

    /// <summary>Adds a node whose outputs have names of their own.</summary>
    public void Node(string op, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes) => _nodes.Add(to =>
    {
        foreach (string input in inputs) to.Text(1, input);
        foreach (string output in outputs) to.Text(2, output);
        to.Text(4, op);
        foreach ((string attribute, object value) in attributes) to.Message(5, inner => Attribute(inner, attribute, value));
    });

    /// <summary>The model's bytes.</summary>
    public byte[] ToArray()
    {
        ProtobufWriter model = new();
        model.Integer(1, irVersion);
        model.Text(2, "engine tests");
        model.Message(7, graph =>
        {
            foreach (Action<ProtobufWriter> node in _nodes) graph.Message(1, node);
            graph.Text(2, name);
            foreach (Action<ProtobufWriter> tensor in _initializers) graph.Message(5, tensor);
            foreach (Action<ProtobufWriter> input in _inputs) graph.Message(11, input);
            foreach (Action<ProtobufWriter> output in _outputs) graph.Message(12, output);
        });
        model.Message(8, set => set.Integer(2, opset));
        return model.Written.ToArray();
    }

    /// <summary>Writes the model to a file and gives its path back.</summary>
    public string Save(string path)
    {
        File.WriteAllBytes(path, ToArray());
        return path;
    }

    private static void Value(ProtobufWriter to, string value, TensorElement element, TensorDim[] shape)
    {
        to.Text(1, value);
        to.Message(2, type => type.Message(1, tensor =>
        {
            tensor.Integer(1, (int)element);
            tensor.Message(2, axes =>
            {
                foreach (TensorDim axis in shape)
                {
                    axes.Message(1, dim =>
                    {
                        if (axis.Name is { } called) dim.Text(2, called);
                        else dim.Integer(1, axis.Length);
                    });
                }
            });
        }));
    }

    private static void Attribute(ProtobufWriter to, string attribute, object value)
    {
        to.Text(1, attribute);
        switch (value)
        {
            case float number:
                to.Float(2, number);
                to.Integer(20, FloatAttribute);
                break;
            case long number:
                to.Integer(3, number);
                to.Integer(20, IntAttribute);
                break;
            case string text:
                to.Text(4, text);
                to.Integer(20, TextAttribute);
                break;
            case float[] numbers:
                foreach (float number in numbers) to.Float(7, number);
                to.Integer(20, FloatsAttribute);
                break;
            case long[] numbers:
                foreach (long number in numbers) to.Integer(8, number);
                to.Integer(20, IntsAttribute);
                break;
            default:
                throw new ArgumentException($"The attribute {attribute} is a {value.GetType()}, expected long, long[], float, float[] or string.", nameof(value));
        }
    }
}
