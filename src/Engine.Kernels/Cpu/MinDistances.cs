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
    private const long LeastShared = 1 << 20;

    /// <summary>Rows below which a tile of them is rather empty.</summary>
    private const int LeastClaim = 2 * ProductTile<TLanes, TFloat, TDouble>.TileRows;

    private readonly List<CentreBlock> _blocks = [];
    private readonly Stack<RowRelaxation<TLanes, TFloat, TDouble, TElement>> _idle = [];
    private double _longest;

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public long DistancesComputed { get; private set; }

    /// <inheritdoc/>
    public long RowsRead { get; private set; }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<double> centre, int label)
    {
        if (centre.Length != rows.Dim) throw new ArgumentException($"The centre has {centre.Length} elements, the rows have {rows.Dim}.", nameof(centre));
        int block = Count / IMinDistances.Step;
        if (block == _blocks.Count) _blocks.Add(new CentreBlock(rows.Dim));
        _longest = Math.Max(_longest, _blocks[block].Set(Count % IMinDistances.Step, centre, label));
        Count++;
    }

    /// <inheritdoc/>
    public void Clear()
    {
        foreach (CentreBlock block in _blocks) block.Clear();
        Count = 0;
        _longest = 0;
    }

    /// <inheritdoc/>
    public void Relax(ReadOnlySpan<int> which, double enough, Span<int> seen, Span<double> minSquared, Span<int> nearest, Pass pass)
    {
        Shapes.One(rows, seen.Length, nameof(seen));
        Shapes.One(rows, minSquared.Length, nameof(minSquared));
        if (!nearest.IsEmpty) Shapes.One(rows, nearest.Length, nameof(nearest));
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
            RelaxationJob job = new(rows, rowScales.Length == 0 ? null : scales, which.IsEmpty ? null : chosen, _blocks, Count, _longest, enough, counts, least, nearest.IsEmpty ? null : labels, pass);
            long items = which.IsEmpty ? rows.Rows : which.Length;
            int tile = RowTile<TLanes, TFloat, TDouble, TElement>.RowsFor(_blocks[0].Columns);
            Workers.Run(isShared ? threads : 1, items, isShared ? Math.Clamp(items / (8L * threads), LeastClaim, tile) : tile, "rows", pass, () => Open(job));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RowRelaxation<TLanes, TFloat, TDouble, TElement> worker in _idle) worker.Free();
        foreach (CentreBlock block in _blocks) block.Dispose();
        _idle.Clear();
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
        }
    }
}

/// <summary>What the workers of one call share.</summary>
/// <param name="rows">[rows x dim].</param>
/// <param name="scales">[rows] or null for 1.</param>
/// <param name="which">Rows to bring up to date, or null for all.</param>
/// <param name="blocks">The centres, <see cref="IMinDistances.Step"/> to a block.</param>
/// <param name="count">Centres.</param>
/// <param name="longest">At least the length of every centre.</param>
/// <param name="enough">A row below this goes no further.</param>
/// <param name="seen">[rows].</param>
/// <param name="least">[rows].</param>
/// <param name="nearest">[rows] or null.</param>
/// <param name="pass">Cancellation.</param>
internal sealed unsafe class RelaxationJob(
    RowSource rows, double* scales, int* which, List<CentreBlock> blocks, int count, double longest, double enough, int* seen, double* least, int* nearest, Pass pass)
{
    private readonly long _matrixRows = rows.Rows;

    public RowSource Rows => rows;

    public Pass Pass => pass;

    public int Count => count;

    public double Longest => longest;

    public CentreBlock Block(int step) => blocks[step];

    /// <summary>Asks for what is known of a row, where rows lie anywhere.</summary>
    public void Expect(long place)
    {
        if (which == null) return;
        int row = which[place];
        Prefetch.Row((byte*)(seen + row), 1);
        Prefetch.Row((byte*)(least + row), 1);
        if (nearest != null) Prefetch.Row((byte*)(nearest + row), 1);
    }

    public double Scale(int row) => scales == null ? 1 : scales[row];

    public int Seen(int row) => seen[row];

    /// <summary>The row at a place and how many centres it has seen; both are checked, as they come from the caller.</summary>
    public (int Row, int Seen) Check(long place)
    {
        int row = which == null ? (int)place : Shapes.Row(_matrixRows, which[place], nameof(which));
        Shapes.Unseen(row, seen[row], count);
        return (row, seen[row]);
    }

    public double Least(int row) => least[row];

    public int Nearest(int row) => nearest == null ? -1 : nearest[row];

    /// <summary>Whether a row that stands here has a further step to go.</summary>
    public bool GoesOn(int seen, double least) => seen < count && !(least < enough);

    /// <summary>Where a step that begins here ends.</summary>
    public int EndOfStep(int seen) => Math.Min(count, (seen / IMinDistances.Step + 1) * IMinDistances.Step);

    public void Keep(int row, int seenNow, double leastNow, int nearestNow)
    {
        seen[row] = seenNow;
        least[row] = leastNow;
        if (nearest != null) nearest[row] = nearestNow;
    }
}
