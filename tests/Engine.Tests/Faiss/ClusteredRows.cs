using Engine.Kernels;

namespace Engine.Tests.Faiss;

/// <summary>Rows in clusters, as embeddings lie: the same ones in every process.</summary>
internal static class ClusteredRows
{
    /// <summary>[rows x dim] around so many centres; rows of one cluster are not neighbours in the matrix.</summary>
    public static float[] Make(int seed, int rows, int dim, int clusters, double spread = 0.35)
    {
        RandomStream random = new(seed, "clustered rows");
        float[] centres = new float[clusters * dim], values = new float[rows * dim];
        for (int i = 0; i < centres.Length; i++) centres[i] = Bell(random);
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < dim; i++) values[(r * dim) + i] = centres[(r % clusters * dim) + i] + (float)(spread * Bell(random));
        return values;
    }

    private static float Bell(RandomStream random) => (float)(2 * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5));
}
