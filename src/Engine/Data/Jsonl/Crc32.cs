using System.Buffers.Binary;

namespace Engine.Data.Jsonl;

/// <summary>The checksum at the end of a gzip member (polynomial 0xEDB88320, reflected), eight bytes at a time.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = MakeTable();

    /// <summary>Goes on with a checksum; it starts at 0.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[] t = Table;
        crc = ~crc;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            uint a = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc, b = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = t[7 * 256 + (a & 255)] ^ t[6 * 256 + (a >> 8 & 255)] ^ t[5 * 256 + (a >> 16 & 255)] ^ t[4 * 256 + (a >> 24)]
                ^ t[3 * 256 + (b & 255)] ^ t[2 * 256 + (b >> 8 & 255)] ^ t[256 + (b >> 16 & 255)] ^ t[b >> 24];
        }

        foreach (byte value in bytes) crc = t[(crc ^ value) & 255] ^ crc >> 8;
        return ~crc;
    }

    // Table k holds what a byte does to the checksum when k more bytes follow it.
    private static uint[] MakeTable()
    {
        uint[] table = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
            table[i] = crc;
        }

        for (int i = 256; i < table.Length; i++) table[i] = table[table[i - 256] & 255] ^ table[i - 256] >> 8;
        return table;
    }
}
