using System.Runtime.InteropServices;
using System.Text;

namespace Engine.Tests.Golden;

/// <summary>Reads the numbers of a little-endian .npy file, apart from the reader under test.</summary>
internal static class NpyNumbers
{
    public static double[] Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int data = 10 + BitConverter.ToUInt16(file, 8);
        string header = Encoding.ASCII.GetString(file, 10, data - 10);
        ReadOnlySpan<byte> values = file.AsSpan(data);
        foreach ((string type, Func<byte[], double[]> read) in Types)
            if (header.Contains($"'{type}'", StringComparison.Ordinal)) return read(values.ToArray());
        throw new InvalidDataException($"{path} has an element type that no result has: {header}");
    }

    private static readonly (string Type, Func<byte[], double[]> Read)[] Types =
    [
        ("<f4", bytes => [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(v => (double)v)]),
        ("<f8", bytes => MemoryMarshal.Cast<byte, double>(bytes).ToArray()),
        ("<i4", bytes => [.. MemoryMarshal.Cast<byte, int>(bytes).ToArray().Select(v => (double)v)]),
        ("<i8", bytes => [.. MemoryMarshal.Cast<byte, long>(bytes).ToArray().Select(v => (double)v)]),
    ];
}
