namespace Engine.Kernels.Algorithms;

/// <summary>The first centroids of k-means.</summary>
/// <param name="rows">[rows x dim].</param>
/// <param name="scales">[rows], 1 / norm for spherical k-means, or empty for 1.</param>
/// <param name="kernels">Who computes distances.</param>
/// <param name="pass">Cancellation.</param>
internal sealed class KMeansSeeding(RowSource rows, double[] scales, IKernels kernels, Pass pass)
{
    private readonly int _count = (int)rows.Rows;

    /// <summary>[k x dim] centroids; of unit length when spherical.</summary>
    public float[] Seed(KMeansOptions options, RandomStream? stream) => options.Init switch
    {
        KMeansInit.Given => Given(options),
        KMeansInit.First => Rows([.. Enumerable.Range(0, options.K)]),
        KMeansInit.Random => Rows(stream!.Sample(_count, options.K)),
        _ => Rows(PlusPlus(options.K, stream!)),
    };

    /// <summary>D² sampling: k distinct row numbers.</summary>
    /// <remarks>
    /// One pass over the matrix per centroid, O(rows * k * dim) in all. A row is found by prefix sums of the squared distances over fixed blocks
    /// of 4096 rows. When every row lies on a taken one, the lowest row not taken is next.
    /// </remarks>
    internal int[] PlusPlus(int k, RandomStream stream)
    {
        int dim = rows.Dim;
        double[] centres = new double[k * dim];
        int[] taken = new int[k];
        bool[] isTaken = new bool[_count];
        int[] seen = new int[_count];
        double[] squared = new double[_count];
        Array.Fill(squared, double.PositiveInfinity);
        int lowestFree = 0;

        taken[0] = (int)stream.NextBelow(_count);
        for (int c = 0; ; c++)
        {
            int row = taken[c];
            isTaken[row] = true;
            if (c + 1 == k) return taken;

            RowNumbers.CopyScaled(rows, scales, row, centres.AsSpan(c * dim, dim));
            kernels.RelaxMinDistances(rows, scales, [], centres.AsSpan(0, (c + 1) * dim), seen, squared, pass);
            squared[row] = 0;
            int next = Proportional(squared, stream);
            if (next < 0)
            {
                while (isTaken[lowestFree]) lowestFree++;
                next = lowestFree;
            }

            taken[c + 1] = next;
        }
    }

    /// <summary>A place with probability proportional to its weight, or -1 when all weights are 0.</summary>
    private static int Proportional(ReadOnlySpan<double> weights, RandomStream stream)
    {
        double total = KMeans.SumInBlocks(weights);
        if (total == 0) return -1;

        double target = stream.NextDouble() * total;
        int last = -1;
        double before = 0;
        for (int start = 0; start < weights.Length; start += KMeans.SumBlock)
        {
            // The same additions in the same order as in the total, so that the prefix sums end exactly on it.
            double block = 0;
            int end = Math.Min(weights.Length, start + KMeans.SumBlock);
            for (int i = start; i < end; i++)
            {
                if (weights[i] == 0) continue;
                block += weights[i];
                last = i;
                if (before + block > target) return i;
            }

            before += block;
        }

        // Only when the product above was rounded up to the total itself.
        return last;
    }

    private float[] Rows(int[] numbers)
    {
        int dim = rows.Dim;
        float[] centroids = new float[numbers.Length * dim];
        double[] row = new double[dim];
        for (int c = 0; c < numbers.Length; c++)
        {
            RowNumbers.CopyScaled(rows, scales, numbers[c], row);
            for (int i = 0; i < dim; i++) centroids[c * dim + i] = (float)row[i];
        }

        return centroids;
    }

    private float[] Given(KMeansOptions options)
    {
        float[] centroids = [.. options.Centroids!];
        if (!options.Spherical) return centroids;

        double[] wide = new double[rows.Dim];
        for (int c = 0; c < options.K; c++)
        {
            Span<float> centroid = centroids.AsSpan(c * rows.Dim, rows.Dim);
            for (int i = 0; i < wide.Length; i++) wide[i] = centroid[i];
            if (!Direction.TryNormalize(wide, shortest: 0)) throw new ArgumentException($"Given centroid {c} is zero: it has no direction.", nameof(options));
            for (int i = 0; i < wide.Length; i++) centroid[i] = (float)wide[i];
        }

        return centroids;
    }
}
