using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>Silhouettes: golden data E, a brute-force oracle, and the cases that have none.</summary>
public sealed class SilhouetteTests
{
    private static readonly float[] Points = [0, 0, 0, 1, 1, 0, 8, 8, 9, 8, 8, 9, 0, 9, 1, 9];
    private static readonly int[] Labels = [0, 0, 0, 1, 1, 1, 2, 2];

    [Fact]
    public void TheGoldenPoints()
    {
        using ArrayRows rows = ArrayRows.From(Points, 2);
        int[] merged = Array.ConvertAll(Labels, label => Math.Min(label, 1));
        double[][] found = Silhouette.Exact(rows, [], [Labels, merged], [3, 2], 2, Pass.Unwatched);
        double[] golden = [.88923, .849696, .866288, .867841, .858963, .839052, .880562, .864458];
        for (int i = 0; i < golden.Length; i++) Assert.Equal(golden[i], found[0][i], 5e-7);
        Assert.Equal(.864511, found[0].Average(), 5e-7);
        Assert.Equal(.632383, found[1].Average(), 5e-7);

        float third = 1f / 3;
        double[] simplified = Silhouette.Simplified(rows, [], Labels, [third, third, 8 + third, 8 + third, .5f, 9], [3, 3, 2], 2, Pass.Unwatched);
        Assert.Equal(.924443, simplified.Average(), 5e-7);
    }

    [Theory]
    [InlineData(60, 1, 3, false)]
    [InlineData(130, 7, 5, false)]
    [InlineData(131, 8, 4, true)]
    [InlineData(97, 21, 9, true)]
    [InlineData(5, 3, 5, false)]
    public void AgreesWithABruteForceOracle(int count, int dim, int k, bool unit)
    {
        var random = new RandomStream(count, "silhouette");
        float[] values = [.. Enumerable.Range(0, count * dim).Select(_ => (float)(random.NextDouble() * 4 - 1))];
        int[] labels = [.. Enumerable.Range(0, count).Select(row => row < k ? row : (int)random.NextBelow(k))];
        using ArrayRows rows = ArrayRows.From(values, dim);
        double[] scales = unit ? [.. Enumerable.Range(0, count).Select(row => 1 / Math.Sqrt(values.Skip(row * dim).Take(dim).Sum(x => (double)x * x)))] : [];
        double[] expected = Oracle(values, dim, scales, labels);
        double[] found = Silhouette.Exact(rows, scales, [labels], [k], 3, Pass.Unwatched)[0];
        for (int row = 0; row < count; row++) Assert.Equal(expected[row], found[row], 1e-12);

        // One thread or many, alone or with others: the same bits.
        double[][] together = Silhouette.Exact(rows, scales, [new int[count], labels], [1, k], 1, Pass.Unwatched);
        Assert.Equal(found, together[1]);
        Assert.All(together[0], s => Assert.Equal(0, s));
    }

    [Fact]
    public void RowsThatAreAloneOrOnTopOfEachOtherHaveNone()
    {
        using ArrayRows rows = ArrayRows.From(new float[] { 0, 0, 0, 5 }, 1);
        Assert.Equal([0, 0, 0, 0], Silhouette.Exact(rows, [], [[0, 1, 0, 2]], [3], 1, Pass.Unwatched)[0]);
        Assert.Equal([1, 1, 1, 0], Silhouette.Exact(rows, [], [[0, 0, 0, 2]], [4], 1, Pass.Unwatched)[0]);
        Assert.Equal([1, 1, 1, 0], Silhouette.Simplified(rows, [], [0, 0, 0, 1], [0, 5, 0], [3, 1, 0], 1, Pass.Unwatched));
    }

    /// <summary>From the definition: means of distances over lists of rows.</summary>
    private static double[] Oracle(float[] values, int dim, double[] scales, int[] labels)
    {
        int count = labels.Length;
        double[] result = new double[count];
        for (int i = 0; i < count; i++)
        {
            int[] own = [.. Enumerable.Range(0, count).Where(j => j != i && labels[j] == labels[i])];
            if (own.Length == 0) continue;
            double a = own.Average(j => Distance(i, j));
            double b = labels.Distinct().Where(l => l != labels[i]).Min(l => Enumerable.Range(0, count).Where(j => labels[j] == l).Average(j => Distance(i, j)));
            result[i] = (b - a) / Math.Max(a, b);
        }

        return result;

        double Distance(int i, int j)
        {
            double sum = 0;
            for (int d = 0; d < dim; d++)
                sum += Math.Pow(values[i * dim + d] * (scales.Length == 0 ? 1 : scales[i]) - values[j * dim + d] * (scales.Length == 0 ? 1 : scales[j]), 2);
            return Math.Sqrt(sum);
        }
    }
}
