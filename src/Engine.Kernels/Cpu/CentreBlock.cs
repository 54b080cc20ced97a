using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>The centres of one step: in float64 for the canonical distances, and packed in float32 for the proposals.</summary>
internal sealed unsafe class CentreBlock : IDisposable
{
    private readonly NativeBuffer<double> _values;
    private readonly NativeBuffer<float> _squares = new(IMinDistances.Step);
    private readonly float[] _narrow;

    /// <summary>Room for <see cref="IMinDistances.Step"/> centres.</summary>
    public CentreBlock(int dim)
    {
        Columns = new PackedColumns(IMinDistances.Step, dim);
        _values = new NativeBuffer<double>((long)IMinDistances.Step * dim);
        _narrow = new float[dim];
        Clear();
    }

    /// <summary>The centres rounded to float32, one column each.</summary>
    public PackedColumns Columns { get; }

    /// <summary>|c|² in float32, infinity where there is no centre.</summary>
    public float* Squares => _squares.Pointer;

    /// <summary>What the centres are called.</summary>
    public int[] Labels { get; } = new int[IMinDistances.Step];

    /// <summary>One centre, [dim].</summary>
    public double* Centre(int place) => _values.Pointer + ((nint)place * Columns.Dim);

    /// <summary>Puts a centre into a place.</summary>
    /// <returns>At least the centre's length.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Set(int place, ReadOnlySpan<double> centre, int label)
    {
        centre.CopyTo(new Span<double>(Centre(place), Columns.Dim));
        double square = 0;
        for (int j = 0; j < centre.Length; j++)
        {
            _narrow[j] = (float)centre[j];
            square += centre[j] * centre[j];
        }

        Columns.Set(place, _narrow, 1);
        Labels[place] = label;
        Squares[place] = (float)square;
        return Math.Sqrt(square) * (1 + 1e-9);
    }

    /// <summary>Empties all places.</summary>
    public void Clear() => new Span<float>(Squares, IMinDistances.Step).Fill(float.PositiveInfinity);

    /// <inheritdoc/>
    public void Dispose()
    {
        Columns.Dispose();
        _values.Dispose();
        _squares.Dispose();
    }
}
