using System.Text;

namespace Engine.Data.Parquet;

/// <summary>The types of the compact protocol.</summary>
internal enum ThriftType
{
    /// <summary>Ends a structure.</summary>
    Stop = 0,

    /// <summary>A true truth value.</summary>
    True = 1,

    /// <summary>A false truth value.</summary>
    False = 2,

    /// <summary>One byte.</summary>
    Byte = 3,

    /// <summary>16-bit integer.</summary>
    Int16 = 4,

    /// <summary>32-bit integer.</summary>
    Int32 = 5,

    /// <summary>64-bit integer.</summary>
    Int64 = 6,

    /// <summary>IEEE 754 binary64.</summary>
    Double = 7,

    /// <summary>Bytes or text.</summary>
    Binary = 8,

    /// <summary>A list.</summary>
    List = 9,

    /// <summary>A set.</summary>
    Set = 10,

    /// <summary>Keys and values.</summary>
    Map = 11,

    /// <summary>A structure.</summary>
    Struct = 12,
}

/// <summary>Bytes are no Thrift.</summary>
/// <param name="at">Where it shows, counted from the first byte given.</param>
/// <param name="endsEarly">Whether there are just too few bytes.</param>
/// <param name="message">What is wrong.</param>
internal sealed class ThriftException(int at, bool endsEarly, string message) : Exception(message)
{
    /// <summary>Where it shows.</summary>
    public int At { get; } = at;

    /// <summary>Whether there are just too few bytes.</summary>
    public bool EndsEarly { get; } = endsEarly;
}

/// <summary>Reads Thrift's compact protocol, which Parquet's footers and page headers are written in. It believes no length that the bytes at hand do not bear out.</summary>
/// <remarks>Source: Apache Thrift, thrift-compact-protocol.md.</remarks>
/// <param name="bytes">The bytes, from a structure's first one.</param>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int MostNesting = 32;
    private const int LongCount = 15;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    /// <summary>Bytes read.</summary>
    public readonly int Position => _at;

    /// <summary>The next field of a structure.</summary>
    /// <param name="field">The number of the field before, 0 at the start; becomes this one's.</param>
    /// <returns>Its type; <see cref="ThriftType.Stop"/> at the end.</returns>
    public ThriftType NextField(ref int field)
    {
        byte header = ReadByte();
        ThriftType type = Checked(header & 15);
        if (type == ThriftType.Stop) return type;
        long number = header >> 4 is int delta and > 0 ? field + (long)delta : ReadInteger();
        if (number is < short.MinValue or > short.MaxValue) throw Fault($"a field has the number {number}, but numbers have 16 bits");
        field = (int)number;
        return type;
    }

    /// <summary>A list's header.</summary>
    /// <param name="type">The field's type, which must be a list's.</param>
    /// <param name="item">The type of its items.</param>
    /// <returns>Items.</returns>
    public int ReadList(ThriftType type, out ThriftType item)
    {
        Expect(type, ThriftType.List);
        return ReadListHeader(out item);
    }

    /// <summary>A whole number.</summary>
    public long ReadInteger(ThriftType type)
    {
        if (type is ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64) return ReadInteger();
        if (type == ThriftType.Byte) return (sbyte)ReadByte();
        throw Fault($"a field is {type}, but it should be a whole number");
    }

    /// <summary>A whole number of 32 bits.</summary>
    public int ReadInt32(ThriftType type) =>
        ReadInteger(type) is var value and >= int.MinValue and <= int.MaxValue ? (int)value : throw Fault("a number does not fit 32 bits");

    /// <summary>Text; what is no UTF-8 in it is replaced.</summary>
    public string ReadText(ThriftType type)
    {
        Expect(type, ThriftType.Binary);
        return Encoding.UTF8.GetString(Take(ReadLength()));
    }

    /// <summary>Says that a structure must come.</summary>
    public readonly void Expect(ThriftType type, ThriftType wanted)
    {
        if (type != wanted) throw Fault($"a field is {type}, but it should be {wanted}");
    }

    /// <summary>Passes over a field's value.</summary>
    public void Skip(ThriftType type) => Skip(type, inList: false, 0);

    private void Skip(ThriftType type, bool inList, int depth)
    {
        if (depth > MostNesting) throw Fault($"structures are nested over {MostNesting} deep");
        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                if (inList) ReadByte();
                break;
            case ThriftType.Byte: ReadByte(); break;
            case ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64: ReadInteger(); break;
            case ThriftType.Double: Take(8); break;
            case ThriftType.Binary: Take(ReadLength()); break;
            case ThriftType.List or ThriftType.Set:
                for (int left = ReadListHeader(out ThriftType item); left > 0; left--) Skip(item, inList: true, depth + 1);
                break;
            case ThriftType.Map:
                int pairs = ReadLength();
                if (pairs == 0) break;
                byte types = ReadByte();
                for (; pairs > 0; pairs--)
                {
                    Skip(Checked(types >> 4), inList: true, depth + 1);
                    Skip(Checked(types & 15), inList: true, depth + 1);
                }

                break;
            default:
                int field = 0;
                while (NextField(ref field) is not ThriftType.Stop and var inner) Skip(inner, inList: false, depth + 1);
                break;
        }
    }

    private int ReadListHeader(out ThriftType item)
    {
        byte header = ReadByte();
        item = Checked(header & 15);
        if (item == ThriftType.Stop) throw Fault("a list has items of no type");
        int count = header >> 4;
        if (count == LongCount) count = ReadLength();

        // Every item takes at least a byte.
        return count <= _bytes.Length - _at ? count : throw EndsEarly();
    }

    private int ReadLength()
    {
        ulong length = ReadVarint();
        return length <= (ulong)(_bytes.Length - _at) ? (int)length : throw EndsEarly();
    }

    private long ReadInteger()
    {
        ulong zigzag = ReadVarint();
        return (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = ReadByte();
            value |= (ulong)(next & 127) << shift;
            if (next < 128) return value;
        }

        throw Fault("a number has over 64 bits");
    }

    private byte ReadByte() => _at < _bytes.Length ? _bytes[_at++] : throw EndsEarly();

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _at) throw EndsEarly();
        _at += count;
        return _bytes.Slice(_at - count, count);
    }

    private readonly ThriftType Checked(int type) => type <= (int)ThriftType.Struct ? (ThriftType)type : throw Fault($"there is no type {type}");

    private readonly ThriftException Fault(string message) => new(_at, endsEarly: false, message);

    private readonly ThriftException EndsEarly() => new(_at, endsEarly: true, "it ends early");
}
