using System.Text;

namespace Engine.Tests.Data;

/// <summary>Parquet files byte by byte, right ones and wrong ones: one column <c>text</c>, one row group, one page, not packed.</summary>
internal sealed record ParquetBytes
{
    public string[] Texts { get; init; } = ["a", "b", "c"];

    /// <summary>Rows that the footer says there are.</summary>
    public long? Rows { get; init; }

    /// <summary>Rows that the row group says it has.</summary>
    public long? GroupRows { get; init; }

    /// <summary>Groups around the column.</summary>
    public int Depth { get; init; }

    public int Codec { get; init; }

    public int? Unpacked { get; init; }

    public int? Packed { get; init; }

    /// <summary>What is added to the right checksum; null writes none.</summary>
    public uint? CrcError { get; init; }

    public bool Encrypted { get; init; }

    public bool NoGroups { get; init; }

    public byte[] Make()
    {
        byte[] values = [.. Texts.Select(Encoding.UTF8.GetBytes).SelectMany(text => (byte[])[.. BitConverter.GetBytes(text.Length), .. text])];
        byte[] page = [.. Page(values), .. values];
        byte[] footer = Footer(page.Length);
        return [.. "PAR1"u8, .. page, .. footer, .. BitConverter.GetBytes(footer.Length), .. "PAR1"u8];
    }

    /// <summary>A file whose tail is given.</summary>
    public static byte[] WithTail(uint footerLength, string magic = "PAR1")
    {
        byte[] good = new ParquetBytes().Make();
        return [.. good[..^8], .. BitConverter.GetBytes(footerLength), .. Encoding.ASCII.GetBytes(magic)];
    }

    private byte[] Page(byte[] values)
    {
        Thrift page = new();
        page.Int(1, 0).Int(2, Unpacked ?? values.Length).Int(3, Packed ?? values.Length);
        if (CrcError is uint error) page.Int(4, unchecked((int)(Crc(values) + error)));
        page.Begin(5).Int(1, Texts.Length).Int(2, 0).Int(3, 3).Int(4, 3).End();
        return page.End().Bytes;
    }

    private byte[] Footer(int pageBytes)
    {
        long rows = NoGroups ? 0 : Texts.Length;
        Thrift footer = new();
        footer.Int(1, 1).List(2, Depth + 2);
        footer.Text(4, "schema").Int(5, 1).End();
        for (int i = 0; i < Depth; i++) footer.Int(3, 0).Text(4, "g").Int(5, 1).End();
        footer.Int(1, 6).Int(3, 0).Text(4, "text").Int(6, 0).End();
        footer.Resume(2).Long(3, Rows ?? rows).List(4, NoGroups ? 0 : 1);
        if (!NoGroups)
        {
            footer.List(1, 1).Long(2, 4).Begin(3).Int(1, 6).List(2, 0).Resume(2).List(3, 0).Resume(3).Int(4, Codec).Long(5, Texts.Length).Long(6, pageBytes).Long(7, pageBytes).Long(9, 4).End().End();
            footer.Resume(1).Long(2, pageBytes).Long(3, GroupRows ?? rows).End();
        }

        footer.Resume(4);
        if (Encrypted) footer.Begin(8).Begin(1).End().End();
        return footer.End().Bytes;
    }

    private static uint Crc(byte[] bytes)
    {
        uint crc = ~0u;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }

        return ~crc;
    }

    /// <summary>Writes the compact protocol.</summary>
    private sealed class Thrift
    {
        private readonly List<byte> _bytes = [];
        private readonly Stack<int> _outer = new();
        private int _last;

        public byte[] Bytes => [.. _bytes];

        public Thrift Int(int field, int value) => Number(field, 5, value);

        public Thrift Long(int field, long value) => Number(field, 6, value);

        public Thrift Text(int field, string value)
        {
            Field(field, 8);
            Varint((ulong)value.Length);
            _bytes.AddRange(Encoding.ASCII.GetBytes(value));
            return this;
        }

        public Thrift Begin(int field)
        {
            Field(field, 12);
            _outer.Push(_last);
            _last = 0;
            return this;
        }

        /// <summary>A list of structures, which follow, each with its own end.</summary>
        public Thrift List(int field, int count)
        {
            Field(field, 9);
            _bytes.Add((byte)(0xf0 | 12));
            Varint((ulong)count);
            _last = 0;
            return this;
        }

        /// <summary>Goes on behind a list that was this field.</summary>
        public Thrift Resume(int field)
        {
            _last = field;
            return this;
        }

        public Thrift End()
        {
            _bytes.Add(0);
            _last = _outer.TryPop(out int outer) ? outer : 0;
            return this;
        }

        private Thrift Number(int field, byte type, long value)
        {
            Field(field, type);
            Varint((ulong)(value << 1 ^ value >> 63));
            return this;
        }

        private void Field(int field, byte type)
        {
            _bytes.Add((byte)(field - _last << 4 | type));
            _last = field;
        }

        private void Varint(ulong value)
        {
            for (; value >= 128; value >>= 7) _bytes.Add((byte)(value | 128));
            _bytes.Add((byte)value);
        }
    }
}
