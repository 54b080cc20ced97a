using BenchmarkDotNet.Attributes;
using Engine.Kernels;

namespace Engine.Bench;

/// <summary>One benchmark per kernel of the contract, on data larger than the caches.</summary>
public class KernelBench
{
    private const int Dim = 256;
    private const int K = 256;
    private const int Queries = 64;
    private const int Tokens = 256;
    private const int Asked = 1024;
    private const int Vectors = 4;
    private const int LossOperations = 34;

    private IKernels _kernels = null!;
    private ArrayRows _f32 = null!;
    private ArrayRows _f16 = null!;
    private double[] _norms = null!;
    private float[] _centroids = null!;
    private int[] _assignments = null!;
    private double[] _distances = null!;
    private long[] _sums = null!;
    private IMinDistances _one = null!;
    private IMinDistances _many = null!;
    private int[] _seen = null!;
    private long[] _offsets = null!;
    private float[] _pooled = null!;
    private QueryGroups _queries = null!;
    private int[] _asked = null!;
    private double[] _covered = null!;
    private long[] _gains = null!;
    private double[] _wide = null!;
    private double[] _products = null!;
    private int[] _columns = null!;
    private double[] _losses = null!;

    /// <summary>True for the smoke run: small data, no claim.</summary>
    internal static bool Small { get; set; }

    private static int Rows => Small ? 4_096 : 400_000;

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _kernels = KernelSets.Best(Threads);
        float[] values = MadeMatrix.Values(Rows, Dim, seed: 1);
        _f32 = ArrayRows.From(values, Dim);
        _f16 = ArrayRows.From(Array.ConvertAll(values, v => (Half)v), Dim);
        _norms = new double[Rows];
        _kernels.Inspect(_f16, _norms, Pass.Unwatched);
        _centroids = MadeMatrix.Values(K, Dim, seed: 2);
        _assignments = new int[Rows];
        _distances = new double[Rows];
        _sums = new long[K * Dim];
        _one = _kernels.MinDistances(_f32, []);
        _many = _kernels.MinDistances(_f32, []);
        double[] centres = Array.ConvertAll(_centroids, v => (double)v);
        _one.Add(centres.AsSpan(0, Dim), 0);
        for (int c = 0; c < K; c++) _many.Add(centres.AsSpan(c * Dim, Dim), c);
        _seen = new int[Rows];
        _offsets = [.. Enumerable.Range(0, Rows / Tokens + 1).Select(r => (long)r * Tokens)];
        _pooled = new float[Rows / Tokens * Dim];
        _queries = new QueryGroups(MadeMatrix.Values(Queries, Dim, seed: 3), Dim, [0, Queries]).Ungrouped();
        _asked = [.. Enumerable.Range(0, Asked)];
        _covered = new double[Rows];
        Array.Fill(_covered, 0.9);
        _gains = new long[Asked];
        _wide = Array.ConvertAll(_centroids[..(Vectors * Dim)], v => (double)v);
        _products = new double[Rows * Vectors];
        _columns = new int[Rows];
        _losses = new double[Rows];
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _one.Dispose();
        _many.Dispose();
        _kernels.Dispose();
        _f32.Dispose();
        _f16.Dispose();
    }

    [Benchmark]
    public void InspectF16() => _kernels.Inspect(_f16, _norms, Pass.Unwatched);

    [Benchmark]
    public void PoolF16() => _kernels.Pool(_f16, _offsets, Pooling.WeightedMean, normalize: true, _pooled, Pass.Unwatched);

    [Benchmark]
    public void AssignNearestF32() => _kernels.AssignNearest(_f32, [], _centroids, _assignments, _distances, Pass.Unwatched);

    [Benchmark]
    public void AccumulateCentroidsF32() => _kernels.AccumulateCentroids(_f32, [], _assignments, 30, _sums, Pass.Unwatched);

    [Benchmark]
    public void RelaxMinDistancesF32() => Relax(_one);

    [Benchmark]
    public void RelaxManyCentresF32() => Relax(_many);

    [Benchmark]
    public RankedRows[] TopSimilaritiesF16() => _kernels.TopSimilarities(_f16, _norms, _queries, Combination.Each, [], 1000, Pass.Unwatched);

    [Benchmark]
    public ScoreRange[] SimilarityRangesF16() => _kernels.SimilarityRanges(_f16, _norms, _queries, Pass.Unwatched);

    [Benchmark]
    public RankedRows[] SimilarRowsF16() => _kernels.SimilarRows(_f16, _norms, [], _asked, [], 1, 0.9, Pass.Unwatched);

    [Benchmark]
    public RankedRows[] NearestRowsF16() => _kernels.NearestRows(_f16, _norms, _asked, 6, Pass.Unwatched);

    [Benchmark]
    public void CoverageGainsF16() => _kernels.CoverageGains(_f16, _norms, _covered, _asked, 40, _gains, Pass.Unwatched);

    [Benchmark]
    public void DotProductsF16() => _kernels.DotProducts(_f16, _wide, _products, Pass.Unwatched);

    [Benchmark]
    public void TokenLossesF16() => _kernels.TokenLosses(_f16, _columns, _losses, Pass.Unwatched);

    private void Relax(IMinDistances centres)
    {
        Array.Clear(_seen);
        Array.Fill(_distances, double.PositiveInfinity);
        centres.Relax([], 0, _seen, _distances, _assignments, Pass.Unwatched);
    }

    /// <summary>What one call of a benchmark does by definition.</summary>
    internal static KernelWork WorkOf(string benchmark)
    {
        double elements = (double)Rows * Dim;
        return benchmark switch
        {
            nameof(InspectF16) => new KernelWork(2 * elements, 2 * elements),
            nameof(PoolF16) => new KernelWork(2 * elements, 2 * elements),
            nameof(AssignNearestF32) => new KernelWork(4 * elements, 2 * elements * K),
            nameof(AccumulateCentroidsF32) => new KernelWork(4 * elements, elements),
            nameof(RelaxMinDistancesF32) => new KernelWork(4 * elements, 3 * elements),
            nameof(RelaxManyCentresF32) => new KernelWork(4 * elements, 2 * elements * K),
            nameof(TopSimilaritiesF16) or nameof(SimilarityRangesF16) => new KernelWork(2 * elements, 2 * elements * Queries),
            nameof(SimilarRowsF16) or nameof(NearestRowsF16) or nameof(CoverageGainsF16) => new KernelWork(2 * elements, 2 * elements * Asked),
            nameof(DotProductsF16) => new KernelWork(2 * elements, 2 * elements * Vectors),
            nameof(TokenLossesF16) => new KernelWork(2 * elements, LossOperations * elements),
            _ => throw new ArgumentOutOfRangeException(nameof(benchmark), benchmark, "No work is declared for this benchmark."),
        };
    }
}
