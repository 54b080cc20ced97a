using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>Inspect sees every value that is not finite, every zero row, and extremes of float32 as they are.</summary>
public class InspectTests
{
    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void OneBadElementAnywhereIsFound(string set)
    {
        using IKernels kernels = Cases.Open(set, 2);
        foreach (ElementType element in new[] { ElementType.Float32, ElementType.Float16, ElementType.BFloat16 })
        {
            foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
            {
                for (int dim = 1; dim <= 37; dim += 3)
                {
                    for (int at = 0; at < dim; at++)
                    {
                        float[] values = Cases.Values(at, 4 * dim);
                        values[(2 * dim) + at] = bad;
                        using TestRows rows = new(values, dim, element, longestBlock: 1);
                        double[] norms = new double[4];
                        RowFacts facts = kernels.Inspect(rows, norms, Pass.Unwatched);
                        Assert.Equal(2, facts.FirstNonFiniteRow);
                        Assert.Equal(float.IsNaN(bad) ? double.NaN : double.PositiveInfinity, norms[2]);
                        Assert.Equal(rows.Decoded.Max(row => row.Where(float.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max()), facts.LargestMagnitude);
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void TheLowestRowIsToldForAnyThreadsAndBlocks(string set)
    {
        float[] values = Cases.Values(5, 900 * 3);
        foreach (int row in new[] { 877, 431, 430, 899 }) values[3 * row] = float.NaN;
        foreach (int row in new[] { 700, 211, 212 }) values.AsSpan(3 * row, 3).Clear();
        foreach (int threads in new[] { 1, 2, 3 })
        {
            foreach (int block in new[] { 1, 7, 5000 })
            {
                using IKernels kernels = Cases.Open(set, threads);
                using TestRows rows = new(values, 3, longestBlock: block);
                RowFacts facts = kernels.Inspect(rows, [], Pass.Unwatched);
                Assert.Equal((430L, 211L), (facts.FirstNonFiniteRow, facts.FirstZeroRow));
                Assert.Equal(0, rows.Borrowed);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void ExtremesNeitherOverflowNorVanish(string set)
    {
        using IKernels kernels = Cases.Open(set);
        float[] values = [3e38f, -3e38f, 1e-45f, 0, -0f, 0, 1e-38f, 0];
        using TestRows rows = new(values, 2);
        double[] norms = new double[4];
        RowFacts facts = kernels.Inspect(rows, norms, Pass.Unwatched);
        Assert.Equal(new RowFacts(-1, 2, 3e38f), facts);
        Assert.Equal(3e38f * Math.Sqrt(2), norms[0], 1e24);
        Assert.Equal([float.Epsilon, 0, 1e-38f], norms[1..]);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void AnEightBitScaleThatOverflowsIsNotFinite(string set)
    {
        using IKernels kernels = Cases.Open(set);
        sbyte[] values = [1, 2, 127, 100];
        using ArrayRows rows = ArrayRows.From(values, 2, 1e37f);
        RowFacts facts = kernels.Inspect(rows, [], Pass.Unwatched);
        Assert.Equal(new RowFacts(1, -1, 2e37f), facts);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void EveryBitPatternWidensExactly(string set)
    {
        // Pooling the first token alone hands an element through: widened, divided by one, narrowed.
        using IKernels kernels = Cases.Open(set);
        ushort[] patterns = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] widened = new float[65536];
        using (ArrayRows rows = ArrayRows.From(Array.ConvertAll(patterns, BitConverter.UInt16BitsToHalf), 65536))
            kernels.Pool(rows, [0, 1], Pooling.First, false, widened, Pass.Unwatched);
        Assert.Equal(Array.ConvertAll(patterns, bits => (float)BitConverter.UInt16BitsToHalf(bits)), widened);

        using (ArrayRows rows = ArrayRows.FromBFloat16(patterns, 65536))
            kernels.Pool(rows, [0, 1], Pooling.First, false, widened, Pass.Unwatched);
        Assert.Equal(Array.ConvertAll(patterns, bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)), widened);

        sbyte[] bytes = [.. Enumerable.Range(-128, 256).Select(i => (sbyte)i)];
        using (ArrayRows rows = ArrayRows.From(bytes, 256, 0.1f))
            kernels.Pool(rows, [0, 1], Pooling.First, false, widened.AsSpan(0, 256), Pass.Unwatched);
        Assert.Equal(Array.ConvertAll(bytes, value => value * 0.1f), widened[..256]);
    }

    [Fact]
    public void AnEmptyMatrixHasNoFacts()
    {
        using IKernels kernels = Cases.Open("cpu-scalar", 2);
        using ArrayRows rows = ArrayRows.From(ReadOnlyMemory<float>.Empty, 3);
        Assert.Equal(new RowFacts(-1, -1, 0), kernels.Inspect(rows, [], Pass.Unwatched));
    }
}
