using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>Pooling of token states.</summary>
public class PoolTests
{
    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void PublishedExamples(string set)
    {
        using IKernels kernels = Cases.Open(set);
        float[] tokens = [1, 0, 0, 1, 2, 2, 4, 0, 0, 2, 2, 2, 1, -3];
        using ArrayRows rows = ArrayRows.From(tokens, 2);
        long[] offsets = [0, 3, 7];
        float[] pooled = new float[4];
        kernels.Pool(rows, offsets, Pooling.WeightedMean, false, pooled, Pass.Unwatched);
        Assert.Equal([7 / 6f, 4 / 3f, 1.4f, -0.2f], pooled);
        kernels.Pool(rows, offsets, Pooling.WeightedMean, true, pooled, Pass.Unwatched);
        Assert.Equal([0.658505f, 0.752577f, 0.989949f, -0.141421f], pooled, Near);
        kernels.Pool(rows, offsets, Pooling.Mean, true, pooled, Pass.Unwatched);
        Assert.Equal([0.707107f, 0.707107f], pooled[..2], Near);
        kernels.Pool(rows, offsets, Pooling.Last, false, pooled, Pass.Unwatched);
        Assert.Equal([2, 2, 1, -3], pooled);
        kernels.Pool(rows, offsets, Pooling.First, false, pooled, Pass.Unwatched);
        Assert.Equal([1, 0, 4, 0], pooled);
    }

    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void AnyThreadsAndBlocksGiveTheOraclesBits(string set, ElementType element)
    {
        const int Dim = 37;
        long[] offsets = [2, 3, 5, 30, 34, 41, 98];
        foreach (int block in new[] { 1, 3, 5, 1000 })
        {
            foreach (Pooling pooling in Enum.GetValues<Pooling>())
            {
                using IKernels kernels = Cases.Open(set, 1 + (block % 3));
                using TestRows tokens = new(Cases.Values(9, 100 * Dim), Dim, element, Cases.ScaleOf(element), padding: 2, longestBlock: block);
                float[] pooled = new float[6 * Dim];
                foreach (bool normalize in new[] { false, true })
                {
                    kernels.Pool(tokens, offsets, pooling, normalize, pooled, Pass.Unwatched);
                    for (int r = 0; r < 6; r++)
                    {
                        float[][] record = tokens.Decoded[(int)offsets[r]..(int)offsets[r + 1]];
                        Assert.Equal(Oracle.Pool(record, pooling, normalize), pooled[(r * Dim)..((r + 1) * Dim)]);
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void TheLowestZeroRecordIsNamedWhenNormalising(string set)
    {
        using IKernels kernels = Cases.Open(set, 3);
        float[] tokens = new float[40 * 3];
        Array.Fill(tokens, 1f);
        foreach (int record in new[] { 31, 7, 22 }) tokens.AsSpan(3 * record, 3).Clear();
        using TestRows rows = new(tokens, 3);
        long[] offsets = [.. Enumerable.Range(0, 41).Select(i => (long)i)];
        float[] pooled = new float[tokens.Length];
        ArgumentException refused = Assert.Throws<ArgumentException>(() => kernels.Pool(rows, offsets, Pooling.Mean, true, pooled, Pass.Unwatched));
        Assert.Contains("Record 7 ", refused.Message, StringComparison.Ordinal);
        kernels.Pool(rows, offsets, Pooling.Mean, false, pooled, Pass.Unwatched);
        Assert.Equal(tokens, pooled);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void ExtremesSurvive(string set)
    {
        using IKernels kernels = Cases.Open(set);
        float[] tokens = [3e38f, 1e-45f, 3e38f, 1e-45f, 3e38f, 1e-45f];
        using TestRows rows = new(tokens, 2);
        float[] pooled = new float[2];
        kernels.Pool(rows, [0, 3], Pooling.WeightedMean, false, pooled, Pass.Unwatched);
        Assert.Equal(tokens[..2], pooled);

        // A token that is not finite is not lost: it makes its elements so.
        tokens[3] = float.NaN;
        tokens[4] = float.PositiveInfinity;
        using TestRows bad = new(tokens, 2);
        kernels.Pool(bad, [0, 3], Pooling.WeightedMean, false, pooled, Pass.Unwatched);
        Assert.Equal([float.PositiveInfinity, float.NaN], pooled);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(64)]
    [InlineData(101)]
    public void HalvesOfEveryKind(int dim)
    {
        // Denormals, the largest, both zeros; then an infinity or NaN in a record of every length, at every place in a pair of tokens.
        float[] kinds = [6e-8f, -5.9e-5f, 65504, -65504, 0, -0f, 1, 3e-6f, -0.333f, 511.5f];
        foreach (float special in new[] { 0, float.PositiveInfinity, float.NegativeInfinity, float.NaN })
        {
            float[] tokens = [.. Enumerable.Range(0, 28 * dim).Select(i => kinds[i * 7 % 10])];
            long[] offsets = [0, 1, 3, 6, 10, 15, 21, 28];
            for (int r = 0; special != 0 && r < 7; r++) tokens[((offsets[r] + (r * 5 % (r + 1))) * dim) + (r * 29 % dim)] = special;
            using TestRows rows = new(tokens, dim, ElementType.Float16, padding: 2, longestBlock: 9);
            foreach (string set in Cases.SetNames)
            {
                using IKernels kernels = Cases.Open(set, 2);
                foreach (Pooling pooling in Enum.GetValues<Pooling>())
                {
                    float[] pooled = new float[7 * dim];
                    kernels.Pool(rows, offsets, pooling, false, pooled, Pass.Unwatched);
                    for (int r = 0; r < 7; r++)
                    {
                        int from = (int)offsets[r], to = (int)offsets[r + 1];
                        if (pooling == Pooling.First) to = from + 1;
                        if (pooling == Pooling.Last) from = to - 1;
                        Assert.Equal(Oracle.Pool(rows.Decoded[from..to], pooling, false), pooled[(r * dim)..((r + 1) * dim)]);
                    }
                }
            }
        }
    }

    private static bool Near(float expected, float actual) => Math.Abs(expected - actual) < 1e-6f;
}
