using System.Buffers.Binary;
using System.Text;
using Engine.Data.Matrices;

namespace Engine.Data.Onnx;

/// <summary>One field of a message.</summary>
/// <param name="Number">Its number in the message's definition.</param>
/// <param name="Value">A number's bits; 0 for a text or message.</param>
/// <param name="Start">First byte of a text or message in the file; -1 for a number.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct ProtobufField(int Number, ulong Value, long Start, long Length);

/// <summary>Reads protobuf's wire format from a file, a field at a time: what nobody asks for is stepped over, so gigabytes of weights are not read. It believes no length that its message does not have room for.</summary>
/// <remarks>Source: protobuf.dev, "Encoding".</remarks>
/// <param name="file">The file.</param>
internal sealed class ProtobufReader(InputFile file)
{
    private const int WindowBytes = 1 << 16;
    private const int MostText = 1 << 16;

    private readonly byte[] _window = new byte[WindowBytes];
    private long _windowStart;
    private int _windowLength;

    /// <summary>The whole file as a message.</summary>
    public ProtobufField Root => new(0, 0, 0, file.Length);

    /// <summary>The fields of a message, in order.</summary>
    /// <exception cref="EngineException">The bytes are no message. Exit 4, with the offset.</exception>
    public IEnumerable<ProtobufField> Fields(ProtobufField message)
    {
        long at = message.Start, end = message.Start + message.Length;
        if (at < 0) throw Fault(0, "a number stands where a message is expected");
        while (at < end)
        {
            long began = at;
            ulong tag = Varint(ref at, end);
            int number = tag >> 3 is > 0 and <= int.MaxValue ? (int)(tag >> 3) : throw Fault(began, "a field has no number");
            switch (tag & 7)
            {
                case 0:
                    yield return new ProtobufField(number, Varint(ref at, end), -1, 0);
                    break;
                case 1:
                    yield return new ProtobufField(number, BinaryPrimitives.ReadUInt64LittleEndian(Take(ref at, 8, end)), -1, 0);
                    break;
                case 5:
                    yield return new ProtobufField(number, BinaryPrimitives.ReadUInt32LittleEndian(Take(ref at, 4, end)), -1, 0);
                    break;
                case 2:
                    ulong length = Varint(ref at, end);
                    if (length > (ulong)(end - at)) throw Fault(began, $"a field of {length} bytes stands where {end - at} are left");
                    yield return new ProtobufField(number, 0, at, (long)length);
                    at += (long)length;
                    break;
                default:
                    throw Fault(began, $"wire type {tag & 7} is not used by any model");
            }
        }
    }

    /// <summary>A field's text.</summary>
    /// <exception cref="EngineException">It is no text, or longer than any name. Exit 4.</exception>
    public string Text(ProtobufField field)
    {
        if (field.Start < 0) throw Fault(0, "a number stands where a text is expected");
        if (field.Length > MostText) throw Fault(field.Start, $"a name has {field.Length} bytes, expected at most {MostText}");
        byte[] text = new byte[field.Length];
        file.Read(field.Start, text);
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>The numbers of a field that holds several, packed.</summary>
    public IEnumerable<ulong> Numbers(ProtobufField field)
    {
        long at = field.Start, end = field.Start + field.Length;
        while (at < end) yield return Varint(ref at, end);
    }

    private ulong Varint(ref long at, long end)
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte part = Take(ref at, 1, end)[0];
            if (shift == 63 && part > 1) break;
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80) return value;
        }

        throw Fault(at, "a number has more than 64 bits");
    }

    private ReadOnlySpan<byte> Take(ref long at, int count, long end)
    {
        if (end - at < count) throw Fault(at, "the message ends within a field");
        if (at < _windowStart || at + count > _windowStart + _windowLength)
        {
            _windowLength = (int)Math.Min(WindowBytes, file.Length - at);
            file.Read(at, _window.AsSpan(0, _windowLength));
            _windowStart = at;
        }

        ReadOnlySpan<byte> bytes = _window.AsSpan((int)(at - _windowStart), count);
        at += count;
        return bytes;
    }

    private EngineException Fault(long at, string what) => InputError.At(file, at, "FORMAT", $"no ONNX model: {what}. Export the model again, or copy it again if it was cut.");
}
