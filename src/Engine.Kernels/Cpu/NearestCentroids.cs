namespace Engine.Kernels.Cpu;

/// <summary>Repeated assignment on the CPU: it keeps bounds of every row's distances to groups of centroids, and leaves groups out that cannot hold a nearer one.</summary>
/// <remarks>
/// The first assignment looks at everything, and so does every one of which a sample of rows says that leaving out would not pay; there centroids are grouped
/// anew: first by how far they just moved, so that the ones still on their way do not spoil the bounds of the settled ones, and among as many as fill a few
/// groups by how near they lie, so that those that rival for the same rows share a bound.
/// </remarks>
internal sealed unsafe class NearestCentroids<TLanes, TFloat, TDouble, TElement> : INearestCentroids
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    private const int SampleRows = 4096;

    /// <summary>Up to this share of all distances, visiting what the bounds leave is cheaper than sweeping over everything; the second where 8-bit estimates serve the sweep.</summary>
    private const double WorthVisiting = .7, WorthVisitingOverEstimates = .36;

    /// <summary>Groups' worth of centroids that a group's are chosen from.</summary>
    private const int ChoiceGroups = 8;

    private readonly RowSource _rows;
    private readonly double[] _scales;
    private readonly int _threads;
    private readonly int _groupPanels;
    private readonly CentroidBounds? _bounds;
    private readonly float[] _centroids;

    /// <summary>[k], whether a centroid is where it was in the assignment before.</summary>
    private readonly bool[] _stays;

    private int[] _order;
    private bool _known;
    private bool _estimatesServe;

    /// <summary>Prepares for assignments.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="scales">[rows] or empty for 1.</param>
    /// <param name="k">Centroids.</param>
    /// <param name="boundBytes">Most memory for bounds; with less than 68 bytes a row there are none.</param>
    /// <param name="threads">Workers.</param>
    public NearestCentroids(RowSource rows, double[] scales, int k, long boundBytes, int threads)
    {
        (_rows, _scales, _threads) = (rows, scales, threads);
        int panels = (k + PackedColumns.PanelColumns - 1) / PackedColumns.PanelColumns;
        _groupPanels = 1;
        while (BytesOf(panels) > boundBytes && _groupPanels < panels) _groupPanels *= 2;
        bool fits = panels > 1 && BytesOf(panels) <= boundBytes;
        _groupPanels = fits ? _groupPanels : panels;
        if (fits) _bounds = new CentroidBounds(rows.Rows, (panels + _groupPanels - 1) / _groupPanels);
        _centroids = fits ? new float[checked(k * rows.Dim)] : [];
        _stays = new bool[fits ? k : 0];
        _order = [.. Enumerable.Range(0, k)];
    }

    /// <inheritdoc/>
    public long DistancesComputed { get; private set; }

    /// <inheritdoc/>
    public void Assign(ReadOnlySpan<float> centroids, Span<int> assignments, Span<double> squaredDistances, Pass pass)
    {
        Shapes.One(_rows, assignments.Length, nameof(assignments));
        Shapes.One(_rows, squaredDistances.Length, nameof(squaredDistances));
        if (centroids.Length != _order.Length * (long)_rows.Dim)
            throw new ArgumentException($"{_order.Length} centroids of {_rows.Dim} elements are not {centroids.Length} values.", nameof(centroids));

        // A call that is cut short leaves bounds of two kinds behind, so they count again only at its end.
        bool visits = _known && Moved(centroids, squaredDistances);
        _known = false;

        // Each worker writes places of its own rows only, and all spans stay fixed until the workers are done.
        fixed (double* scales = _scales)
        fixed (float* from = centroids)
        fixed (int* nearest = assignments)
        fixed (double* distances = squaredDistances)
        {
            using CentroidColumns<TLanes, TFloat, TDouble> columns = new(from, _order, _rows.Dim, _groupPanels, estimated: !visits);
            CentroidJob<TLanes, TFloat, TDouble> job = new(_rows, _scales.Length == 0 ? null : scales, columns, nearest, distances, _bounds, isFirst: DistancesComputed == 0, pass);
            int tile = RowTile<TLanes, TFloat, TDouble, TElement>.RowsFor(columns.Columns);
            Workers.Run(_threads, _rows.Rows, Workers.RowsPerClaim(_rows, _threads, tile), "rows", pass, () => visits
                ? new CentroidVisit<TLanes, TFloat, TDouble, TElement>(job, _bounds!, _stays)
                : new CentroidSweep<TLanes, TFloat, TDouble, TElement>(job));
            DistancesComputed += job.Looked;
            if (!visits) _estimatesServe = job.Estimated > _rows.Rows / 2;
        }

        if (_bounds is null) return;
        centroids.CopyTo(_centroids);
        _known = true;
    }

    /// <inheritdoc/>
    public void Dispose() => _bounds?.Dispose();

    private long BytesOf(int panels) => CentroidBounds.BytesOf(_rows.Rows, (panels + _groupPanels - 1) / _groupPanels);

    /// <summary>Finds how far the centroids moved and whether the bounds still rule enough out; if not, groups the centroids anew.</summary>
    private bool Moved(ReadOnlySpan<float> centroids, ReadOnlySpan<double> squaredDistances)
    {
        float[] moves = new float[_order.Length];
        int dim = _rows.Dim, group = _groupPanels * PackedColumns.PanelColumns;
        Span<float> groups = new(_bounds!.Moves, _bounds.Stride);
        groups.Clear();
        fixed (float* now = centroids)
        fixed (float* before = _centroids)
        {
            for (int column = 0; column < _order.Length; column++)
            {
                nint at = (nint)_order[column] * dim;
                double squared = SquaredDistance(now + at, before + at);
                float move = ProposalError.RoundUp(Math.Sqrt(squared) * (1 + ProposalError.Canonical(dim)));
                moves[_order[column]] = move;
                _stays[_order[column]] = squared == 0;
                groups[column / group] = Math.Min(groups[column / group], -move);
            }

            bool bounded = moves.Max() < ProposalError.SafeMagnitude;
            if (bounded && ShareLeft(groups, squaredDistances) <= (_estimatesServe ? WorthVisitingOverEstimates : WorthVisiting)) return true;
            _order = [.. Enumerable.Range(0, moves.Length).OrderByDescending(c => moves[c]).ThenBy(c => c)];
            for (int first = 0; first + group < _order.Length; first += group) Gather(_order.AsSpan(first, Math.Min(ChoiceGroups * group, _order.Length - first)), group, now);
        }

        return false;
    }

    /// <summary>Brings those to the front that lie nearest to the first; the others keep their order.</summary>
    private void Gather(Span<int> centroids, int count, float* values)
    {
        nint dim = _rows.Dim;
        float* first = values + (centroids[0] * dim);
        double[] distances = new double[centroids.Length];
        int[] places = new int[centroids.Length];
        for (int i = 0; i < places.Length; i++) (distances[i], places[i]) = (SquaredDistance(first, values + (centroids[i] * dim)), i);
        Array.Sort(distances, places);
        Array.Sort(places, count, places.Length - count);
        int[] before = centroids.ToArray();
        for (int i = 0; i < places.Length; i++) centroids[i] = before[places[i]];
    }

    private double SquaredDistance(float* a, float* b) => RowMath<TLanes, TFloat, TDouble>.SquaredDistance<Float32Element, Float32Element>((byte*)a, 1, 1, (byte*)b, _rows.Dim);

    /// <summary>The share of row-group pairs that the bounds leave, over some rows at their last distances.</summary>
    private double ShareLeft(ReadOnlySpan<float> moves, ReadOnlySpan<double> squaredDistances)
    {
        int groups = (_order.Length + (_groupPanels * PackedColumns.PanelColumns) - 1) / (_groupPanels * PackedColumns.PanelColumns);
        long left = 0, looked = 0;
        long step = Math.Max(1, _rows.Rows / SampleRows);
        for (long row = 0; row < _rows.Rows; row += step)
        {
            float distance = (float)Math.Sqrt(squaredDistances[(int)row]);
            float* below = _bounds!.Row(row);
            for (int g = 0; g < groups; g++)
                if (below[g] + moves[g] <= distance) left++;
            looked += groups;
        }

        return left / (double)looked;
    }
}
