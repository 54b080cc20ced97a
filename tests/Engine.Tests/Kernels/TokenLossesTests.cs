using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>Losses agree with an ordinary log-softmax in float64 for every length and element type, and say what cannot be a loss.</summary>
public class TokenLossesTests
{
    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void EveryLengthAgreesWithTheDefinition(string set, ElementType element)
    {
        using IKernels kernels = Cases.Open(set);
        foreach (int dim in Cases.Lengths)
        {
            using TestRows rows = new(Cases.Values(dim, 3 * dim), dim, element, Cases.ScaleOf(element), padding: dim % 3, atEnd: dim % 2 == 0);
            using GuardedArray<double> losses = new(new double[3]);
            int[] columns = [0, dim - 1, dim / 2];
            kernels.TokenLosses(rows, columns, losses.Span, Pass.Unwatched);
            for (int r = 0; r < 3; r++)
            {
                double expected = Loss(rows.Decoded[r], columns[r]);
                Assert.Equal(expected, losses.Span[r], 1e-14 * (1 + expected));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void TheExponentialIsRightToAFewUnitsInTheLastPlace(string set)
    {
        // With one other element, e^loss - 1 = e^(other - element), which is read back from the smaller side.
        using IKernels kernels = Cases.Open(set);
        float[] differences = [.. Enumerable.Range(0, 4000).Select(i => i * -0.0093f)];
        using ArrayRows rows = ArrayRows.From(differences.SelectMany(d => new[] { 0, d }).ToArray(), 2);
        double[] losses = new double[differences.Length];
        kernels.TokenLosses(rows, new int[differences.Length], losses, Pass.Unwatched);
        for (int i = 0; i < differences.Length; i++)
        {
            // ln(1 + e): the rounding of 1 + e is the only loss that the sum itself adds.
            double one = 1 + Math.Exp(differences[i]);
            Assert.Equal(Math.Log(one), losses[i], 6e-16);
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void ExtremesAreWhatTheyAre(string set)
    {
        using IKernels kernels = Cases.Open(set);
        const float Never = float.NegativeInfinity;
        (float[] Row, int Column, double Loss)[] cases =
        [
            ([3e38f, -3e38f, 0], 0, 0),
            ([3e38f, -3e38f, 0], 1, 3e38f - (double)-3e38f),
            ([1e-45f, 0, -0f], 2, Math.Log(3)),
            ([Never, 5, Never], 1, 0),
            ([Never, 5, Never], 0, double.PositiveInfinity),
            ([Never, Never, Never], 0, double.NaN),
            ([float.NaN, 1, 2], 1, double.NaN),
            ([1, 2, float.NaN], 1, double.NaN),
            ([1, float.PositiveInfinity, 2], 0, double.NaN),
            ([1, float.PositiveInfinity, 2], 1, double.NaN),
            ([0, -1000, -800], 2, 800),
        ];
        foreach ((float[] row, int column, double loss) in cases)
        {
            foreach (int before in new[] { 0, 1, 14, 16, 30 })
            {
                // The same elements in the whole groups, across them, and in the tail: the elements before add nothing.
                float[] shifted = [.. Enumerable.Repeat(Never, before), .. row];
                using ArrayRows rows = ArrayRows.From(shifted, shifted.Length);
                double[] losses = new double[1];
                kernels.TokenLosses(rows, [before + column], losses, Pass.Unwatched);
                Assert.Equal(loss, losses[0], double.IsFinite(loss) ? Math.Abs(loss) * 1e-15 : 0);
            }
        }
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        using IKernels kernels = Cases.Open("cpu-scalar");
        using ArrayRows rows = ArrayRows.From(new float[6], 3);
        Assert.Throws<ArgumentException>(() => kernels.TokenLosses(rows, [0], new double[2], Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.TokenLosses(rows, [0, 1], new double[1], Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.TokenLosses(rows, [0, 3], new double[2], Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kernels.TokenLosses(rows, [-1, 0], new double[2], Pass.Unwatched));
    }

    private static double Loss(float[] row, int column)
    {
        double highest = row.Max();
        return Math.Log(Oracle.PlainSum(row.Length, j => Math.Exp(row[j] - highest))) - (row[column] - highest);
    }
}
