using Engine.Kernels;
using Engine.Tests.Kernels;

namespace Engine.Tests.Devices;

/// <summary>A matrix that a device's memory does not hold goes through it in blocks, to the same bits.</summary>
public class MemoryBudgetTests
{
    private const int Dim = 1024;

    /// <summary>16 MB through 1 MB; with ENGINE_DEVICE_MB=1024, a matrix of so many megabytes through a sixteenth of them.</summary>
    [OpenClFact]
    public void ASixteenthOfTheMatrixIsEnough()
    {
        long megabytes = long.TryParse(Environment.GetEnvironmentVariable("ENGINE_DEVICE_MB"), out long asked) ? asked : 16;
        int count = (int)(megabytes << 20) / Dim / sizeof(float);
        using ComputedRows rows = new(count, Dim);
        using IKernels device = TestDevices.Open(budget: megabytes << 16), processor = KernelSets.Best(2);
        double[] norms = new double[count], expectedNorms = new double[count];
        Assert.Equal(processor.Inspect(rows, expectedNorms, Pass.Unwatched), device.Inspect(rows, norms, Pass.Unwatched));
        Assert.Equal(expectedNorms, norms);

        float[] centroids = Cases.Values(3, 5 * Dim);
        int[] nearest = new int[count], expectedNearest = new int[count];
        double[] squared = new double[count], expectedSquared = new double[count];
        processor.AssignNearest(rows, [], centroids, expectedNearest, expectedSquared, Pass.Unwatched);
        device.AssignNearest(rows, [], centroids, nearest, squared, Pass.Unwatched);
        Assert.Equal(expectedNearest, nearest);
        Assert.Equal(expectedSquared, squared);

        long[] sums = new long[5 * Dim], expectedSums = new long[5 * Dim];
        processor.AccumulateCentroids(rows, [], nearest, 20, expectedSums, Pass.Unwatched);
        device.AccumulateCentroids(rows, [], nearest, 20, sums, Pass.Unwatched);
        Assert.Equal(expectedSums, sums);

        double[] least = Relax(processor, rows, centroids);
        Assert.Equal(least, Relax(device, rows, centroids));

        QueryGroups queries = new(centroids, Dim, [0, 2, 5]);
        RankedRows[] expected = processor.TopSimilarities(rows, norms, queries, Combination.Each, [], 20, Pass.Unwatched);
        RankedRows[] lists = device.TopSimilarities(rows, norms, queries, Combination.Each, [], 20, Pass.Unwatched);
        for (int g = 0; g < 2; g++)
        {
            Assert.Equal(expected[g].Rows, lists[g].Rows);
            Assert.Equal(expected[g].Scores, lists[g].Scores);
        }

        float[] pooled = new float[3 * Dim], expectedPooled = new float[3 * Dim];
        long[] offsets = [0, 5, count - 2, count];
        processor.Pool(rows, offsets, Pooling.WeightedMean, true, expectedPooled, Pass.Unwatched);
        device.Pool(rows, offsets, Pooling.WeightedMean, true, pooled, Pass.Unwatched);
        Assert.Equal(expectedPooled, pooled);
    }

    private static double[] Relax(IKernels kernels, RowSource rows, float[] centroids)
    {
        using IMinDistances distances = kernels.MinDistances(rows, []);
        for (int c = 0; c < 5; c++) distances.Add(Array.ConvertAll(centroids[(c * Dim)..((c + 1) * Dim)], v => (double)v), c);
        double[] least = [.. Enumerable.Repeat(double.PositiveInfinity, (int)rows.Rows)];
        distances.Relax([], 0, new int[rows.Rows], least, [], Pass.Unwatched);
        return least;
    }

    /// <summary>A matrix that takes no memory: a row is computed when it is borrowed.</summary>
    private sealed unsafe class ComputedRows(int count, int dim) : RowSource
    {
        private readonly float[] _pattern = Cases.Values(17, 4 * dim + 1);

        public override long Rows => count;

        public override int Dim => dim;

        public override ElementType Element => ElementType.Float32;

        public override RowBlock Borrow(long firstRow, int maxRows)
        {
            int rows = (int)Math.Min(Math.Min(maxRows, 64), count - firstRow);
            float[] values = GC.AllocateUninitializedArray<float>(rows * dim, pinned: true);
            for (int r = 0; r < rows; r++)
            {
                // Another piece of the pattern for every row, and one element that no other row has.
                long row = firstRow + r;
                _pattern.AsSpan((int)(row * 7 % (3 * dim)), dim).CopyTo(values.AsSpan(r * dim, dim));
                values[(r * dim) + (int)(row % dim)] += (row / dim % 1000) * 1e-2f;
            }

            // Pinned, so it stays where it is as long as the lease holds it.
            fixed (float* at = values) return new RowBlock(new MatrixView((byte*)at, rows, dim, (nint)dim * sizeof(float), ElementType.Float32), new Lease(values));
        }

        protected override void Dispose(bool disposing)
        {
        }

        private sealed class Lease(float[] values) : IDisposable
        {
            public void Dispose() => GC.KeepAlive(values);
        }
    }
}
