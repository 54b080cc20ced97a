using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>A worker's block of rows quantised to 8 bits, and how far the products estimated from them may lie from the canonical cosines.</summary>
/// <remarks>
/// <see cref="ByteColumns"/> splits a row x into t c + a i + f, a query p into s c + b k + e, and x.p into the estimate, a i.e, f.(p - s c) and s (x.c - t|c|²). What is computed
/// here is off by little: with n roundings in a sum over the row and |t||c| at most about |x|,
///   x.c by gamma(n) |x||c|, so the last term is at most (gamma(n) + 4u) |x|;
///   w = x - t c by 2u (|x| + |t||c|), f = w - a i by u|f| more, so |f| &lt;= sqrt(computed f.f) (1 + gamma(n)) + 8u |x|, but for squares lost to underflow;
///   |a i| &lt;= |w| + |f|, and |w|² = |x|² - 2t (x.c) + t²|c|², give or take 3 gamma(n) |x|²;
///   the estimate by 5u (|t c.p| + |a i||b k|), at most 20u |x|.
/// Rows whose squares could leave float32's range, and ones that are not finite, have no estimate: their error is infinite.
/// </remarks>
internal sealed unsafe class RowEstimates<TLanes, TFloat, TDouble> : IDisposable
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
{
    /// <summary>1.5 * 2^23: float32 sums with it have no fraction bits left, and their lowest byte is that of the integer.</summary>
    private const float Magic = 12582912;

    private readonly ByteCentre _centre;
    private readonly NativeBuffer<byte> _rows;
    private readonly NativeBuffer<float> _factors;
    private readonly NativeBuffer<float> _rest;
    private readonly (double Lost, double Whole)[] _errors;
    private readonly int _capacity;
    private readonly int _padded;
    private readonly nint _stride;
    private readonly double _gamma;
    private readonly double _rounding;
    private readonly double _underflow;

    /// <summary>Scratch for a block of rows.</summary>
    /// <param name="centre">What rows are quantised around.</param>
    /// <param name="capacity">Rows, a multiple of six.</param>
    public RowEstimates(ByteCentre centre, int capacity)
    {
        (_centre, _padded, _capacity) = (centre, centre.Padded, capacity);

        // A line more, or rows of a power of two bytes would all want the same cache lines.
        _stride = _padded + 64;
        _rows = new NativeBuffer<byte>(capacity * _stride);
        _factors = new NativeBuffer<float>(2L * capacity);
        _rest = new NativeBuffer<float>(_padded);
        _errors = new (double, double)[capacity];
        _gamma = ProposalError.Gamma((_padded / 16) + 17);
        _rounding = _gamma + (32 * ProposalError.Unit) + ProposalError.Canonical(_padded);
        _underflow = Math.Sqrt(_padded * ProposalError.Underflow);
    }

    private float* Scales => _factors.Pointer;

    private float* Shares => _factors.Pointer + _capacity;

    /// <summary>Quantises a widened row.</summary>
    /// <param name="place">Where in the block.</param>
    /// <param name="row">The row, padded with zeros to whole groups of 16.</param>
    /// <param name="norm">Its canonical norm.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Set(int place, float* row, double norm)
    {
        if (!(norm is >= ProposalError.ShortestEstimated and <= ProposalError.LongestEstimated))
        {
            // Its bytes are an earlier row's, and the products are never looked at.
            (Scales[place], Shares[place], _errors[place]) = (0, 0, (0, double.PositiveInfinity));
            return;
        }

        fixed (float* centre = _centre.Values)
        {
            float* rest = _rest.Pointer;
            int limit = _centre.Product.RowLimit;
            double along = Along(row, centre, _padded);
            float share = (float)(along * _centre.InverseSquare);
            float largest = Subtract(row, share, centre, rest, _padded);

            // A row that is a multiple of the centre has only rounding left.
            float scale = Math.Max(largest, (float)(norm * 1e-7)) / limit;
            double lost = Quantize(rest, scale, limit, _rows.Pointer + (place * _stride), _padded);
            Scales[place] = scale;
            Shares[place] = share;
            double centreSquare = _centre.InverseSquare == 0 ? 0 : 1 / _centre.InverseSquare;
            double square = (norm * norm * (1 + (3 * _gamma))) + (share * ((share * centreSquare) - (2 * along)));
            double loss = (Math.Sqrt(lost) * (1 + _gamma)) + (8 * ProposalError.Unit * norm) + _underflow;
            _errors[place] = (loss / norm, (Math.Sqrt(Math.Max(square, 0)) + loss) / norm);
        }
    }

    /// <summary>Puts a quantised row in another's place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Move(int from, int to)
    {
        Unsafe.CopyBlock(_rows.Pointer + (to * _stride), _rows.Pointer + (from * _stride), (uint)_padded);
        (Scales[to], Shares[to], _errors[to]) = (Scales[from], Shares[from], _errors[from]);
    }

    /// <summary>Estimates the dot products of the first so many quantised rows with every column.</summary>
    /// <param name="count">Rows.</param>
    /// <param name="columns">Quantised around the same centre.</param>
    /// <param name="dots">Destination, [rows up to a multiple of six x columns.Width].</param>
    public void Multiply(int count, ByteColumns columns, float* dots) => _centre.Product.Multiply(_rows.Pointer, _stride, Scales, Shares, (count + 5) / 6 * 6, columns, dots);

    /// <summary>How far the cosines of a row may lie from its estimated products divided by its norm, where columns are 1 long; infinity where there is no estimate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Error(int place, ByteColumns columns)
    {
        (double byRest, double byLoss, double rounding) = ErrorOf(place);
        return (byRest * columns.LongestRest) + (byLoss * columns.LongestLoss) + rounding;
    }

    /// <summary>The parts of <see cref="Error"/>: what it grows by with the columns' longest rest and loss, and what it is without; the second is infinite where there is no estimate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public (double ByRest, double ByLoss, double Rounding) ErrorOf(int place) => (1.01 * _errors[place].Lost, 1.01 * _errors[place].Whole, 1.01 * _rounding);

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows.Dispose();
        _factors.Dispose();
        _rest.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Along(float* row, float* centre, nint padded)
    {
        TFloat even = default, odd = default;
        nint j = 0;
        for (; j + 32 <= padded; j += 32)
        {
            even = TLanes.MultiplyAdd(TLanes.LoadF32(row + j), TLanes.LoadF32(centre + j), even);
            odd = TLanes.MultiplyAdd(TLanes.LoadF32(row + j + 16), TLanes.LoadF32(centre + j + 16), odd);
        }

        if (j < padded) even = TLanes.MultiplyAdd(TLanes.LoadF32(row + j), TLanes.LoadF32(centre + j), even);
        return TLanes.SumApproximately(TLanes.Add(even, odd));
    }

    /// <summary>rest = row - share * centre, and its largest magnitude.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Subtract(float* row, float share, float* centre, float* rest, nint padded)
    {
        TFloat by = TLanes.Broadcast(-share), high = default;
        for (nint j = 0; j < padded; j += 16)
        {
            TFloat w = TLanes.MultiplyAdd(by, TLanes.LoadF32(centre + j), TLanes.LoadF32(row + j));
            TLanes.Store(w, rest + j);
            high = TLanes.Max(high, TLanes.Abs(w));
        }

        return TLanes.Highest(high);
    }

    /// <summary>Writes i + limit with i = rest / scale, rounded, and gives the squared length of rest - scale * i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static double Quantize(float* rest, float scale, int limit, byte* to, nint padded)
    {
        TFloat inverse = TLanes.Broadcast(1 / scale), down = TLanes.Broadcast(-scale);
        TFloat magic = TLanes.Broadcast(Magic + limit), back = TLanes.Broadcast(-(Magic + limit)), sum = default;
        for (nint j = 0; j < padded; j += 16)
        {
            TFloat w = TLanes.LoadF32(rest + j);
            TFloat whole = TLanes.MultiplyAdd(w, inverse, magic);
            TLanes.StoreLowBytes(whole, to + j);
            TFloat f = TLanes.MultiplyAdd(TLanes.Add(whole, back), down, w);
            sum = TLanes.MultiplyAdd(f, f, sum);
        }

        return TLanes.SumApproximately(sum);
    }
}
