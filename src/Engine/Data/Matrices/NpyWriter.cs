using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Engine.Kernels;

namespace Engine.Data.Matrices;

/// <summary>Writes arrays as .npy version 1.0, little-endian, C order, data at a multiple of 64 bytes.</summary>
internal static class NpyWriter
{
    /// <summary>Writes a float32 matrix's header; exactly <c>rows * dim</c> floats must follow through <see cref="WriteRows"/>.</summary>
    /// <param name="stream">Destination.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="dim">Elements in a row.</param>
    public static void BeginMatrix(Stream stream, long rows, int dim) => BeginMatrix(stream, rows, dim, ElementType.Float32);

    /// <summary>Writes a matrix's header; exactly <c>rows * dim</c> little-endian elements must follow on the stream.</summary>
    /// <param name="stream">Destination.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="dim">Elements in a row.</param>
    /// <param name="element">Element type; NumPy has no bfloat16.</param>
    /// <exception cref="ArgumentException">The type is one that NumPy lacks.</exception>
    public static void BeginMatrix(Stream stream, long rows, int dim, ElementType element)
    {
        string descr = element switch
        {
            ElementType.Float32 => "<f4",
            ElementType.Float16 => "<f2",
            ElementType.Int8 => "|i1",
            _ => throw new ArgumentException("NumPy has no such type.", nameof(element)),
        };
        WriteHeader(stream, descr, string.Create(CultureInfo.InvariantCulture, $"({rows}, {dim})"));
    }

    /// <summary>Writes the next rows of a matrix.</summary>
    /// <param name="stream">Destination.</param>
    /// <param name="rows">Whole rows, row-major.</param>
    public static void WriteRows(Stream stream, ReadOnlySpan<float> rows) => WriteValues(stream, rows);

    /// <summary>Writes a float32 matrix, [values.Length / dim x dim].</summary>
    public static void Write(Stream stream, ReadOnlySpan<float> values, int dim)
    {
        BeginMatrix(stream, values.Length / dim, dim);
        WriteValues(stream, values);
    }

    /// <summary>Writes a one-dimensional int64 array.</summary>
    public static void Write(Stream stream, ReadOnlySpan<long> values)
    {
        WriteHeader(stream, "<i8", Vector(values.Length));
        WriteValues(stream, values);
    }

    /// <summary>Writes a one-dimensional int32 array.</summary>
    public static void Write(Stream stream, ReadOnlySpan<int> values)
    {
        WriteHeader(stream, "<i4", Vector(values.Length));
        WriteValues(stream, values);
    }

    /// <summary>Writes a one-dimensional float64 array.</summary>
    public static void Write(Stream stream, ReadOnlySpan<double> values)
    {
        WriteHeader(stream, "<f8", Vector(values.Length));
        WriteValues(stream, values);
    }

    /// <summary>Writes an array of two axes, [rows.Count x dim], of int32 or float64.</summary>
    /// <param name="stream">Destination.</param>
    /// <param name="rows">Rows of one length.</param>
    public static void WriteTable<T>(Stream stream, IReadOnlyList<T[]> rows)
        where T : unmanaged
    {
        int dim = rows.Count == 0 ? 0 : rows[0].Length;
        if (rows.Any(row => row.Length != dim)) throw new ArgumentException("The rows differ in length.", nameof(rows));
        WriteHeader(stream, typeof(T) == typeof(int) ? "<i4" : typeof(T) == typeof(double) ? "<f8" : throw new ArgumentException("Only int32 and float64 are written.", nameof(rows)),
            string.Create(CultureInfo.InvariantCulture, $"({rows.Count}, {dim})"));
        foreach (T[] row in rows) WriteValues<T>(stream, row);
    }

    /// <summary>Writes row numbers as the one-dimensional int64 array that <c>indices.npy</c> is.</summary>
    public static void WriteIndices(Stream stream, ReadOnlySpan<int> rows)
    {
        WriteHeader(stream, "<i8", Vector(rows.Length));
        long[] part = new long[Math.Min(rows.Length, 8192)];
        for (int first = 0; first < rows.Length; first += part.Length)
        {
            int count = Math.Min(part.Length, rows.Length - first);
            for (int i = 0; i < count; i++) part[i] = rows[first + i];
            WriteValues(stream, part.AsSpan(0, count));
        }
    }

    private static string Vector(int length) => string.Create(CultureInfo.InvariantCulture, $"({length},)");

    private static void WriteHeader(Stream stream, string descr, string shape)
    {
        string dict = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}";

        // 10 bytes of magic, version and length; then the text, padded so that the data begins at a multiple of 64.
        int total = (10 + dict.Length + 1 + 63) / 64 * 64;
        byte[] header = new byte[total];
        NpyHeader.Magic.CopyTo(header);
        header[6] = 1;
        BitConverter.TryWriteBytes(header.AsSpan(8), (ushort)(total - 10));
        header.AsSpan(10).Fill((byte)' ');
        Encoding.ASCII.GetBytes(dict, header.AsSpan(10));
        header[^1] = (byte)'\n';
        stream.Write(header);
    }

    // Every platform .NET runs on here is little-endian; a build for another one must not write wrong files silently.
    private static void WriteValues<T>(Stream stream, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Arrays are written on little-endian machines only.");
        const int Part = 1 << 20;
        for (int first = 0; first < values.Length; first += Part)
            stream.Write(MemoryMarshal.AsBytes(values.Slice(first, Math.Min(Part, values.Length - first))));
    }
}
