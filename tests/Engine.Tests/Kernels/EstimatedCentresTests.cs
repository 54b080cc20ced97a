using System.Numerics;
using System.Runtime.Intrinsics;
using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Tests.Kernels;

/// <summary>8-bit estimates only propose: least distances to growing centres are canonical whatever rows and centres are like, and estimates are used where they pay.</summary>
public class EstimatedCentresTests
{
    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void Embeddings(string set)
    {
        foreach ((int dim, int count) in new[] { (64, 64), (83, 105), (130, 133) })
        {
            (float[] values, float[] others) = EstimateTests.Embeddings(dim, 230, count, dim);
            foreach (ElementType element in Cases.Elements)
            {
                using TestRows rows = new(values, dim, element, Cases.ScaleOf(element), padding: 4, longestBlock: 111);

                // A third of the centres are rows, some twice; one that comes late is longer than all before.
                double[][] centres = [.. Cases.Split(others, dim).Select((other, c) => (c % 3 == 0 ? rows.Decoded[c / 2 * 2] : other).Select(v => c == count - 25 ? v * 40.0 : v).ToArray())];
                Follow(set, rows, [], centres);
                double[] unit = Array.ConvertAll(Cases.Norms(rows), norm => 1 / norm);
                Follow(set, rows, unit, [.. centres.Select((centre, c) => centre.Select(v => v * unit[c]).ToArray())]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void RowsAndCentresThatQuantiseBadly(string set)
    {
        const int Dim = 83;
        foreach ((string _, float[] values, float[] vectors) in EstimateTests.BadCases(Dim, 60))
        {
            using TestRows rows = new(values, Dim);
            double[][] centres = Array.ConvertAll(Cases.Split(vectors, Dim), vector => Array.ConvertAll(vector, v => (double)v));
            Follow(set, rows, [], centres);
            Follow(set, rows, [], [.. centres.Select((centre, c) => c % 9 == 0 ? centre : Array.ConvertAll(centre, v => v * 1e-3))]);
            foreach (double scale in new[] { 0, -2.5, 1e-30, 1e30 }) Follow(set, rows, [.. Enumerable.Repeat(scale, (int)rows.Rows)], centres);
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void TheErrorIsAllowedFor(string set)
    {
        // A row at right angles to all centres but one, which lies along what quantising takes from the row, so that the estimate knows nothing of it. It is longer than
        // the others, and still nearer.
        const int Dim = 100, Count = 96, Found = 70;
        foreach (float[] x in Cases.Split(Cases.Values(46, 20 * Dim), Dim))
        {
            double[] other = Without(x, Array.ConvertAll(Cases.Values(47, Dim), v => (double)v));
            foreach (int limit in new[] { 90, 127 })
            {
                float scale = x.Max(MathF.Abs) / limit;
                double[] whole = Array.ConvertAll(x, v => Math.Round(v / scale)), along = Without(whole, [.. x.Zip(whole, (v, i) => v - (scale * i))]);
                double length = Math.Sqrt(along.Sum(v => v * v)), lost = x.Zip(along, (a, b) => a * b).Sum() / length, square = other.Sum(v => v * v);
                double by = (.7 * lost) + Math.Sqrt((.49 * lost * lost) + square);
                double[][] centres = [.. Enumerable.Range(0, Count).Select(c => c == Found ? Array.ConvertAll(along, v => v / length * by) : other)];
                using TestRows rows = new(x, Dim);
                using IKernels kernels = Cases.Open(set);
                int[] nearest = new int[1];
                double[] least = [double.PositiveInfinity];
                kernels.RelaxMinDistances(rows, [], [], [.. centres.SelectMany(c => c)], new int[1], least, Pass.Unwatched, nearest: nearest);
                Assert.Equal((Found, Oracle.SquaredDistance(x, 1, centres[Found])), (nearest[0], least[0]));
            }
        }
    }

    [Theory]
    [InlineData("cpu-512")]
    [InlineData("cpu-256")]
    [InlineData("cpu-128")]
    [InlineData("cpu-scalar")]
    public void TheyAreUsedWhereTheyPayAndNotWhereTheyDoNot(string set)
    {
        if (!Cases.SetNames.Contains(set)) return;
        const int Dim = 128, Count = 4000, Centres = 256, Steps = Centres / IMinDistances.Step;

        // Rows near a centre of the first step: none of the others comes near them.
        float[] centres = Cases.Values(44, Centres * Dim), values = [.. Cases.Values(45, Count * Dim).Select((noise, i) => centres[i % (IMinDistances.Step * Dim)] + (noise / 4))];
        bool has = set is "cpu-512" or "cpu-256";
        if (has) Assert.Equal(Count * Steps, Estimated(set, values, centres, Dim));
        else Assert.Equal(0, Estimated(set, values, centres, Dim));

        // Centres that differ by less than 8 bits can tell; too few of them; too few elements.
        float[] alike = [.. centres.Select((v, i) => centres[(i / Dim % 2 * 7 * Dim) + (i % Dim)] + (v * 1e-4f))];
        Assert.InRange(Estimated(set, values, alike, Dim), has ? 1 : 0, Count * Steps / 5);
        Assert.Equal(0, Estimated(set, values, centres[..(63 * Dim)], Dim));
        Assert.Equal(0, Estimated(set, values, centres, Dim / 4));
    }

    /// <summary>Centres that come in two parts, rows that go as far as a threshold says; then rows above a threshold, with and without leading centres.</summary>
    private static void Follow(string set, TestRows rows, double[] scales, double[][] centres)
    {
        int count = (int)rows.Rows, held = centres.Length, part = held - 20;
        double[][] distances = [.. rows.Decoded.Select((row, r) => Array.ConvertAll(centres, centre => Oracle.SquaredDistance(row, scales.Length == 0 ? 1 : scales[r], centre)))];
        double[] least = Array.ConvertAll(distances, row => row.Min());
        double median = least.Order().ElementAt(count / 2);
        foreach (int threads in new[] { 1, 3 })
        {
            using IKernels kernels = Cases.Open(set, threads);
            using IMinDistances kept = kernels.MinDistances(rows, scales);
            int[] seen = new int[count], nearest = [.. Enumerable.Repeat(-7, count)];
            double[] found = [.. Enumerable.Repeat(double.PositiveInfinity, count)];
            (int, double, int)[] expected = [.. Enumerable.Repeat((0, double.PositiveInfinity, -7), count)];
            foreach ((int first, int end, double enough) in new[] { (0, part, median), (part, held, 0) })
            {
                for (int c = first; c < end; c++) kept.Add(centres[c], c);
                kept.Relax([], enough, seen, found, nearest, Pass.Unwatched);
                for (int r = 0; r < count; r++) expected[r] = Stepped(distances[r], end, expected[r], enough);
                Assert.Equal(expected, seen.Zip(found, nearest));
            }

            if (!(median > 0)) continue;
            foreach (int[] leading in new[] { [], Enumerable.Range(held - 64, 64).Reverse().ToArray() })
            {
                kept.Lead(leading);
                seen = new int[count];
                found = [.. Enumerable.Repeat(double.PositiveInfinity, count)];
                List<int> stayed = [];
                kept.RelaxAbove(median, seen, found, nearest, stayed, Pass.Unwatched);
                Assert.Equal(Enumerable.Range(0, count).Where(r => least[r] >= median), stayed.Order());
                for (int r = 0; r < count; r++)
                {
                    Assert.Equal(distances[r][nearest[r]], found[r]);
                    Assert.True(least[r] >= median ? found[r] == least[r] : found[r] < median);
                }
            }
        }
    }

    /// <summary>A vector without its share of a direction.</summary>
    private static double[] Without<T>(T[] direction, double[] vector)
        where T : INumberBase<T>
    {
        double[] from = Array.ConvertAll(direction, double.CreateChecked);
        double share = vector.Zip(from, (a, b) => a * b).Sum() / from.Sum(v => v * v);
        return [.. vector.Zip(from, (a, b) => a - (share * b))];
    }

    private static (int Seen, double Least, int Nearest) Stepped(double[] distances, int count, (int Seen, double Least, int Nearest) stands, double enough)
    {
        (int seen, double least, int nearest) = stands;
        while (seen < count && !(least < enough))
        {
            for (int end = Math.Min(count, (seen / IMinDistances.Step * IMinDistances.Step) + IMinDistances.Step); seen < end; seen++)
                if (distances[seen] < least) (least, nearest) = (distances[seen], seen);
        }

        return (seen, least, nearest);
    }

    /// <summary>Steps of a row for which estimates came first when all rows go through all centres.</summary>
    private static long Estimated(string set, float[] values, float[] centres, int dim) => set switch
    {
        "cpu-512" => Estimated<Lanes512, Vector512<float>, Double512x2>(values, centres, dim),
        "cpu-256" => Estimated<Lanes256, Float256x2, Double256x4>(values, centres, dim),
        "cpu-128" => Estimated<Lanes128, Float128x4, Double128x8>(values, centres, dim),
        _ => Estimated<LanesScalar, Float16Lanes, Double16Lanes>(values, centres, dim),
    };

    private static long Estimated<TLanes, TFloat, TDouble>(float[] values, float[] centres, int dim)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged
    {
        using TestRows rows = new(values, dim);
        using MinDistances<TLanes, TFloat, TDouble, Float32Element> distances = new(rows, [], 1);
        foreach (float[] centre in Cases.Split(centres, dim)) distances.Add(Array.ConvertAll(centre, v => (double)v), 0);
        distances.Relax([], 0, new int[rows.Rows], [.. Enumerable.Repeat(double.PositiveInfinity, (int)rows.Rows)], [], Pass.Unwatched);
        return distances.Estimated;
    }
}
