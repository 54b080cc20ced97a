using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>The centres of one step: in float64 for the canonical distances, packed in float32 for the proposals, and quantised where 8-bit estimates serve for these.</summary>
/// <param name="dim">Elements in a centre.</param>
/// <param name="memory">Where the room for them is taken.</param>
internal sealed unsafe class CentreBlock(int dim, NativeArena memory) : IDisposable
{
    private readonly PackedColumns _columns = new(IMinDistances.Step, dim, memory);
    private readonly Lock _packing = new();
    private double* _values;
    private int _count;
    private int _packed;
    private ByteColumns? _bytes;
    private bool _quantised;

    /// <summary>The centres rounded to float32, one column each. Many are never asked for before their step is full, so they are packed then, by the worker that asks first.</summary>
    public PackedColumns Columns
    {
        get
        {
            if (Volatile.Read(ref _packed) < _count) Pack();
            return _columns;
        }
    }

    /// <summary>The centres in 8 bits; null while there is room for more, or where one is longer than the unit. Quantised by the worker that asks first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ByteColumns? Bytes(ByteCentre around)
    {
        if (_count < IMinDistances.Step) return null;
        if (!Volatile.Read(ref _quantised)) Quantise(around);
        return _bytes is { LongestLoss: > 0 } bytes ? bytes : null;
    }

    /// <summary>|c|² in float32, infinity where there is no centre.</summary>
    public float* Squares { get; } = Nothing(memory.Take<float>(IMinDistances.Step));

    /// <summary>What the centres are called.</summary>
    public int[] Labels { get; } = new int[IMinDistances.Step];

    /// <summary>Where each centre is, [dim].</summary>
    public double** Centres { get; } = (double**)memory.Take<nint>(IMinDistances.Step);

    /// <summary>Adds a centre behind the others. No worker may be at work.</summary>
    /// <returns>At least the centre's length.</returns>
    public double Add(ReadOnlySpan<double> centre, int label)
    {
        if (_values == null) _values = memory.Take<double>((long)IMinDistances.Step * dim);
        double* to = _values + ((nint)_count * dim);
        centre.CopyTo(new Span<double>(to, dim));
        double square = SquaredLength(centre);
        Hold(to, (float)square, label);
        return Math.Sqrt(square) * (1 + 1e-9);
    }

    /// <summary>Adds a centre that another block holds, for as long as that one does.</summary>
    public void Borrow(CentreBlock other, int place) => Hold(other.Centres[place], other.Squares[place], other.Labels[place]);

    /// <summary>Empties all places.</summary>
    public void Clear()
    {
        Nothing(Squares);
        _count = _packed = 0;
        _quantised = false;
        _bytes?.Clear();
    }

    /// <summary>What centres like these are quantised around.</summary>
    /// <param name="unit">At least the length of every centre that is to be quantised.</param>
    /// <param name="product">What will multiply rows with them.</param>
    public ByteCentre Around(double unit, ByteProduct product)
    {
        double[] sum = new double[ByteCentre.PaddedDim(dim)];
        for (int c = 0; c < _count; c++)
            for (int j = 0; j < dim; j++) sum[j] += Centres[c][j] / unit;
        return new ByteCentre(sum, unit, product);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _columns.Dispose();
        _bytes?.Dispose();
    }

    private static float* Nothing(float* squares)
    {
        new Span<float>(squares, IMinDistances.Step).Fill(float.PositiveInfinity);
        return squares;
    }

    private void Hold(double* centre, float square, int label)
    {
        Centres[_count] = centre;
        Labels[_count] = label;
        Squares[_count++] = square;
    }

    private void Pack()
    {
        lock (_packing)
        {
            _columns.SetRange(_packed, _count, Centres);
            Volatile.Write(ref _packed, _count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Quantise(ByteCentre around)
    {
        lock (_packing)
        {
            if (_quantised) return;
            float longest = 0;
            for (int c = 0; c < _count; c++) longest = Math.Max(longest, Squares[c]);
            if (longest < around.Unit * around.Unit * (1 - 1e-6))
            {
                _bytes ??= new ByteColumns(IMinDistances.Step, around);
                double[] centre = new double[around.Padded], vector = new double[around.Padded];
                for (int c = 0; c < _count; c++)
                {
                    new ReadOnlySpan<double>(Centres[c], dim).CopyTo(centre);
                    Array.Clear(vector);
                    ByteCentre.Subtract(vector, -1 / around.Unit, centre);
                    _bytes.Set(c, vector);
                }
            }

            Volatile.Write(ref _quantised, true);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SquaredLength(ReadOnlySpan<double> centre)
    {
        // Four sums, as one would wait for each addition.
        Vector<double> a = default, b = default, c = default, d = default;
        int lanes = Vector<double>.Count, j = 0;
        for (; j + (4 * lanes) <= centre.Length; j += 4 * lanes)
        {
            Vector<double> v = new(centre[j..]), w = new(centre[(j + lanes)..]), x = new(centre[(j + (2 * lanes))..]), y = new(centre[(j + (3 * lanes))..]);
            (a, b, c, d) = (a + (v * v), b + (w * w), c + (x * x), d + (y * y));
        }

        double square = Vector.Sum((a + b) + (c + d));
        for (; j < centre.Length; j++) square += centre[j] * centre[j];
        return square;
    }
}
