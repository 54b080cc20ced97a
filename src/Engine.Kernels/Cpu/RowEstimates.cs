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

    /// <summary>The most rows that go through the parts of being quantised together, and the elements that they may have in all.</summary>
    private const int MostTogether = 16, MostTogetherElements = 4096;

    private readonly ByteCentre _centre;
    private readonly NativeBuffer<byte> _rows;
    private readonly NativeBuffer<float> _factors;
    private readonly NativeBuffer<float> _rest;
    private readonly (double Lost, double Whole)[] _errors;
    private readonly int _capacity;
    private readonly int _padded;
    private readonly int _together;
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
        _together = Math.Clamp(MostTogetherElements / _padded, 1, MostTogether);
        _rest = new NativeBuffer<float>((long)_together * _padded);
        _errors = new (double, double)[capacity];
        _gamma = ProposalError.Gamma((_padded / 16) + 17);
        _rounding = _gamma + (32 * ProposalError.Unit) + ProposalError.Canonical(_padded);
        _underflow = Math.Sqrt(_padded * ProposalError.Underflow);
    }

    private float* Scales => _factors.Pointer;

    private float* Shares => _factors.Pointer + _capacity;

    /// <summary>Quantises widened rows.</summary>
    /// <param name="first">Where the first goes in the block.</param>
    /// <param name="rows">Where they are, padded with zeros to whole groups of 16.</param>
    /// <param name="stride">Elements from one to the next.</param>
    /// <param name="norms">Their canonical norms, one for each row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Set(int first, float* rows, nint stride, ReadOnlySpan<double> norms)
    {
        for (int from = 0; from < norms.Length; from += _together)
            SetTogether(first + from, rows + (from * stride), stride, norms.Slice(from, Math.Min(_together, norms.Length - from)));
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

    /// <summary>Takes some rows through one part of the work after another: what a part does for one row need not wait for another, so the machine does several at once.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SetTogether(int first, float* rows, nint stride, ReadOnlySpan<double> norms)
    {
        double* along = stackalloc double[MostTogether], lost = stackalloc double[MostTogether];
        float* largest = stackalloc float[MostTogether];
        int limit = _centre.Product.RowLimit;
        fixed (float* centre = _centre.Values)
        {
            for (int r = 0; r < norms.Length; r++) along[r] = Along(rows + (r * stride), centre, _padded);
            for (int r = 0; r < norms.Length; r++)
                largest[r] = Subtract(rows + (r * stride), Shares[first + r] = (float)(along[r] * _centre.InverseSquare), centre, _rest.Pointer + (r * _padded), _padded);
        }

        // A row that is a multiple of the centre has only rounding left.
        for (int r = 0; r < norms.Length; r++)
            lost[r] = Quantize(_rest.Pointer + (r * _padded), Scales[first + r] = Math.Max(largest[r], (float)(norms[r] * 1e-7)) / limit, limit, _rows.Pointer + ((first + r) * _stride), _padded);

        double centreSquare = _centre.InverseSquare == 0 ? 0 : 1 / _centre.InverseSquare;
        for (int r = 0; r < norms.Length; r++)
        {
            double norm = norms[r], share = Shares[first + r];
            double square = (norm * norm * (1 + (3 * _gamma))) + (share * ((share * centreSquare) - (2 * along[r])));
            double loss = (Math.Sqrt(lost[r]) * (1 + _gamma)) + (8 * ProposalError.Unit * norm) + _underflow;
            _errors[first + r] = (loss / norm, (Math.Sqrt(Math.Max(square, 0)) + loss) / norm);
            if (norm is >= ProposalError.ShortestEstimated and <= ProposalError.LongestEstimated) continue;

            // Its products are never looked at.
            (Scales[first + r], Shares[first + r], _errors[first + r]) = (0, 0, (0, double.PositiveInfinity));
        }
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
