using System.Buffers.Binary;

namespace Engine.Tests.Onnx;

/// <summary>What the writer writes, read back field by field.</summary>
public class OnnxWriterTests
{
    [Fact]
    public void NumbersOfEveryLengthComeBack()
    {
        long[] numbers = [0, 1, 127, 128, 300, 1L << 35, long.MaxValue, -1, long.MinValue];
        ProtobufWriter writer = new();
        foreach (long number in numbers) writer.Integer(3, number);
        writer.Float(1000, -1.5f);
        writer.Text(4, "é");
        ProtobufReader reader = new(writer.Written);
        foreach (long number in numbers)
        {
            Assert.True(reader.Next());
            Assert.Equal((3, number), (reader.Field, (long)reader.Number));
        }

        Assert.True(reader.Next());
        Assert.Equal((1000, -1.5f), (reader.Field, BitConverter.UInt32BitsToSingle((uint)reader.Number)));
        Assert.True(reader.Next());
        Assert.Equal((4, "é"), (reader.Field, reader.Text));
        Assert.False(reader.Next());
    }

    [Fact]
    public void AModelHoldsItsGraphWeightsAndShapes()
    {
        OnnxWriter graph = new("sums");
        string x = graph.Input("x", TensorElement.Float32, "batch", 2);
        string weights = graph.Constant("w", [1.5f, -2], 2);
        graph.Node("Add", [x, weights], ["y"], ("axis", -1L), ("alpha", 0.5f), ("mode", "plain"), ("pads", new long[] { 1, 2 }));
        graph.Output("y", TensorElement.Float32, "batch", 2);

        Dictionary<int, byte[]> model = Fields(graph.ToArray());
        Assert.Equal((8UL, 17UL), (Only(model[1]), Only(Fields(model[8])[2])));
        Dictionary<int, byte[]> made = Fields(model[7]);
        Assert.Equal([1, 2, 5, 11, 12], made.Keys.Order());

        TensorFile tensor = TensorFile.TryRead(made[5])!;
        Assert.Equal(("w", 1), (tensor.Name, tensor.Type));
        Assert.Equal([2L], tensor.Dims);
        Assert.Equal([1.5, -2], tensor.ToDoubles());

        List<(string Name, ulong Type)> attributes = [];
        for (ProtobufReader node = new(made[1]); node.Next();)
        {
            if (node.Field == 4) Assert.Equal("Add", node.Text);
            if (node.Field != 5) continue;
            Dictionary<int, byte[]> attribute = Fields(node.Bytes);
            attributes.Add((System.Text.Encoding.UTF8.GetString(attribute[1]), Only(attribute[20])));
        }

        Assert.Equal([("axis", 2UL), ("alpha", 1UL), ("mode", 3UL), ("pads", 7UL)], attributes);
        Dictionary<int, byte[]> shape = Fields(Fields(Fields(made[11])[2])[1]);
        Assert.Equal(1UL, Only(shape[1]));
    }

    [Fact]
    public void TheTransformerIsTheSameBytesEveryTime() => Assert.Equal(TinyTransformer.Write(), TinyTransformer.Write());

    /// <summary>The last value of every field: bytes, or a number's eight bytes.</summary>
    private static Dictionary<int, byte[]> Fields(ReadOnlySpan<byte> message)
    {
        Dictionary<int, byte[]> fields = [];
        for (ProtobufReader reader = new(message); reader.Next();)
        {
            byte[] value = reader.Bytes.ToArray();
            if (!reader.HasLength) BinaryPrimitives.WriteUInt64LittleEndian(value = new byte[8], reader.Number);
            fields[reader.Field] = value;
        }

        return fields;
    }

    private static ulong Only(byte[] number) => BinaryPrimitives.ReadUInt64LittleEndian(number);
}
