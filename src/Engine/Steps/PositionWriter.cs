using System.Runtime.InteropServices;

namespace Engine.Steps;

/// <summary>Writes the parts of a position, little-endian; arrays with their length before them.</summary>
internal sealed class PositionWriter(Stream stream)
{
    private const int PartBytes = 1 << 20;

    public void Write(long value) => stream.Write(BitConverter.GetBytes(value));

    public void Write(double value) => Write(BitConverter.DoubleToInt64Bits(value));

    public void Write(bool value) => Write(value ? 1 : 0);

    public void Write(string value) => Write<char>(value);

    public void Write<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        Write((long)values.Length);
        int part = PartBytes / Marshal.SizeOf<T>();
        for (; values.Length > part; values = values[part..]) stream.Write(MemoryMarshal.AsBytes(values[..part]));
        stream.Write(MemoryMarshal.AsBytes(values));
    }

    public void Write<T>(T[] values)
        where T : unmanaged => Write<T>(values.AsSpan());

    /// <summary>A part that may be missing.</summary>
    public void WriteOptional<T>(T? part, Action<PositionWriter, T> write)
        where T : class
    {
        Write(part is not null);
        if (part is not null) write(this, part);
    }

    /// <summary>Parts one after another, their number before them.</summary>
    public void WriteAll<T>(IReadOnlyCollection<T> parts, Action<PositionWriter, T> write)
    {
        Write((long)parts.Count);
        foreach (T part in parts) write(this, part);
    }
}

/// <summary>Reads what a <see cref="PositionWriter"/> wrote.</summary>
/// <param name="stream">From its first byte on.</param>
/// <param name="length">Bytes in it: no array is longer.</param>
internal sealed class PositionReader(Stream stream, long length)
{
    private readonly byte[] _value = new byte[8];

    public long Integer()
    {
        stream.ReadExactly(_value);
        return BitConverter.ToInt64(_value);
    }

    public int Int32() => Integer() is >= int.MinValue and <= int.MaxValue and var value ? (int)value : throw new FormatException("A number of a position has more than 32 bits.");

    public double Number() => BitConverter.Int64BitsToDouble(Integer());

    public bool Flag() => Integer() != 0;

    public string Text() => new(Array<char>());

    public T[] Array<T>()
        where T : unmanaged
    {
        long count = Integer();
        if (count < 0 || count > length / Marshal.SizeOf<T>()) throw new FormatException("An array of a position is longer than its file.");
        T[] values = new T[count];
        int part = (1 << 20) / Marshal.SizeOf<T>();
        for (int at = 0; at < values.Length; at += part) stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan(at, Math.Min(part, values.Length - at))));
        return values;
    }

    /// <summary>The counterpart of <see cref="PositionWriter.WriteOptional"/>.</summary>
    public T? Optional<T>(Func<PositionReader, T> read)
        where T : class => Flag() ? read(this) : null;

    /// <summary>The counterpart of <see cref="PositionWriter.WriteAll"/>.</summary>
    public T[] All<T>(Func<PositionReader, T> read)
    {
        long count = Integer();
        if (count < 0 || count > length) throw new FormatException("A list of a position is longer than its file.");
        T[] values = new T[count];
        for (int i = 0; i < values.Length; i++) values[i] = read(this);
        return values;
    }
}
