using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Least distances to growing centres: holds the centres, and shares the rows of a call among workers that it keeps.</summary>
internal sealed unsafe class MinDistances<TLanes, TFloat, TDouble, TElement>(RowSource rows, double[] rowScales, int threads) : IMinDistances
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Multiplications below which waking a second worker costs more than it saves.</summary>
    private const long LeastShared = 1 << 18;

    /// <summary>Rows below which a tile of them is rather empty.</summary>
    private const int LeastClaim = 2 * ProductTile<TLanes, TFloat, TDouble>.TileRows;

    /// <summary>Rows below which a second worker is not woken to look through them for those above a threshold.</summary>
    private const int LeastLookedThrough = 1 << 12;

    /// <summary>Rows that one worker looks through at a time. The bounds of the most stay in its cache; of fewer than the least too few are above the threshold to fill its tile.</summary>
    private const int MostLookedThrough = 1 << 15, FewestLookedThrough = 1 << 12;

    private readonly NativeArena _memory = new();
    private readonly List<CentreBlock> _blocks = [];
    private readonly List<CentreBlock> _leading = [];
    private readonly Stack<CentreBlock> _spare = [];
    private readonly Stack<RowRelaxation<TLanes, TFloat, TDouble, TElement>> _idle = [];
    private double _longest;
    private ByteCentre? _around;

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public long DistancesComputed { get; private set; }

    /// <inheritdoc/>
    public long RowsRead { get; private set; }

    /// <summary>Steps of a row for which 8-bit estimates came first so far.</summary>
    public long Estimated { get; private set; }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<double> centre, int label)
    {
        if (centre.Length != rows.Dim) throw new ArgumentException($"The centre has {centre.Length} elements, the rows have {rows.Dim}.", nameof(centre));
        int block = Count / IMinDistances.Step;
        if (block == _blocks.Count) _blocks.Add(new CentreBlock(rows.Dim, _memory));
        _longest = Math.Max(_longest, _blocks[block].Add(centre, label));
        Count++;
    }

    /// <inheritdoc/>
    public void Clear()
    {
        Lead([]);
        foreach (CentreBlock block in _blocks) block.Clear();
        Count = 0;
        _longest = 0;
    }

    /// <inheritdoc/>
    public void Lead(ReadOnlySpan<int> places)
    {
        if (places.Length % IMinDistances.Step != 0) throw new ArgumentException($"{places.Length} centres are no whole steps of {IMinDistances.Step}.", nameof(places));
        foreach (int place in places)
            if ((uint)place >= (uint)Count) throw new ArgumentException($"There is no centre {place} among {Count}.", nameof(places));

        foreach (CentreBlock block in _leading)
        {
            block.Clear();
            _spare.Push(block);
        }

        _leading.Clear();
        for (int i = 0; i < places.Length; i++)
        {
            if (i % IMinDistances.Step == 0) _leading.Add(_spare.TryPop(out CentreBlock? spare) ? spare : new CentreBlock(rows.Dim, _memory));
            (int block, int place) = Math.DivRem(places[i], IMinDistances.Step);
            _leading[^1].Borrow(_blocks[block], place);
        }
    }

    /// <inheritdoc/>
    public void Relax(ReadOnlySpan<int> which, double enough, Span<int> seen, Span<double> minSquared, Span<int> nearest, Pass pass)
    {
        Shapes.Relaxation(rows, seen.Length, minSquared.Length, nearest.Length);
        bool isShared = threads > 1 && IsWorthSharing(which, seen);
        pass.Cancel.ThrowIfCancellationRequested();
        if (Count == 0) return;

        // Rows are distinct, so each worker writes places of its own; all arrays stay fixed until the workers are done.
        fixed (double* scales = rowScales)
        fixed (int* chosen = which)
        fixed (int* counts = seen)
        fixed (double* least = minSquared)
        fixed (int* labels = nearest)
        {
            RelaxationJob job = new(rows, scales, which.IsEmpty ? null : chosen, _blocks, [], Count, _longest, enough, counts, least, nearest.IsEmpty ? null : labels, stayed: null, pass) { Around = Around() };
            long items = which.IsEmpty ? rows.Rows : which.Length;
            int tile = RowTile<TLanes, TFloat, TDouble, TElement>.RowsFor(_blocks[0].Columns);
            Workers.Run(isShared ? threads : 1, items, isShared ? Math.Clamp(items / (8L * threads), LeastClaim, tile) : tile, "rows", pass, () => Open(job));
        }
    }

    /// <inheritdoc/>
    public void RelaxAbove(double threshold, Span<int> seen, Span<double> minSquared, Span<int> nearest, List<int> stayed, Pass pass)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threshold);
        Shapes.Relaxation(rows, seen.Length, minSquared.Length, nearest.Length);

        // Without a centre rows are still listed, and a worker makes its tile for a block.
        if (_blocks.Count == 0) _blocks.Add(new CentreBlock(rows.Dim, _memory));
        fixed (double* scales = rowScales)
        fixed (int* counts = seen)
        fixed (double* least = minSquared)
        fixed (int* labels = nearest)
        {
            RelaxationJob job = new(rows, scales, null, _blocks, _leading, Count, _longest, threshold, counts, least, nearest.IsEmpty ? null : labels, stayed, pass) { Around = Around() };
            bool isShared = threads > 1 && rows.Rows >= LeastLookedThrough;
            if (isShared) Workers.RunEvenly(threads, rows.Rows, MostLookedThrough, Math.Min(FewestLookedThrough, (rows.Rows + threads - 1) / threads), "rows", pass, () => Open(job));
            else Workers.Run(1, rows.Rows, rows.Rows, "rows", pass, () => Open(job));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RowRelaxation<TLanes, TFloat, TDouble, TElement> worker in _idle) worker.Free();
        foreach (CentreBlock block in _blocks.Concat(_leading).Concat(_spare)) block.Dispose();
        _memory.Dispose();
        _idle.Clear();
        _leading.Clear();
        _spare.Clear();
        _blocks.Clear();
    }

    /// <summary>Whether there are enough pairs for several workers. It stops as soon as there are: the workers look at every row anyhow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool IsWorthSharing(ReadOnlySpan<int> which, ReadOnlySpan<int> seen)
    {
        long left = LeastShared / rows.Dim;
        int count = which.IsEmpty ? seen.Length : which.Length;
        for (int i = 0; i < count && left > 0; i++)
        {
            int row = which.IsEmpty ? i : Shapes.Row(rows.Rows, which[i], nameof(which));
            left -= Shapes.Unseen(row, seen[row], Count);
        }

        return left <= 0;
    }

    /// <summary>What rows and centres are quantised around: the first step's mean, once there are centres enough for estimates to pay.</summary>
    private ByteCentre? Around()
    {
        if (_around is null && TLanes.ByteProduct is { } product && ByteColumns.Pay(Count, rows.Dim) && 2 * _longest is > ProposalError.ShortestEstimated and < ProposalError.LongestEstimated)
            _around = _blocks[0].Around(2 * _longest, product);
        return _around;
    }

    private RowRelaxation<TLanes, TFloat, TDouble, TElement> Open(RelaxationJob job)
    {
        RowRelaxation<TLanes, TFloat, TDouble, TElement>? worker;
        lock (_idle)
            if (!_idle.TryPop(out worker)) worker = new RowRelaxation<TLanes, TFloat, TDouble, TElement>(_blocks[0].Columns, Return);
        worker.Begin(job);
        return worker;
    }

    private void Return(RowRelaxation<TLanes, TFloat, TDouble, TElement> worker)
    {
        lock (_idle)
        {
            _idle.Push(worker);
            DistancesComputed += worker.DistancesComputed;
            RowsRead += worker.RowsRead;
            Estimated += worker.Estimated;
        }
    }
}
