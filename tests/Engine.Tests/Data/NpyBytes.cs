using System.Text;

namespace Engine.Tests.Data;

/// <summary>Builds .npy files by hand, right and wrong ones, apart from the writer under test.</summary>
internal static class NpyBytes
{
    public static byte[] Make(string dict, ReadOnlySpan<byte> data, int major = 1, int minor = 0, int? claimedLength = null)
    {
        byte[] text = Encoding.UTF8.GetBytes(dict + "\n");
        int length = claimedLength ?? text.Length;
        using MemoryStream stream = new();
        stream.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', (byte)major, (byte)minor]);
        stream.Write(major == 1 ? BitConverter.GetBytes((ushort)length) : BitConverter.GetBytes(length));
        stream.Write(text);
        stream.Write(data);
        return stream.ToArray();
    }

    public static string Dict(string descr, string shape, bool fortran = false) => $"{{'descr': '{descr}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': {shape}, }}";

    public static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    public static byte[] Doubles(params double[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    public static byte[] BigEndian(byte[] littleEndian, int size) => [.. littleEndian.Chunk(size).SelectMany(e => e.Reverse())];
}
