using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>A worker of <see cref="MinDistances{TLanes, TFloat, TDouble, TElement}"/>: takes its rows through the centres together, a step at a time.</summary>
internal sealed unsafe class RowRelaxation<TLanes, TFloat, TDouble, TElement> : Worker
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>Canonical distances that cost as much as a tile of proposals, of the smaller kind.</summary>
    private const int PairsPerTile = 24;

    /// <summary>Centres up to which a row is not worth being copied into the tile.</summary>
    private const int FewCentres = 8;

    /// <summary>Rows that are loaded before it is found where they stand: few enough to be in the first-level cache still.</summary>
    private const int LoadedTogether = 16;

    /// <summary>Rows between the one whose standing is fetched and the one that is looked at.</summary>
    private const int StandingsAhead = 16;

    /// <summary>Bytes of a row below which fetching it costs more than waiting for it.</summary>
    private const int ShortestFetched = 256;

    private readonly Action<RowRelaxation<TLanes, TFloat, TDouble, TElement>> _return;
    private readonly RelaxationTile<TLanes, TFloat, TDouble, TElement> _tile;
    private long[] _open;
    private long[] _ordered;
    private int[] _ends = [];
    private readonly int[] _found;
    private readonly List<int> _stayed = [];
    private readonly int _dim;
    private readonly int _rowBytes;
    private RelaxationJob _job = null!;

    /// <summary>Makes a worker with its scratch memory.</summary>
    /// <param name="columns">The shape of a step's centres.</param>
    /// <param name="giveBack">Takes the worker when its part of a call ends.</param>
    public RowRelaxation(PackedColumns columns, Action<RowRelaxation<TLanes, TFloat, TDouble, TElement>> giveBack)
    {
        _return = giveBack;
        _tile = new RelaxationTile<TLanes, TFloat, TDouble, TElement>(columns);
        _open = new long[_tile.Capacity];
        _ordered = new long[_tile.Capacity];
        _found = new int[_tile.Capacity];
        _dim = columns.Dim;
        _rowBytes = checked(columns.Dim * TElement.Size);
    }

    /// <summary>Pairs of a row and a centre looked at in this part of a call.</summary>
    public long DistancesComputed { get; private set; }

    /// <summary>Rows read in it.</summary>
    public long RowsRead { get; private set; }

    /// <summary>Steps of a row for which 8-bit estimates came first in it.</summary>
    public long Estimated => _tile.Estimated;

    /// <summary>Begins a part of a call.</summary>
    public void Begin(RelaxationJob job)
    {
        _job = job;
        _tile.Begin(job);
        DistancesComputed = RowsRead = 0;
    }

    /// <summary>Gives the scratch memory back.</summary>
    public void Free() => _tile.Dispose();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Work(long first, long end)
    {
        for (long at = first; at < end;)
        {
            _job.Pass.Cancel.ThrowIfCancellationRequested();
            int open = Open(_job.List(ref at, end, _found), out int fewest);
            if (open == 0) continue;
            RowsRead += open;
            if (_job.Count - fewest <= FewCentres) Visit(open);
            else Travel(open, _job.Count - fewest);
        }
    }

    /// <inheritdoc/>
    protected override void Close()
    {
        if (_job.IsAbove) _job.Stay(_stayed);
        _stayed.Clear();
        _return(this);
    }

    /// <summary>Lists the rows that have a step to go, ordered by their first step and then by row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Open(int count, out int fewest)
    {
        int open = 0;
        bool stepsAscend = true, rowsAscend = true;
        fewest = int.MaxValue;
        for (int i = 0; i < count; i++)
        {
            if (i + StandingsAhead < count) _job.Expect(_found[i + StandingsAhead]);
            int row = _found[i], seen = _job.SeenOf(row);
            if (!_job.GoesOn(seen, _job.Least(row)))
            {
                if (_job.IsAbove) _stayed.Add(row);
                continue;
            }

            fewest = Math.Min(fewest, seen);
            long key = ((long)(seen / IMinDistances.Step) << 32) | (uint)row;
            stepsAscend = stepsAscend && (open == 0 || _open[open - 1] < key);
            rowsAscend = rowsAscend && (open == 0 || OpenRow(open - 1) < row);
            _open[open++] = key;
        }

        if (!rowsAscend) Array.Sort(_open, 0, open);
        else if (!stepsAscend) OrderBySteps(open);
        return open;
    }

    /// <summary>Orders listed rows by step and leaves those of a step in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void OrderBySteps(int open)
    {
        int steps = (_job.Count / IMinDistances.Step) + 1;
        if (_ends.Length < steps) _ends = new int[2 * steps];
        Span<int> ends = _ends.AsSpan(0, steps);
        ends.Clear();
        for (int i = 0; i < open; i++) ends[OpenStep(i)]++;
        int before = 0;
        foreach (ref int end in ends) (end, before) = (before, before + end);
        for (int i = 0; i < open; i++) _ordered[ends[OpenStep(i)]++] = _open[i];
        (_open, _ordered) = (_ordered, _open);
    }

    private int OpenRow(int place) => (int)(uint)_open[place];

    private int OpenStep(int place) => (int)(_open[place] >> 32);

    /// <summary>The listed rows from a place on that are neighbours in the matrix.</summary>
    private int Neighbours(int place, int end)
    {
        int row = OpenRow(place), run = 1;
        while (place + run < end && OpenRow(place + run) == row + run) run++;
        return run;
    }

    /// <summary>Canonical distances at once, from where the rows lie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Visit(int open)
    {
        using RowLoan loan = new(_job.Rows);
        for (int place = 0; place < open;)
        {
            for (int left = loan.Show(OpenRow(place), Neighbours(place, open)); left > 0; left--, place++)
            {
                int row = OpenRow(place), seen = _job.SeenOf(row), nearest = _job.Nearest(row);
                double scale = _job.Scale(row), least = _job.Least(row);
                while (_job.GoesOn(seen, least))
                {
                    int end = _job.EndOfStep(seen);
                    DistancesComputed += end - seen;
                    Compare<TElement>(loan.View.DangerousRow(loan.PlaceOf(row)), loan.View.Scale, scale, _job.Block(seen / IMinDistances.Step), seen % IMinDistances.Step, end - seen, ref least, ref nearest);
                    seen = end;
                }

                Keep(row, seen, least, nearest);
            }
        }
    }

    /// <summary>Takes the rows through the steps: each joins at its first step and leaves when it need not go on.</summary>
    private void Travel(int open, int most)
    {
        RowLoan loan = new(_job.Rows);
        try
        {
            _tile.Open(most);
            int waiting = _job.Leading.Count == 0 ? 0 : Lead(ref loan, ref open);
            Travel(ref loan, open, waiting);
            _tile.Close();
        }
        finally
        {
            loan.Dispose();
        }
    }

    /// <param name="loan">The rows.</param>
    /// <param name="open">Rows listed.</param>
    /// <param name="waiting">The first so many of them wait in the tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Travel(ref RowLoan loan, int open, int waiting)
    {
        _tile.Keep(0);
        for (int place = 0, step = 0; place < open || _tile.Count > 0; step++)
        {
            if (_tile.Count == 0) step = OpenStep(place);
            int end = place;
            while (end < open && OpenStep(end) == step) end++;
            for (; place < end && place < waiting; place++) _tile.Recall(place);
            place = Load(ref loan, place, end);
            int begin = step * IMinDistances.Step;
            GoStep(_job.Block(step), begin, Math.Min(_job.Count, begin + IMinDistances.Step), isLeading: false);
            for (int i = _tile.Count - 1; i >= 0; i--)
            {
                // From the last to the first: the row that takes the place of one that leaves has gone its step.
                ref RowStanding standing = ref _tile[i];
                if (_job.GoesOn(standing.Seen, standing.Least)) continue;
                Keep(standing.Row, standing.Seen, standing.Least, standing.Nearest);
                _tile.Move(_tile.Count - 1, i);
                _tile.Keep(_tile.Count - 1);
            }
        }
    }

    /// <summary>Shows the leading centres to the rows that have more steps to go. Those that need no others leave; the rest stay in the tile, in their order.</summary>
    /// <param name="loan">The rows.</param>
    /// <param name="open">Rows listed; falls by those that leave.</param>
    /// <returns>Rows that wait in the tile: the first ones listed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Lead(ref RowLoan loan, ref int open)
    {
        int shown = 0, steps = (_job.Count / IMinDistances.Step) - _job.Leading.Count;
        while (shown < open && OpenStep(shown) < steps) shown++;
        Load(ref loan, 0, shown);
        for (int block = 0; block < _job.Leading.Count && _tile.Count > 0; block++)
        {
            GoStep(_job.Leading[block], 0, IMinDistances.Step, isLeading: true);
            int staying = 0;
            for (int i = 0; i < _tile.Count; i++)
            {
                ref RowStanding standing = ref _tile[i];
                if (_job.GoesOn(standing.Seen, standing.Least))
                {
                    _open[staying] = _open[i];
                    _tile.Move(i, staying++);
                }
                else
                {
                    Keep(standing.Row, standing.Seen, standing.Least, standing.Nearest);
                }
            }

            _tile.Keep(staying);
        }

        _open.AsSpan(shown, open - shown).CopyTo(_open.AsSpan(_tile.Count));
        open -= shown - _tile.Count;
        return _tile.Count;
    }

    private void Keep(int row, int seen, double least, int nearest)
    {
        _job.Keep(row, seen, least, nearest);
        if (_job.IsAbove && !_job.IsNear(least)) _stayed.Add(row);
    }

    /// <summary>Loads listed rows into the tile, behind those in it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Load(ref RowLoan loan, int place, int end)
    {
        if (place == end) return place;
        loan.Show(OpenRow(place), Neighbours(place, end));

        // They lie anywhere, so all are asked for at once.
        for (int i = place + 1; i < end && _rowBytes >= ShortestFetched; i++) loan.Expect(OpenRow(i));
        int first = _tile.Count;
        while (place < end)
        {
            int left = loan.Show(OpenRow(place), Neighbours(place, end));
            float unit = loan.View.Scale;
            for (; left > 0; left--, place++)
            {
                _tile.Load(OpenRow(place), loan.At(OpenRow(place)), unit);
                if (_tile.Count - first == LoadedTogether) first = _tile.Stand(first);
            }
        }

        _tile.Stand(first);
        return place;
    }

    /// <summary>One step of all rows in the tile.</summary>
    /// <param name="block">The step's centres.</param>
    /// <param name="begin">The number of the first.</param>
    /// <param name="end">The number behind the last one's.</param>
    /// <param name="isLeading">Whether it is no step of the rows' own: all see all of it, and none counts as seen.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void GoStep(CentreBlock block, int begin, int end, bool isLeading)
    {
        int active = _tile.Count, pairs = 0;
        for (int i = 0; i < active; i++)
        {
            // The first centre of the step that counts.
            int first = isLeading ? 0 : _tile[i].Seen - begin;
            _tile[i].First = first;
            pairs += end - begin - first;
            if (!isLeading) _tile[i].Seen = end;
        }

        DistancesComputed += pairs;
        if (pairs < PairsPerTile * ProductTile<TLanes, TFloat, TDouble>.Tiles(active))
        {
            for (int i = 0; i < active; i++)
            {
                ref RowStanding standing = ref _tile[i];
                Compare<Float32Element>(_tile.Row(i), 1, standing.Scale, block, standing.First, end - begin - standing.First, ref standing.Least, ref standing.Nearest);
            }

            return;
        }

        _tile.Multiply(block);
        foreach ((int place, uint candidates) in _tile.Propose(block, end - begin)) Decide(place, block, candidates);
    }

    /// <summary>The nearest of some centres, if it is nearer than any before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Decide(int place, CentreBlock block, uint candidates)
    {
        ref RowStanding standing = ref _tile[place];
        double least = standing.Least;
        int nearest = standing.Nearest;
        for (; candidates != 0; candidates &= candidates - 1)
        {
            int candidate = BitOperations.TrailingZeroCount(candidates);
            Take(
                RowMath<TLanes, TFloat, TDouble>.SquaredDistance<Float32Element, Float64Operand>(_tile.Row(place), 1, standing.Scale, (byte*)block.Centres[candidate], _dim),
                block.Labels[candidate], ref least, ref nearest);
        }

        (standing.Least, standing.Nearest) = (least, nearest);
        standing.SetLimit();
    }

    /// <summary>Canonical distances to the centres of one step, four to a load of the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Compare<TX>(byte* x, float unit, double scale, CentreBlock block, int place, int count, ref double least, ref int nearest)
        where TX : struct, IOperand
    {
        double* distances = stackalloc double[4];
        int stop = place + count;
        for (; place + 4 <= stop; place += 4)
        {
            RowMath<TLanes, TFloat, TDouble>.SquaredDistance4<TX, Float64Operand>(x, unit, scale, (byte**)block.Centres + place, _dim, distances);
            for (int i = 0; i < 4; i++) Take(distances[i], block.Labels[place + i], ref least, ref nearest);
        }

        for (; place < stop; place++)
            Take(RowMath<TLanes, TFloat, TDouble>.SquaredDistance<TX, Float64Operand>(x, unit, scale, (byte*)block.Centres[place], _dim), block.Labels[place], ref least, ref nearest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(double distance, int label, ref double least, ref int nearest)
    {
        // Squares are not negative, so their bits are ordered as they are; and nobody waits for a branch that cannot be foretold.
        ulong now = BitConverter.DoubleToUInt64Bits(distance), before = BitConverter.DoubleToUInt64Bits(least);
        nearest = now < before ? label : nearest;
        least = BitConverter.UInt64BitsToDouble(Math.Min(now, before));
    }
}
