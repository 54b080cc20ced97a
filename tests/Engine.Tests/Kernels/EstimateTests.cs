using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Tests.Kernels;

/// <summary>8-bit estimates leave out only what cannot matter: results are those of the set that has none, whatever the rows are like.</summary>
public class EstimateTests
{
    /// <summary>Queries enough for estimates.</summary>
    private const int Many = 70;

    [Fact]
    public void RoundingUpGoesUpAndNotFar()
    {
        RandomStream random = new(71, "rounding");
        for (int i = 0; i < 200_000; i++)
        {
            // Every exponent of a float32 and some below, either sign; the least bits of float64 decide which way it rounds.
            double value = Math.ScaleB(1 + random.NextDouble(), (int)random.NextBelow(300) - 172) * (i % 2 == 0 ? 1 : -1);
            float up = ProposalError.RoundUp(value);
            Assert.True(up >= value && MathF.BitDecrement(MathF.BitDecrement(MathF.BitDecrement(MathF.BitDecrement(up)))) < value, $"{value:R} became {up:R}");
        }

        Assert.Equal(0, ProposalError.RoundUp(0));
        Assert.Equal(float.Epsilon, ProposalError.RoundUp(double.Epsilon));
        Assert.Equal(float.PositiveInfinity, ProposalError.RoundUp(double.PositiveInfinity));
        Assert.Equal(float.NaN, ProposalError.RoundUp(double.NaN));
    }

    [Fact]
    public void EveryLength()
    {
        int[] dims = [1, 16, 33, .. Enumerable.Range(60, 11), .. Enumerable.Range(95, 4), .. Enumerable.Range(126, 5), 191, 192, 193, 255, 256, 257, 511, 513];
        foreach (int dim in dims)
        {
            float[] values = Cases.Values(dim, 150 * dim);
            for (int r = 0; r < 150; r++) values[r * dim] += 0.5f;
            using TestRows rows = new(values, dim, Cases.Elements[dim % 4], Cases.ScaleOf(Cases.Elements[dim % 4]), padding: 4 * (dim % 2), longestBlock: dim % 3 == 0 ? 61 : int.MaxValue, atEnd: dim % 5 != 0);
            SameForAll(1 + (dim % 2), rows, new QueryGroups(Cases.Values(dim + 1, (Many + (dim % 33)) * dim), dim, [0, 1, 2, 40, Many + (dim % 33)]), 9);
        }
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    [InlineData(ElementType.Int8)]
    public void EmbeddingsOfManyKinds(ElementType element)
    {
        const int Dim = 100, Count = 450;
        (float[] values, float[] vectors) = Embeddings(41, Count, 120, Dim);
        using TestRows rows = new(values, Dim, element, Cases.ScaleOf(element));
        QueryGroups groups = new(vectors, Dim, [0, 1, 18, 19, 23, 120]), alone = new(vectors, Dim, [.. Enumerable.Range(0, 121)]);
        foreach (int depth in new[] { 1, 30, 500 })
        {
            SameForAll(2, rows, groups, depth);
            SameForAll(1, rows, alone, depth);
        }
    }

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void TheOracleAgrees(string set)
    {
        const int Dim = 64;
        (float[] values, float[] vectors) = Embeddings(45, 250, Many, Dim);
        using TestRows rows = new(values, Dim);
        SimilarityTests.Check(set, 2, rows, new QueryGroups(vectors, Dim, [0, 1, 18, 19, 23, Many]), [20]);
    }

    [Fact]
    public void RowsThatQuantiseBadly()
    {
        const int Dim = 83, Count = 300;
        foreach ((string kind, float[] values, float[] vectors) in BadCases(Dim, Count))
        {
            using TestRows rows = new(values, Dim);
            QueryGroups queries = new(vectors, Dim, [0, 1, 5, vectors.Length / Dim]);
            SameForAll(2, rows, queries, 12, kind);
        }
    }

    [Fact]
    public void ManyRowsWithAForecast()
    {
        // Tiles of 192 rows; lists of a hundred are forecast from nine of them, and full long before the end.
        const int Dim = 64, Count = 64 * 192 * 9;
        (float[] values, float[] vectors) = Embeddings(43, 5000, Many, Dim);
        float[] many = new float[Count * Dim];
        for (int r = 0; r < Count; r++)
            for (int j = 0; j < Dim; j++) many[(r * Dim) + j] = values[(r % 5000 * Dim) + j] * (1 + (r / 5000 * j % 7 * 1e-3f));
        using ArrayRows rows = ArrayRows.From(many, Dim);
        QueryGroups queries = new(vectors, Dim, [.. Enumerable.Range(0, Many + 1)]);
        SameForAll(2, rows, queries, 100, among: ForecastSets);
    }

    /// <summary>So many rows are too many for the set without vectors, unless it is the only one besides the first.</summary>
    private static string[] ForecastSets => Cases.SetNames.Contains("cpu-128") ? [.. Cases.SetNames.Where(set => set != "cpu-scalar")] : [.. Cases.SetNames];

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void EstimatesAreUsedWhereTheyPayAndNotWhereTheyDoNot(string set)
    {
        const int Dim = 128, Count = 4000;
        (float[] values, float[] vectors) = Embeddings(44, Count, 128, Dim);
        (long estimated, long repeated) = Tally(set, values, vectors, Dim, 1);
        if (set is "cpu-512" or "cpu-256")
        {
            // The tiles with which lists fill up may need float32, and the pause after them.
            Assert.InRange(estimated, Count / 2, Count);
            Assert.InRange(repeated, 0, Count / 10);
        }
        else
        {
            Assert.Equal((0, 0), (estimated, repeated));
        }

        // Queries that differ by less than 8 bits can tell: every row needs float32, and after the first tile they are hardly tried any more.
        float[] alike = new float[vectors.Length];
        for (int i = 0; i < alike.Length; i++) alike[i] = (i / Dim % 2 == 0 ? vectors[i % Dim] : vectors[(7 * Dim) + (i % Dim)]) + (vectors[i] * 1e-4f);
        (estimated, repeated) = Tally(set, values, alike, Dim, 1);
        if (set is "cpu-512" or "cpu-256") Assert.InRange(repeated, 1, Count / 4);
        Assert.InRange(estimated, 0, Count / 20);

        // Fewer queries or elements are not worth the quantising.
        Assert.Equal((0, 0), Tally(set, values, vectors[..(63 * Dim)], Dim, 1));
        Assert.Equal((0, 0), Tally(set, values, vectors, Dim / 4, 1));
    }

    /// <summary>The products of a processor with AVX-512: in 32-bit sums, where its instruction can be had, and in 16-bit ones.</summary>
    public static TheoryData<string> Products => [.. new[] { "cpu-512 in 32 bits", "cpu-512", "cpu-256" }.Where(product => product.Contains("in 32 bits") ? DotProductBytes.Instance is not null : Cases.SetNames.Contains(product))];

    [Theory]
    [MemberData(nameof(Products))]
    public void TheBoundHolds(string product)
    {
        foreach (int dim in new[] { 64, 83, 160, 333 })
        {
            (float[] values, float[] vectors) = Embeddings(dim, 120, Many, dim);
            double share = WorstShare(product, values, vectors, dim);

            // Cauchy-Schwarz is far from what quantised rows do by chance.
            Assert.InRange(share, 1e-6, 0.5);

            // Neither is it exceeded where columns are shorter than 1.
            Assert.InRange(WorstShare(product, values, vectors, dim, shorter: true), 1e-6, 0.5);
            foreach ((string kind, float[] bad, float[] queries) in BadCases(dim, 60))
            {
                Assert.True(WorstShare(product, bad, queries, dim) <= 1, kind);
                Assert.True(WorstShare(product, bad, queries, dim, shorter: true) <= 1, kind);
            }

            // Queries along what quantising took from a row come as near to the bound as can be.
            float[] along = Lost(values, vectors, dim, Product(product).RowLimit);
            Assert.InRange(WorstShare(product, values, along, dim), 0.3, 1);

            // All sums at their limit: queries of equal magnitudes, rows of the same signs and of the opposite ones.
            float[] level = Array.ConvertAll(vectors, v => v < 0 ? -1f : 1f), level2 = [.. level, .. level.Select(v => -v)];
            Assert.True(WorstShare(product, level2, level2, dim) <= 1);
        }
    }

    /// <summary>Rows and queries with a common offset, topics of many sizes, noise, a few far rows and near duplicates, and some rows that are queries.</summary>
    internal static (float[] Rows, float[] Queries) Embeddings(int seed, int count, int queries, int dim)
    {
        float[] offset = Cases.Values(seed, dim), topics = Cases.Values(seed + 1, 12 * dim), noise = Cases.Values(seed + 2, (count + queries) * dim);
        float[] all = new float[(count + queries) * dim];
        for (int i = 0; i < all.Length; i++)
            all[i] = (0.6f * offset[i % dim]) + (0.6f * topics[(i / dim * 7 % 12 * dim) + (i % dim)]) + (0.4f * noise[i]);
        for (int r = 0; r < count; r++)
        {
            Span<float> row = all.AsSpan(r * dim, dim);
            if (r % 50 == 7) all.AsSpan((count + (r % queries)) * dim, dim).CopyTo(row);
            if (r % 50 == 9) all.AsSpan((r - 1) * dim, dim).CopyTo(row);
            if (r % 50 == 11) row[r % dim] *= 40;
            if (r % 50 == 13)
                for (int j = 0; j < dim; j++) row[j] *= 2.5f;
        }

        return (all[..(count * dim)], all[(count * dim)..]);
    }

    internal static IEnumerable<(string Kind, float[] Rows, float[] Queries)> BadCases(int dim, int count)
    {
        float[] values = Cases.Values(51, count * dim), vectors = Cases.Values(52, Many * dim);
        yield return ("one huge element", Place(values, count, dim, (r, j, v) => j == r % 5 ? 1e6f : v), vectors);
        yield return ("one huge element everywhere", Place(values, count, dim, (r, j, v) => j == 3 ? 1e4f : v), Place(vectors, Many, dim, (r, j, v) => j == 3 ? 1e4f : v));
        yield return ("denormal", Place(values, count, dim, (r, j, v) => ((r + j) % 3 == 0 ? v : 0) * 1e-40f + (j == r % dim ? 1e-41f : 0)), vectors);
        yield return ("extreme", Place(values, count, dim, (r, j, v) => v / 20 * (r % 2 == 0 ? 1e38f : 1e-38f)), Place(vectors, Many, dim, (r, j, v) => v / 20 * (r % 3 == 0 ? 1e38f : 1e-30f)));
        yield return ("near the limits of what is estimated", Place(values, count, dim, (r, j, v) => v * (r % 4 == 0 ? 1e11f : r % 4 == 1 ? 1e12f : r % 4 == 2 ? 1e-12f : 1e-13f)), vectors);
        yield return ("one element", Place(values, count, dim, (r, j, v) => j == r % dim ? r + 1 : 0), Place(vectors, Many, dim, (r, j, v) => j == r % dim ? -1 : 0));
        yield return ("constant", Place(values, count, dim, (r, j, v) => r % 2 == 0 ? 3 : -3), Place(vectors, Many, dim, (r, j, v) => r % 2 == 0 ? 1 : v));
        yield return ("one of four", Place(values, count, dim, (r, j, v) => values[(r % 4 * dim) + j] * MathF.ScaleB(1, r % 7)), Place(vectors, Many, dim, (r, j, v) => values[(r % 4 * dim) + j]));
        yield return ("queries that cancel out", values, Place(vectors, Many, dim, (r, j, v) => r % 2 == 0 ? v : -vectors[((r - 1) * dim) + j]));
        yield return ("all the same query", values, Place(vectors, Many, dim, (r, j, v) => vectors[j]));
        foreach (int limit in new[] { 90, 127 }) yield return ($"queries along what quantising to {limit} loses", values, Lost(values, vectors, dim, limit));
        yield return ("large common offset", Place(values, count, dim, (r, j, v) => 1e4f + v), Place(vectors, Many, dim, (r, j, v) => 1e4f + v));
    }

    private static float[] Place(float[] values, int count, int dim, Func<int, int, float, float> of)
    {
        float[] placed = new float[count * dim];
        for (int r = 0; r < count; r++)
        {
            for (int j = 0; j < dim; j++) placed[(r * dim) + j] = of(r, j, values[(r * dim) + j]);
            if (placed.AsSpan(r * dim, dim).IndexOfAnyExcept(0f) < 0) placed[r * dim] = 1;
        }

        return placed;
    }

    /// <summary>All sets, or some, agree; the last one has no estimates.</summary>
    private static void SameForAll(int threads, RowSource rows, QueryGroups queries, int depth, string kind = "", string[]? among = null)
    {
        among ??= [.. Cases.SetNames];
        byte[][] right = Results(among[^1], 1, rows, queries, depth);
        foreach (string set in among[..^1])
        {
            byte[][] found = Results(set, threads, rows, queries, depth);
            for (int i = 0; i < right.Length; i++) Assert.True(right[i].AsSpan().SequenceEqual(found[i]), $"{set}, {rows.Dim} elements, depth {depth}, {kind}: result {i} differs.");
        }
    }

    private static byte[][] Results(string set, int threads, RowSource rows, QueryGroups queries, int depth)
    {
        using IKernels kernels = Cases.Open(set, threads);
        List<byte[]> results = [];
        void Add<T>(T[] values)
            where T : unmanaged => results.Add(MemoryMarshal.AsBytes<T>(values).ToArray());
        double[] norms = new double[rows.Rows], highest = new double[rows.Rows];
        kernels.Inspect(rows, norms, Pass.Unwatched);
        ScoreRange[] ranges = kernels.SimilarityRanges(rows, norms, queries, Pass.Unwatched);
        Add(ranges);
        foreach (Combination combination in Enum.GetValues<Combination>())
        {
            ScoreRange[] given = combination == Combination.NormalizedMean ? ranges : [];
            foreach (RankedRows list in kernels.TopSimilarities(rows, norms, queries, combination, given, depth, Pass.Unwatched, highest: combination == Combination.Mean ? default : highest))
            {
                Add(list.Rows);
                Add(list.Scores);
                Add(list.Queries ?? []);
            }

            Add(highest);
        }

        if (rows.Rows < Many) return [.. results];
        int[] picked = [.. Enumerable.Range(0, Many)];
        long[] gains = new long[Many];
        kernels.CoverageGains(rows, norms, Array.ConvertAll(highest, h => h - 0.05), picked, 40, gains, Pass.Unwatched);
        Add(gains);
        return [.. results];
    }

    /// <summary>How many rows estimates were enough for in a pass over all of them with every query in a list of its own, and for how many they were not.</summary>
    private static (long Estimated, long Repeated) Tally(string set, float[] values, float[] vectors, int dim, int threads) => set switch
    {
        "cpu-512" => Tally<Lanes512, Vector512<float>, Double512x2>(values, vectors, dim, threads),
        "cpu-256" => Tally<Lanes256, Float256x2, Double256x4>(values, vectors, dim, threads),
        "cpu-128" => Tally<Lanes128, Float128x4, Double128x8>(values, vectors, dim, threads),
        _ => Tally<LanesScalar, Float16Lanes, Double16Lanes>(values, vectors, dim, threads),
    };

    private static unsafe (long Estimated, long Repeated) Tally<TLanes, TFloat, TDouble>(float[] values, float[] vectors, int dim, int threads)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged
    {
        using TestRows rows = new(values, dim);
        int count = vectors.Length / dim;
        double[] norms = Cases.Norms(rows), highest = new double[norms.Length];

        // All arrays stay fixed until the pass is done.
        fixed (double* lengths = norms, best = highest)
        fixed (float* pointer = vectors)
        {
            using SimilarityQueries<TLanes, TFloat, TDouble> queries = new(pointer, count, dim, [.. Enumerable.Range(0, count + 1)], estimated: true);
            GroupLists<TLanes, TFloat, TDouble, Float32Element>.Run(new(rows, lengths, queries, Pass.Unwatched, best), 1, new SimilarityTile(0, rows.Rows, []), threads);
            return (queries.Estimated, queries.Repeated);
        }
    }

    /// <summary>The largest share of its bound by which an estimate is off, rows without one left out.</summary>
    private static double WorstShare(string product, float[] values, float[] vectors, int dim, bool shorter = false) => product == "cpu-256"
        ? WorstShare<Lanes256, Float256x2, Double256x4>(Product(product), values, vectors, dim, shorter)
        : WorstShare<Lanes512, Vector512<float>, Double512x2>(Product(product), values, vectors, dim, shorter);

    private static ByteProduct Product(string name) => name switch
    {
        "cpu-256" => ByteProduct<ByteLanes256, Byte256x2>.Instance,
        "cpu-512" => ByteProduct<ByteLanes512, Vector512<byte>>.Instance,
        _ => DotProductBytes.Instance!,
    };

    private static unsafe double WorstShare<TLanes, TFloat, TDouble>(ByteProduct product, float[] values, float[] vectors, int dim, bool shorter)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged
    {
        int count = vectors.Length / dim, rows = values.Length / dim;
        using PackedColumns packed = new(count, dim);
        float[][] x = Cases.Split(values, dim), q = Cases.Split(vectors, dim);
        double[] lengths = Array.ConvertAll(q, vector => shorter ? q.Max(Oracle.Norm) : Oracle.Norm(vector));
        for (int c = 0; c < count; c++) packed.Set(c, q[c], lengths[c]);
        using ByteColumns columns = ByteColumns.Of(packed, product);
        int capacity = (rows + 5) / 6 * 6;
        using RowEstimates<TLanes, TFloat, TDouble> estimates = new(columns.Centre, capacity);
        int stride = dim + 16;
        float[] padded = new float[rows * stride], dots = new float[capacity * columns.Width];
        double worst = 0;

        // The arrays stay fixed while they are pointed to.
        fixed (float* row = padded, to = dots)
        {
            for (int r = 0; r < rows; r++) x[r].CopyTo(padded, r * stride);
            estimates.Set(0, row, stride, Array.ConvertAll(x, Oracle.Norm));
            estimates.Multiply(rows, columns, to);
        }

        for (int r = 0; r < rows; r++)
        {
            double norm = Oracle.Norm(x[r]), error = estimates.Error(r, columns);
            Assert.Equal(norm is < 1e-12 or > 1e12, double.IsPositiveInfinity(error));
            for (int c = 0; c < count && !double.IsPositiveInfinity(error); c++)
                worst = Math.Max(worst, Math.Abs((dots[(r * columns.Width) + c] / norm) - (Oracle.Cosine(x[r], q[c]) * Oracle.Norm(q[c]) / lengths[c])) / (error + ProposalError.Unit));
        }

        return worst;
    }

    /// <summary>One query for each of the first rows: what is left of it when it is rounded to that many steps of its largest element, after its share of the queries' mean.</summary>
    private static float[] Lost(float[] values, float[] vectors, int dim, int limit)
    {
        float[][] q = Cases.Split(vectors, dim);
        double[] mean = new double[dim];
        foreach (float[] vector in q)
            for (int j = 0; j < dim; j++) mean[j] += vector[j] / Oracle.Norm(vector) / q.Length;
        double square = mean.Sum(v => v * v);
        List<float> lost = [];
        foreach (float[] x in Cases.Split(values, dim).Take(Many / 2))
        {
            double along = x.Zip(mean, (a, b) => a * b).Sum() / square;
            double[] rest = [.. x.Select((v, j) => v - (along * mean[j]))];
            double step = rest.Max(Math.Abs) / limit;
            double[] e = Array.ConvertAll(rest, w => w - (Math.Round(w / step) * step));

            // With its opposite beside it, the mean of all stays what it was supposed to be: next to nothing but the offset.
            double length = Math.Sqrt(e.Sum(v => v * v)), size = Math.Sqrt(square);
            foreach (int sign in new[] { 1, -1 }) lost.AddRange(e.Select((v, j) => (float)((mean[j] / size) + (sign * v / length))));
        }

        return [.. lost];
    }
}
