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

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void StepByStepUntilNearEnough(string set)
    {
        const int Count = 60, Centres = 75;
        foreach (int dim in new[] { 1, 5, 16, 33, 70, 270 })
        {
            foreach (ElementType element in Cases.Elements)
            {
                foreach ((float offset, float scale) in new[] { (0f, 1f), (300f, 1f), (0f, 1e18f), (0f, 1e-24f) })
                {
                    if (element != ElementType.Float32 && scale != 1) continue;
                    float[] values = Array.ConvertAll(Cases.Values(dim + 1, Count * dim), v => (v + offset) * scale);
                    for (int r = 4; r < Count; r += 4) values.AsSpan((r - 4) * dim, dim).CopyTo(values.AsSpan(r * dim, dim));
                    using TestRows rows = new(values, dim, element, Cases.ScaleOf(element), padding: 4, longestBlock: 13);

                    // Centres between the rows and on them, some of them twice.
                    double[] centres = [.. Enumerable.Range(0, Centres).SelectMany(c => rows.Decoded[c * 7 % Count].Select(v => (c % 3 == 0 ? 1 : 0.9) * v))];
                    int[] seen = [.. Enumerable.Range(0, Count).Select(r => r % 4 == 0 ? r : r % 7)];
                    double[] least = [.. Enumerable.Range(0, Count).Select(r => seen[r] == 0 ? double.PositiveInfinity : Nearest(rows, centres, r, 0, seen[r]))];
                    double[] finite = [.. least.Where(double.IsFinite).Order()];
                    foreach (double enough in new[] { 0, finite[finite.Length / 2], double.PositiveInfinity })
                    {
                        (int Seen, double Least, int Nearest)[] expected = [.. Enumerable.Range(0, Count).Select(r => Stepped(rows, centres, r, seen[r], least[r], enough))];
                        foreach (int threads in new[] { 1, 3 })
                        {
                            int[] counts = [.. seen];
                            double[] found = [.. least];
                            int[] nearest = [.. Enumerable.Repeat(-7, Count)];
                            using IKernels kernels = Cases.Open(set, threads);
                            kernels.RelaxMinDistances(rows, [], [], centres, counts, found, Pass.Unwatched, enough, nearest);
                            Assert.Equal(expected, counts.Zip(found, nearest));
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void CentresComeAndGo(string set)
    {
        const int Dim = 21, Count = 50;
        using TestRows rows = new(Cases.Values(11, Count * Dim), Dim);
        double[] centres = Array.ConvertAll(Cases.Values(12, 70 * Dim), v => (double)v);
        using IKernels kernels = Cases.Open(set, 2);
        using IMinDistances distances = kernels.MinDistances(rows, []);
        foreach (int first in new[] { 0, 33 })
        {
            // The second time fewer centres than before: nothing may be left of those that went.
            distances.Clear();
            Assert.Equal(0, distances.Count);
            int[] seen = new int[Count];
            double[] least = [.. Enumerable.Repeat(double.PositiveInfinity, Count)];
            distances.Relax([], 0, seen, least, [], Pass.Unwatched);
            Assert.All(least, value => Assert.Equal(double.PositiveInfinity, value));
            for (int c = first; c < 70; c++)
            {
                distances.Add(centres.AsSpan(c * Dim, Dim), c);
                if (c % 9 == 0) distances.Relax([.. Enumerable.Range(0, Count).Where(r => r % 5 == c % 5)], 0, seen, least, [], Pass.Unwatched);
            }

            distances.Relax([], 0, seen, least, [], Pass.Unwatched);
            Assert.Equal(70 - first, distances.Count);
            for (int r = 0; r < Count; r++) Assert.Equal((70 - first, Nearest(rows, centres, r, first, 70)), (seen[r], least[r]));
        }

        Assert.Throws<ArgumentException>(() => distances.Add(new double[Dim + 1], 0));
    }

    [Theory]
    [MemberData(nameof(Cases.SetsAndElements), MemberType = typeof(Cases))]
    public void OnlyRowsAboveAThreshold(string set, ElementType element)
    {
        const int Dim = 19, Count = 5000, Centres = 150;
        using TestRows rows = new(Cases.Values(13, Count * Dim), Dim, element, Cases.ScaleOf(element), padding: 4, longestBlock: 700);
        double[] centres = [.. Enumerable.Range(0, Centres).SelectMany(c => rows.Decoded[c * 31].Select(v => (double)v))];
        double[] scales = [.. Enumerable.Range(0, Count).Select(r => 0.5 + (r % 7 / 9.0))];
        double[][] distances = [.. Enumerable.Range(0, Count).Select(r => Enumerable.Range(0, Centres).Select(c => Oracle.SquaredDistance(rows.Decoded[r], scales[r], centres[(c * Dim)..((c + 1) * Dim)])).ToArray())];
        int[] seen = [.. Enumerable.Range(0, Count).Select(r => r % 11 == 0 ? Centres : r % 5 == 0 ? r % Centres : r % 40)];
        double[] least = [.. Enumerable.Range(0, Count).Select(r => distances[r].Take(seen[r]).Append(double.PositiveInfinity).Min())];
        double[] nearest = [.. distances.Select(row => row.Min())];
        double threshold = nearest.Order().ElementAt(Count * 9 / 10);
        int[] stays = [.. Enumerable.Range(0, Count).Where(r => nearest[r] >= threshold)];
        HashSet<string> computed = [];
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using IKernels kernels = Cases.Open(set, threads);
            using IMinDistances kept = kernels.MinDistances(rows, scales);
            for (int c = 0; c < Centres; c++) kept.Add(centres.AsSpan(c * Dim, Dim), 1000 + c);
            List<long> work = [];
            foreach (int[] leading in new[] { [], Enumerable.Range(70, 64).ToArray(), [.. Enumerable.Range(3, 32)], [.. Enumerable.Range(0, 96).Select(i => i * 37 % Centres)] })
            {
                kept.Lead(leading);
                int[] counts = [.. seen], labels = [.. Enumerable.Repeat(-7, Count)];
                double[] found = [.. least];
                List<int> stayed = [];
                kept.RelaxAbove(threshold, counts, found, labels, stayed, Pass.Unwatched);
                Assert.Equal(stays, stayed.Order());
                for (int r = 0; r < Count; r++)
                {
                    if (least[r] < threshold) Assert.Equal((seen[r], least[r], -7), (counts[r], found[r], labels[r]));
                    else if (nearest[r] >= threshold) Assert.Equal((Centres, nearest[r]), (counts[r], found[r]));
                    else Assert.True(found[r] < threshold && found[r] == distances[r][labels[r] - 1000] && counts[r] >= seen[r], $"row {r}");
                }

                // Nothing is left to do, and a row that stays is still listed.
                work.Add(kept.DistancesComputed);
                stayed.Clear();
                kept.RelaxAbove(threshold, counts, found, labels, stayed, Pass.Unwatched);
                Assert.Equal(stays, stayed.Order());
                Assert.Equal(work[^1], kept.DistancesComputed);
                Assert.Equal(0, rows.Borrowed);
            }

            computed.Add(string.Join(' ', work));
        }

        Assert.Single(computed);
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void LeadingCentresWithoutProposals(string set)
    {
        // So large that a product could overflow float32: every distance to a leading centre is a canonical one.
        const int Dim = 21, Count = 300, Centres = 120;
        using TestRows rows = new(Array.ConvertAll(Cases.Values(15, Count * Dim), v => v * 1e18f), Dim);
        double[][] distances = [.. Enumerable.Range(0, Count).Select(r => Enumerable.Range(0, Centres).Select(c => Oracle.SquaredDistance(rows.Decoded[r], 1, [.. rows.Decoded[2 * c].Select(v => (double)v)])).ToArray())];
        double[] nearest = [.. distances.Select(row => row.Min())];
        double threshold = nearest.Order().ElementAt(Count * 3 / 4);
        using IKernels kernels = Cases.Open(set);
        using IMinDistances kept = kernels.MinDistances(rows, []);
        for (int c = 0; c < Centres; c++) kept.Add([.. rows.Decoded[2 * c].Select(v => (double)v)], c);
        kept.Lead([.. Enumerable.Range(0, 64).Select(i => 119 - (i * 53 % Centres))]);
        int[] seen = new int[Count], labels = new int[Count];
        double[] least = [.. Enumerable.Repeat(double.PositiveInfinity, Count)];
        List<int> stayed = [];
        kept.RelaxAbove(threshold, seen, least, labels, stayed, Pass.Unwatched);
        Assert.Equal(Enumerable.Range(0, Count).Where(r => nearest[r] >= threshold), stayed.Order());
        Assert.All(Enumerable.Range(0, Count), r => Assert.Equal(distances[r][labels[r]], least[r]));
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void LeadingCentresAreWholeStepsOfThoseHeld(string set)
    {
        const int Dim = 3;
        using TestRows rows = new(Cases.Values(14, 50 * Dim), Dim);
        using IKernels kernels = Cases.Open(set);
        using IMinDistances kept = kernels.MinDistances(rows, []);
        for (int c = 0; c < 40; c++) kept.Add([c, c, c], c);
        Assert.Throws<ArgumentException>(() => kept.Lead([1, 2]));
        Assert.Throws<ArgumentException>(() => kept.Lead([.. Enumerable.Range(9, 32)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => kept.RelaxAbove(0, new int[50], new double[50], [], [], Pass.Unwatched));
        Assert.Throws<ArgumentException>(() => kept.RelaxAbove(1, new int[49], new double[50], [], [], Pass.Unwatched));

        // Without centres every row stays where it is.
        kept.Lead([.. Enumerable.Range(8, 32)]);
        kept.Clear();
        List<int> stayed = [];
        kept.RelaxAbove(1, new int[50], [.. Enumerable.Repeat(double.PositiveInfinity, 50)], [], stayed, Pass.Unwatched);
        Assert.Equal(Enumerable.Range(0, 50), stayed.Order());
    }

    private static (int Seen, double Least, int Nearest) Stepped(TestRows rows, double[] centres, int row, int seen, double least, double enough)
    {
        int count = centres.Length / rows.Dim, nearest = -7;
        while (seen < count && !(least < enough))
        {
            int end = Math.Min(count, (seen / 32 * 32) + 32);
            for (; seen < end; seen++)
            {
                double distance = Nearest(rows, centres, row, seen, seen + 1);
                if (distance < least) (least, nearest) = (distance, seen);
            }
        }

        return (seen, least, nearest);
    }

    private static double Nearest(TestRows rows, double[] centres, int row, int from, int end)
        => Enumerable.Range(from, end - from).Min(c => Oracle.SquaredDistance(rows.Decoded[row], 1, centres[(c * rows.Dim)..((c + 1) * rows.Dim)]));
}
