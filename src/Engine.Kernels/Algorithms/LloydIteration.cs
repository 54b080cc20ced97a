namespace Engine.Kernels.Algorithms;

/// <summary>The two halves of Lloyd's iteration and the arrays they share.</summary>
internal sealed class LloydIteration : IDisposable
{
    private readonly INearestCentroids _nearest;
    private readonly RowSource _rows;
    private readonly double[] _scales;
    private readonly IKernels _kernels;
    private readonly Pass _pass;
    private readonly bool _spherical;
    private readonly int _fractionBits;
    private readonly double[] _squared;
    private readonly long[] _sums;
    private readonly int[] _summed;
    private bool _summing;
    private FarthestFirstHeap? _farthest;

    /// <summary>Starts from the given centroids, which are changed in place.</summary>
    public LloydIteration(RowSource rows, double[] scales, IKernels kernels, Pass pass, float[] centroids, bool spherical, int fractionBits, long boundBytes)
    {
        int count = (int)rows.Rows;
        (_rows, _scales, _kernels, _pass, _spherical, _fractionBits) = (rows, scales, kernels, pass, spherical, fractionBits);
        Centroids = centroids;
        Assignments = new int[count];
        Sizes = new long[centroids.Length / rows.Dim];
        _summed = new int[count];
        _nearest = kernels.NearestCentroids(rows, scales, Sizes.Length, boundBytes);
        _squared = new double[count];
        _sums = new long[centroids.Length];
    }

    /// <summary>[k x dim].</summary>
    public float[] Centroids { get; }

    /// <summary>[rows], the last assignment.</summary>
    public int[] Assignments { get; }

    /// <summary>Row-centroid distances looked at so far.</summary>
    public long DistancesComputed => _nearest.DistancesComputed;

    /// <summary>[k], rows per cluster in the last assignment.</summary>
    public long[] Sizes { get; }

    /// <summary>Assigns every row to its nearest centroid.</summary>
    /// <param name="changed">Whether any row moved since the last assignment.</param>
    /// <returns>The inertia.</returns>
    public double Assign(out bool changed)
    {
        _nearest.Assign(Centroids, Assignments, _squared, _pass);
        Array.Clear(Sizes);
        foreach (int cluster in Assignments) Sizes[cluster]++;
        changed = !_summing || !Assignments.AsSpan().SequenceEqual(_summed);
        return KMeans.SumInBlocks(_squared);
    }

    /// <summary>Moves every centroid to the mean of its rows, and empty clusters to the farthest rows.</summary>
    /// <returns>Whether an empty cluster was moved.</returns>
    public bool Update()
    {
        // Integer sums are the same whether rows were moved from one to another or all added anew.
        if (!_summing) Array.Clear(_sums);
        ReadOnlySpan<int> held = _summing ? _summed : [];
        _summing = false;
        _kernels.AccumulateCentroids(_rows, _scales, Assignments, _fractionBits, _sums, _pass, held);
        Assignments.CopyTo(_summed, 0);
        _summing = true;

        int dim = _rows.Dim;
        bool anyEmpty = false;
        double[] mean = new double[dim];
        for (int c = 0; c < Sizes.Length; c++)
        {
            if (Sizes[c] == 0)
            {
                anyEmpty = true;
                continue;
            }

            for (int i = 0; i < dim; i++) mean[i] = FixedPoint.Mean(_sums[c * dim + i], Sizes[c], _fractionBits);
            if (_spherical && !Direction.TryNormalize(mean, Direction.ShortestMean)) continue;
            for (int i = 0; i < dim; i++) Centroids[c * dim + i] = (float)mean[i];
        }

        return anyEmpty && Reseed();
    }

    /// <summary>Whether a cluster is empty and a row lies off its centroid, so that another update would fill the cluster.</summary>
    public bool CanReseed() => Sizes.Contains(0) && _squared.Any(squared => squared > 0);

    /// <inheritdoc/>
    public void Dispose() => _nearest.Dispose();

    private bool Reseed()
    {
        int dim = _rows.Dim;
        _farthest ??= new FarthestFirstHeap();
        _farthest.Fill(_squared);

        List<(double Squared, double[] Row)> taken = [];
        for (int c = 0; c < Sizes.Length; c++)
        {
            if (Sizes[c] > 0) continue;
            double[]? row = NextDistinct(_farthest, taken);
            if (row is null) break;
            for (int i = 0; i < dim; i++) Centroids[c * dim + i] = (float)row[i];
        }

        return taken.Count > 0;
    }

    private double[]? NextDistinct(FarthestFirstHeap farthest, List<(double Squared, double[] Row)> taken)
    {
        while (farthest.Count > 0)
        {
            _pass.Cancel.ThrowIfCancellationRequested();
            FarthestFirstHeap.Entry next = farthest.Pop();
            double[] row = new double[_rows.Dim];
            RowNumbers.CopyScaled(_rows, _scales, next.Row, row);

            // Copies of one row lie at one distance, so only the tail of what was taken can hold a copy.
            bool copy = false;
            for (int i = taken.Count - 1; i >= 0 && taken[i].Squared == next.Squared && !copy; i--) copy = taken[i].Row.AsSpan().SequenceEqual(row);
            if (copy) continue;

            taken.Add((next.Squared, row));
            return row;
        }

        return null;
    }
}
