using System.Buffers.Binary;
using System.Text;

namespace Engine.Tests.Hostile;

/// <summary>Seeded damage that knows what these formats are made of: their words, their counts, their line ends.</summary>
/// <param name="words">What the format is made of.</param>
/// <param name="random">Decides everything.</param>
internal sealed class Mutations(byte[][] words, Random random)
{
    private static readonly byte[][] Anywhere =
        [[0], [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf], "\n"u8.ToArray(), "\r\n"u8.ToArray(), "\r"u8.ToArray(), " "u8.ToArray(), "\""u8.ToArray(), "\\"u8.ToArray(), new byte[64]];

    private static readonly long[] Counts = [0, 1, 2, 3, 255, 256, 65_535, 65_536, int.MaxValue, uint.MaxValue, 1L << 40, long.MaxValue, long.MinValue, -1, 100_000_000, 100_000_001];

    /// <summary>Words as bytes.</summary>
    public static byte[][] Words(params string[] words) => [.. words.Select(Encoding.UTF8.GetBytes)];

    /// <summary>A damaged copy, never longer than four times the original and a page.</summary>
    public byte[] Of(byte[] good, byte[] other)
    {
        List<byte> bytes = [.. good];
        for (int edits = random.Next(1, 5); edits > 0 && bytes.Count > 0; edits--)
        {
            int at = random.Next(bytes.Count), count = Math.Min(random.Next(1, 24), bytes.Count - at);
            switch (random.Next(10))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveRange(at, count); break;
                case 3: bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, count)); break;
                case 4: bytes.InsertRange(at, words[random.Next(words.Length)]); break;
                case 5: bytes.InsertRange(at, Anywhere[random.Next(Anywhere.Length)]); break;
                case 6: bytes.RemoveRange(at, bytes.Count - at); break;
                case 7: Count(bytes, at); break;
                case 8: Digit(bytes, at); break;
                default: bytes.AddRange(other.AsSpan(random.Next(other.Length))); break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Puts a number that breaks arithmetic where a count may stand.</summary>
    private void Count(List<byte> bytes, int at)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, Counts[random.Next(Counts.Length)]);
        int size = 1 << random.Next(4);
        at -= at % size;
        for (int i = 0; i < size && at + i < bytes.Count; i++) bytes[at + i] = number[i];
    }

    /// <summary>Changes a number in text, or makes one long.</summary>
    private void Digit(List<byte> bytes, int at)
    {
        while (at < bytes.Count && !char.IsAsciiDigit((char)bytes[at])) at++;
        if (at == bytes.Count) return;
        if (random.Next(2) == 0) bytes[at] = (byte)('0' + random.Next(10));
        else bytes.InsertRange(at, Encoding.ASCII.GetBytes(Counts[random.Next(Counts.Length)].ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }
}
