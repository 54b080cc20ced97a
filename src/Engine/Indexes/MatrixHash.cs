using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Engine.Kernels;

namespace Engine.Indexes;

/// <summary>A name for the values of a matrix, however they are stored: two matrices of the same shape and the same float32 values have the same one.</summary>
internal static class MatrixHash
{
    private const int BlockElements = 1 << 18;

    /// <summary>SHA-256 over rows and dim (both int64) and every value widened to float32, little-endian, row by row; in lower-case hexadecimal.</summary>
    public static string Of(RowSource rows, Pass pass)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> shape = stackalloc byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(shape, rows.Rows);
        BinaryPrimitives.WriteInt64LittleEndian(shape[sizeof(long)..], rows.Dim);
        hash.AppendData(shape);
        int most = Math.Max(1, BlockElements / rows.Dim);
        float[] values = new float[checked(most * rows.Dim)];
        for (long first = 0; first < rows.Rows; first += most)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            pass.Report("rows", first, rows.Rows);
            Span<float> block = values.AsSpan(0, (int)Math.Min(most, rows.Rows - first) * rows.Dim);
            IndexRows.Copy(rows, [], IndexMetric.L2, first, block);
            hash.AppendData(MemoryMarshal.AsBytes(block));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
