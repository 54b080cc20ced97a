using System.Buffers.Binary;

namespace Engine.Tests.Onnx;

/// <summary>A tensor as ONNX stores it in a file: TensorProto, whose elements are raw bytes or one of the typed lists.</summary>
/// <param name="Name">Its name; may be empty.</param>
/// <param name="Type">Element type, by the format's number.</param>
/// <param name="Dims">Its shape; empty for a scalar.</param>
/// <param name="Bytes">The elements, little-endian, one after another.</param>
internal sealed record TensorFile(string Name, int Type, long[] Dims, byte[] Bytes)
{
    /// <summary>Reads a tensor.</summary>
    /// <returns>The tensor, or null when its elements are no numbers.</returns>
    public static TensorFile? TryRead(ReadOnlySpan<byte> message)
    {
        string name = "";
        int type = 0;
        List<long> dims = [];
        byte[]? raw = null;
        List<byte> typed = [];
        for (ProtobufReader fields = new(message); fields.Next();)
        {
            switch (fields.Field)
            {
                case 1:
                    dims.AddRange(fields.Varints().Select(value => (long)value));
                    break;
                case 2:
                    type = checked((int)fields.Number);
                    break;
                case 4:
                    AddFixed(typed, fields, sizeof(float));
                    break;
                case 5 or 7 or 11:
                    AddVarints(typed, fields, SizeOf(type));
                    break;
                case 8:
                    name = fields.Text;
                    break;
                case 9:
                    raw = fields.Bytes.ToArray();
                    break;
                case 10:
                    AddFixed(typed, fields, sizeof(double));
                    break;
            }
        }

        return SizeOf(type) == 0 ? null : new TensorFile(name, type, [.. dims], raw ?? [.. typed]);
    }

    /// <summary>Bytes one element takes; 0 for what is no number.</summary>
    public static int SizeOf(int type) => type switch
    {
        2 or 3 or 9 => 1,
        4 or 5 or 10 or 16 => 2,
        1 or 6 or 12 => 4,
        7 or 11 or 13 => 8,
        _ => 0,
    };

    /// <summary>The elements as float64, whatever their type; 64-bit integers beyond 2^53 lose bits.</summary>
    public double[] ToDoubles()
    {
        int size = SizeOf(Type);
        double[] values = new double[Bytes.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> at = Bytes.AsSpan(i * size);
            values[i] = Type switch
            {
                1 => BinaryPrimitives.ReadSingleLittleEndian(at),
                2 or 9 => at[0],
                3 => (sbyte)at[0],
                4 => BinaryPrimitives.ReadUInt16LittleEndian(at),
                5 => BinaryPrimitives.ReadInt16LittleEndian(at),
                6 => BinaryPrimitives.ReadInt32LittleEndian(at),
                7 => BinaryPrimitives.ReadInt64LittleEndian(at),
                10 => (double)BinaryPrimitives.ReadHalfLittleEndian(at),
                11 => BinaryPrimitives.ReadDoubleLittleEndian(at),
                12 => BinaryPrimitives.ReadUInt32LittleEndian(at),
                13 => BinaryPrimitives.ReadUInt64LittleEndian(at),
                _ => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
            };
        }

        return values;
    }

    private static void AddFixed(List<byte> to, ProtobufReader fields, int size)
    {
        if (fields.HasLength)
        {
            to.AddRange(fields.Bytes);
            return;
        }

        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(number, fields.Number);
        to.AddRange(number[..size]);
    }

    private static void AddVarints(List<byte> to, ProtobufReader fields, int size)
    {
        Span<byte> number = stackalloc byte[8];
        foreach (ulong value in fields.Varints())
        {
            BinaryPrimitives.WriteUInt64LittleEndian(number, value);
            to.AddRange(number[..size]);
        }
    }
}
