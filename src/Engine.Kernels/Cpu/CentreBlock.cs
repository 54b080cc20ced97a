using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>The centres of one step: in float64 for the canonical distances, and packed in float32 for the proposals.</summary>
internal sealed unsafe class CentreBlock : IDisposable
{
    private readonly NativeBuffer<double> _values;
    private readonly NativeBuffer<float> _squares = new(IMinDistances.Step);
    private readonly PackedColumns _columns;
    private readonly Lock _packing = new();
    private int _count;
    private int _packed;

    /// <summary>Room for <see cref="IMinDistances.Step"/> centres.</summary>
    public CentreBlock(int dim)
    {
        _columns = new PackedColumns(IMinDistances.Step, dim);
        _values = new NativeBuffer<double>((long)IMinDistances.Step * dim);
        Clear();
    }

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
    public float* Squares => _squares.Pointer;

    /// <summary>What the centres are called.</summary>
    public int[] Labels { get; } = new int[IMinDistances.Step];

    /// <summary>One centre, [dim].</summary>
    public double* Centre(int place) => _values.Pointer + ((nint)place * _columns.Dim);

    /// <summary>Adds a centre behind the others. No worker may be at work.</summary>
    /// <returns>At least the centre's length.</returns>
    public double Add(ReadOnlySpan<double> centre, int label)
    {
        centre.CopyTo(new Span<double>(Centre(_count), _columns.Dim));
        double square = SquaredLength(centre);
        Labels[_count] = label;
        Squares[_count++] = (float)square;
        return Math.Sqrt(square) * (1 + 1e-9);
    }

    /// <summary>Empties all places.</summary>
    public void Clear()
    {
        new Span<float>(Squares, IMinDistances.Step).Fill(float.PositiveInfinity);
        _count = _packed = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _columns.Dispose();
        _values.Dispose();
        _squares.Dispose();
    }

    private void Pack()
    {
        lock (_packing)
        {
            _columns.SetRange(_packed, _count, _values.Pointer);
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
