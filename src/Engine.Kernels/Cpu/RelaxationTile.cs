using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>The rows that go through the centres together: where each of them stands, and which centres of a step may be nearer to it than any before.</summary>
/// <remarks>
/// The proposal for a row and a centre is v = |c|² - 2 s x.c in float32, and d = v + s²|x|² but for rounding. With X >= |x|, C >= |c| for every centre, and n
/// roundings in a dot product, v differs from its exact value by at most
///   m = 2|s| X C (gamma(n) + 6u) + 4u C² + (2|s| dim (1 + X) + X C + 2) 2^-149:
/// the dot product's own error; one rounding each of the centre's elements, of |c|², of 2s, and one or two of the combination; then what underflows.
/// The canonical distance differs from the exact one by at most m' = (dim + 32) 2^-52 (|s| X + C)², and so does s²|x|² as computed here. A centre whose
/// canonical distance is below the least one so far therefore has v &lt;= least - s²|x|² + m + 2m'; usually none has, and the row moves on. Of several the
/// nearest is among those with v &lt;= min v + 2 (m + m'), as in the assignment to centroids.
/// With 8-bit estimates of x.(c/U), U the unit of <see cref="ByteCentre"/>, off by at most e X each, v differs by 2|s| X U e more. They come first for rows with many
/// centres to go, as long as they leave few enough centres; steps that are not full yet take the float32 product.
/// </remarks>
internal sealed unsafe class RelaxationTile<TLanes, TFloat, TDouble, TElement> : IDisposable
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>A canonical distance to one centre costs about as much as the float32 products with so many.</summary>
    private const double CanonicalCost = 16;

    /// <summary>2 |s| U from which it is a normal float32.</summary>
    private const double ShortestFactor = 1e-30;

    private readonly RowTile<TLanes, TFloat, TDouble, TElement> _tile;
    private readonly RowStanding[] _standing;
    private readonly double[] _norms;
    private readonly (int Place, uint Candidates)[] _found;
    private readonly EstimatePayoff _payoff = new(IMinDistances.Step, CanonicalCost);
    private readonly int _dim;
    private readonly double _gamma;
    private RowEstimates<TLanes, TFloat, TDouble>? _estimates;
    private RelaxationJob _job = null!;
    private ByteColumns? _bytes;
    private float _rest;
    private float _loss;
    private bool _estimable;
    private bool _estimating;
    private int _proposed;
    private long _decided;

    /// <summary>Makes a tile with its scratch memory.</summary>
    /// <param name="columns">The shape of a step's centres.</param>
    public RelaxationTile(PackedColumns columns)
    {
        _tile = new RowTile<TLanes, TFloat, TDouble, TElement>(columns);
        _standing = new RowStanding[_tile.Capacity];
        _norms = new double[_tile.Capacity];
        _found = new (int, uint)[_tile.Capacity];
        _dim = columns.Dim;
        _gamma = ProposalError.Gamma(columns.Roundings);
    }

    /// <summary>Rows it has room for.</summary>
    public int Capacity => _standing.Length;

    /// <summary>Rows in it.</summary>
    public int Count { get; private set; }

    /// <summary>Steps of a row for which estimates came first, in this part of a call.</summary>
    public long Estimated { get; private set; }

    /// <summary>Where a row stands.</summary>
    public ref RowStanding this[int place] => ref _standing[place];

    /// <summary>A row as the matrix holds it, widened.</summary>
    public byte* Row(int place) => (byte*)_tile.Row(place);

    /// <summary>Begins a part of a call.</summary>
    public void Begin(RelaxationJob job)
    {
        _job = job;
        Estimated = 0;
        if (job.Around is { } around) _estimates ??= new RowEstimates<TLanes, TFloat, TDouble>(around, Capacity);
    }

    /// <summary>Makes room for rows.</summary>
    /// <param name="most">The most centres that one of them has to see.</param>
    public void Open(int most)
    {
        Count = 0;
        (_proposed, _decided) = (0, 0);
        _estimable = _estimates is not null && ByteColumns.Pay(most, _dim);
        _estimating = _estimable && _payoff.IsDue;
    }

    /// <summary>Learns what the rows since it was opened left to decide.</summary>
    public void Close()
    {
        if (!_estimable || _proposed == 0) return;
        if (_estimating) _payoff.Estimated(_proposed, _decided, 0);
        else _payoff.Multiplied(_proposed, _decided);
    }

    /// <summary>Copies a row behind the others. Where it stands is not known yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Load(int row, byte* x, float unit)
    {
        _tile.Load(Count, x, unit);
        _standing[Count++].Row = row;
    }

    /// <summary>Finds where rows stand that were copied.</summary>
    /// <param name="first">The first of them; those behind it are new too.</param>
    /// <returns>The place behind the last.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Stand(int first)
    {
        // One part of the work after another: rows do not wait for each other, so the machine does several at once.
        Span<double> norms = _norms.AsSpan(0, Count - first);
        for (int i = 0; i < norms.Length; i++) norms[i] = RowMath<TLanes, TFloat, TDouble>.SquaredNorm<Float32Element>(Row(first + i), 1, _dim, out _);
        for (int i = 0; i < norms.Length; i++)
        {
            ref RowStanding standing = ref _standing[first + i];
            int row = standing.Row;
            double square = norms[i], length = Math.Sqrt(square), scale = _job.Scale(row);
            norms[i] = length;
            standing.Seen = _job.SeenOf(row);
            standing.Least = _job.Least(row);
            standing.Nearest = _job.Nearest(row);
            standing.Scale = scale;
            standing.Twice = (float)(-2 * scale);
            standing.TwiceUnit = standing.ByRest = standing.ByLoss = 0;
            standing.Square = scale * scale * square;
            standing.Margin = Margin(length * (1 + 1e-9), Math.Abs(scale));
        }

        if (_estimating) Estimate(first, norms);
        for (int i = first; i < Count; i++) _standing[i].SetLimit();
        return Count;
    }

    /// <summary>Puts a row in another's place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Move(int from, int to)
    {
        if (from == to) return;
        _standing[to] = _standing[from];
        Unsafe.CopyBlock(_tile.Row(to), _tile.Row(from), (uint)_dim * sizeof(float));
        if (_estimating) _estimates!.Move(from, to);
    }

    /// <summary>Puts a row that was let go, but not overwritten yet, behind the others.</summary>
    public void Recall(int place) => Move(place, Count++);

    /// <summary>Lets all rows go but the first ones.</summary>
    public void Keep(int count) => Count = count;

    /// <summary>Multiplies the rows with the centres of a step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Multiply(CentreBlock block)
    {
        _bytes = _estimating ? block.Bytes(_job.Around!) : null;
        if (_bytes is null)
        {
            (_rest, _loss) = (0, 0);
            _tile.Multiply(Count, block.Columns);
            return;
        }

        (_rest, _loss) = (ProposalError.RoundUp(_bytes.LongestRest), ProposalError.RoundUp(_bytes.LongestLoss));
        _estimates!.Multiply(Count, _bytes, _tile.Dots(0));
        Estimated += Count;
    }

    /// <summary>Finds the centres of the step last multiplied that may be nearer to a row than any before.</summary>
    /// <param name="block">The step.</param>
    /// <param name="centres">Centres in it.</param>
    /// <returns>The rows that have such centres, and a bit for each of these; all where there is no bound for a row's proposals.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ReadOnlySpan<(int Place, uint Candidates)> Propose(CentreBlock block, int centres)
    {
        // Which rows have candidates cannot be foretold, so all masks come first, without a branch that depends on them.
        int found = 0;
        TFloat leftSquares = TLanes.LoadF32(block.Squares), rightSquares = TLanes.LoadF32(block.Squares + 16);
        for (int i = 0; i < Count; i++)
        {
            ref readonly RowStanding standing = ref _standing[i];
            float more = Error(standing);
            TFloat by = TLanes.Broadcast(_bytes is null ? standing.Twice : standing.TwiceUnit), limit = TLanes.Broadcast(standing.Limit + more);
            float* dots = _tile.Dots(i);
            TFloat left = TLanes.MultiplyAdd(by, TLanes.LoadF32(dots), leftSquares), right = TLanes.MultiplyAdd(by, TLanes.LoadF32(dots + 16), rightSquares);
            TLanes.Store(left, dots);
            TLanes.Store(right, dots + 16);
            uint mask = TLanes.AtMost(left, limit) | (TLanes.AtMost(right, limit) << 16);
            if (!(standing.Margin + more < double.PositiveInfinity)) mask = uint.MaxValue >> (IMinDistances.Step - centres);
            mask &= uint.MaxValue << standing.First;
            _found[found] = (i, mask);
            found += mask == 0 ? 0 : 1;
        }

        for (int i = 0; i < found; i++)
        {
            ref (int Place, uint Candidates) row = ref _found[i];
            double margin = _standing[row.Place].Margin + Error(_standing[row.Place]);
            if (!BitOperations.IsPow2(row.Candidates) && double.IsFinite(margin)) row.Candidates = ProposalError.NearLowest(_tile.Dots(row.Place), row.Candidates, 2 * margin);
            _decided += BitOperations.PopCount(row.Candidates);
        }

        _proposed += Count;
        return _found.AsSpan(0, found);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tile.Dispose();
        _estimates?.Dispose();
    }

    /// <summary>Quantises loaded rows, and adds to their margins what their estimates may be off by whatever the step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Estimate(int first, ReadOnlySpan<double> norms)
    {
        _estimates!.Set(first, _tile.Row(first), _tile.Stride, norms);
        double unit = _job.Around!.Unit;
        for (int i = 0; i < norms.Length; i++)
        {
            ref RowStanding standing = ref _standing[first + i];
            double factor = -2 * standing.Scale * unit, reach = 1.01 * Math.Abs(factor) * norms[i];
            (double byRest, double byLoss, double rounding) = _estimates.ErrorOf(first + i);
            (standing.TwiceUnit, standing.ByRest, standing.ByLoss) = ((float)factor, ProposalError.RoundUp(reach * byRest), ProposalError.RoundUp(reach * byLoss));
            standing.Margin += (reach * rounding) + (8 * ProposalError.Unit * (standing.ByRest + standing.ByLoss));
            if (!(Math.Abs(factor) is > ShortestFactor and < ProposalError.SafeMagnitude)) standing.Margin = double.PositiveInfinity;
        }
    }

    /// <summary>What the estimates of the step may be off by more than a product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float Error(in RowStanding standing) => (standing.ByRest * _rest) + (standing.ByLoss * _loss);

    /// <summary>m + 2m', or infinity where float32 could overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Margin(double x, double s)
    {
        double c = _job.Longest;
        if (!(Math.Max(Math.Max(x * c, s * x * c), Math.Max(c * c, s)) < ProposalError.SafeMagnitude)) return double.PositiveInfinity;
        double proposal = (2 * s * x * c * (_gamma + (6 * ProposalError.Unit))) + (4 * ProposalError.Unit * c * c)
            + (((2 * s * _dim * (1 + x)) + (x * c) + 2) * ProposalError.Underflow);
        double reach = (s * x) + c;
        return 1.01 * (proposal + (2 * ProposalError.Canonical(_dim) * reach * reach));
    }
}
