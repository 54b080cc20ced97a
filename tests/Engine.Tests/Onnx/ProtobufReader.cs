using System.Buffers.Binary;
using System.Text;

namespace Engine.Tests.Onnx;

/// <summary>Reads protobuf's wire format, field by field.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>Its value, when it is a varint or a fixed number.</summary>
    public ulong Number { get; private set; }

    /// <summary>Its value, when it has a length; else empty.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Whether it has a length: bytes, a text, a message or packed numbers.</summary>
    public bool HasLength { get; private set; }

    /// <summary>Its text.</summary>
    public readonly string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>Goes to the next field.</summary>
    /// <returns>False at the end.</returns>
    public bool Next()
    {
        if (_rest.IsEmpty) return false;
        ulong tag = Varint(ref _rest);
        Field = checked((int)(tag >> 3));
        Bytes = default;
        HasLength = false;
        switch (tag & 7)
        {
            case 0:
                Number = Varint(ref _rest);
                break;
            case 1:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
                _rest = _rest[8..];
                break;
            case 2:
                int length = checked((int)Varint(ref _rest));
                Bytes = _rest[..length];
                _rest = _rest[length..];
                HasLength = true;
                break;
            case 5:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
                _rest = _rest[4..];
                break;
            default:
                throw new FormatException($"Field {Field} has the wire type {tag & 7}, expected 0, 1, 2 or 5.");
        }

        return true;
    }

    /// <summary>The varints of a repeated field, packed or a single one.</summary>
    public readonly List<ulong> Varints()
    {
        if (!HasLength) return [Number];
        List<ulong> values = [];
        for (ReadOnlySpan<byte> rest = Bytes; !rest.IsEmpty;) values.Add(Varint(ref rest));
        return values;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> rest)
    {
        ulong value = 0;
        for (int i = 0, shift = 0; shift < 64; i++, shift += 7)
        {
            value |= (ulong)(rest[i] & 0x7F) << shift;
            if (rest[i] >= 0x80) continue;
            rest = rest[(i + 1)..];
            return value;
        }

        throw new FormatException("A number takes more than ten bytes.");
    }
}
