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
    public float[] Seed(KMeansOptions options, RandomStream? stream, IResumePoint<SeedingPosition>? resume = null) => options.Init switch
    {
        KMeansInit.Given => Given(options),
        KMeansInit.First => Rows([.. Enumerable.Range(0, options.K)]),
        KMeansInit.Random => Rows(stream!.Sample(_count, options.K)),
        _ => Rows(new PlusPlusSampling(rows, scales, kernels, pass).Sample(options.K, stream!, resume)),
    };

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
