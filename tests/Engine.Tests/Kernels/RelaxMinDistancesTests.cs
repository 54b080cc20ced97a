using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>Least distances follow the centres each row has not seen, and no other row moves.</summary>
public class RelaxMinDistancesTests
{
    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void ChosenRowsInAnyOrder(string set, ElementType element)
    {
        const int Dim = 29, Count = 90, Centres = 11;
        double[] centres = Array.ConvertAll(Cases.Values(6, Centres * Dim), v => (double)v);
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using TestRows rows = new(Cases.Values(7, Count * Dim), Dim, element, Cases.ScaleOf(element), padding: 1, longestBlock: 4);
            using IKernels kernels = Cases.Open(set, threads);
            int[] seen = [.. Enumerable.Range(0, Count).Select(r => r % (Centres + 1))];
            double[] least = [.. Enumerable.Range(0, Count).Select(r => r % 5 == 0 ? 0.25 : double.PositiveInfinity)];
            double[] scales = [.. Enumerable.Range(0, Count).Select(r => 0.5 + (r / 100.0))];
            double[] before = [.. least], expected = [.. least];
            int[] counts = [.. seen];
            int[] which = [.. Enumerable.Range(0, Count).Where(r => r % 3 != 0).Reverse()];
            for (int r = 0; r < Count; r++)
            {
                for (int c = seen[r]; c < Centres && r % 3 != 0; c++)
                    expected[r] = Math.Min(expected[r], Oracle.SquaredDistance(rows.Decoded[r], scales[r], centres[(c * Dim)..((c + 1) * Dim)]));
            }

            kernels.RelaxMinDistances(rows, scales, which, centres, seen, least, Pass.Unwatched);
            for (int r = 0; r < Count; r++)
            {
                Assert.Equal(expected[r], least[r]);
                Assert.Equal(r % 3 == 0 ? counts[r] : Centres, seen[r]);
            }

            // The rest, then everything again: nothing is left to do.
            kernels.RelaxMinDistances(rows, scales, [], centres, seen, least, Pass.Unwatched);
            Assert.All(seen, s => Assert.Equal(Centres, s));
            double[] done = [.. least];
            kernels.RelaxMinDistances(rows, scales, [], centres, seen, least, Pass.Unwatched);
            Assert.Equal(done, least);
            Assert.Equal(0, rows.Borrowed);
            Assert.All(Enumerable.Range(0, Count), r => Assert.True(done[r] <= before[r]));
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void ARowIsAtDistanceZeroFromItself(string set)
    {
        const int Dim = 50;
        using TestRows rows = new(Cases.Values(8, 3 * Dim), Dim, ElementType.Float16);
        double scale = 1 / Oracle.Norm(rows.Decoded[1]);
        double[] centre = Array.ConvertAll(rows.Decoded[1], x => scale * x);
        double[] least = [1, 1, 1];
        using IKernels kernels = Cases.Open(set);
        kernels.RelaxMinDistances(rows, [scale, scale, scale], [1], centre, new int[3], least, Pass.Unwatched);
        Assert.Equal([1, 0, 1], least);
    }
}
