using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>The centres of one step: in float64 for the canonical distances, and packed in float32 for the proposals.</summary>
/// <param name="dim">Elements in a centre.</param>
/// <param name="memory">Where the room for them is taken.</param>
internal sealed unsafe class CentreBlock(int dim, NativeArena memory) : IDisposable
{
    private readonly PackedColumns _columns = new(IMinDistances.Step, dim, memory);
    private readonly Lock _packing = new();
    private double* _values;
    private int _count;
    private int _packed;

    /// <summary>The centres rounded to float32, one column each. Many are never asked for before their step is full, so they are packed then, by the worker that asks first.</summary>
    public PackedColumns Columns
    {
        get
        {
            if (Volatile.Read(ref _packed) < _count) Pack();
            return _columns;
        }
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
    }

    /// <inheritdoc/>
    public void Dispose() => _columns.Dispose();

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
