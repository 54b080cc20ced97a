using System.Runtime.InteropServices;
using System.Text;
using Engine.Kernels;

namespace Engine.Bench;

/// <summary>Reproducible vectors: 64 cluster centres with Gaussian noise around them, at unit length.</summary>
internal static class MadeMatrix
{
    private const int Clusters = 64;
    private const int Block = 4096;

    /// <summary>Row-major values, [rows x dim].</summary>
    public static float[] Values(int rows, int dim, long seed)
    {
        float[] values = new float[(long)rows * dim];
        Parallel.For(0, (rows + Block - 1) / Block, b => Fill(values.AsSpan(b * Block * dim, Math.Min(Block, rows - b * Block) * dim), dim, seed, b));
        return values;
    }

    /// <summary>Writes a .npy of float32 or float16.</summary>
    /// <returns>The exit code: 0.</returns>
    public static int Write(string path, long rows, int dim, bool half, long seed = 1)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        string header = $"{{'descr': '{(half ? "<f2" : "<f4")}', 'fortran_order': False, 'shape': ({rows}, {dim}), }}";
        header = header.PadRight((header.Length + 10) / 64 * 64 + 64 - 11) + "\n";
        stream.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(header));
        long blocks = (rows + Block - 1) / Block;
        byte[][] made = new byte[2 * Environment.ProcessorCount][];
        for (long from = 0; from < blocks; from += made.Length)
        {
            int count = (int)Math.Min(made.Length, blocks - from);
            Parallel.For(0, count, i => made[i] = Bytes(from + i, (int)Math.Min(Block, rows - (from + i) * Block), dim, half, seed));
            for (int i = 0; i < count; i++) stream.Write(made[i]);
        }

        return 0;
    }

    private static byte[] Bytes(long block, int rows, int dim, bool half, long seed)
    {
        float[] values = new float[rows * dim];
        Fill(values, dim, seed, block);
        return half ? MemoryMarshal.AsBytes(Array.ConvertAll(values, v => (Half)v).AsSpan()).ToArray() : MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }

    private static void Fill(Span<float> values, int dim, long seed, long block)
    {
        float[] centres = Centres(dim, seed);
        var random = new RandomStream(seed, $"block-{block}");
        for (int at = 0; at < values.Length; at += dim)
        {
            Span<float> row = values.Slice(at, dim);
            int cluster = (int)random.NextBelow(Clusters);
            double squares = 0;
            for (int j = 0; j < dim; j++)
            {
                row[j] = centres[cluster * dim + j] + (float)Gaussian(random);
                squares += (double)row[j] * row[j];
            }

            float scale = (float)(1 / Math.Sqrt(squares));
            for (int j = 0; j < dim; j++) row[j] *= scale;
        }
    }

    private static float[] Centres(int dim, long seed)
    {
        var random = new RandomStream(seed, "centres");
        float[] centres = new float[Clusters * dim];
        for (int i = 0; i < centres.Length; i++) centres[i] = (float)(0.7 * Gaussian(random));
        return centres;
    }

    private static double Gaussian(RandomStream random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
