using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Rows that lie anywhere in a matrix, borrowed as far as the source shows them in one place, so that threads need not meet at its count of loans for every row.</summary>
/// <param name="rows">The matrix.</param>
internal ref struct RowLoan(RowSource rows)
{
    /// <summary>The most rows in one loan of a source that shows them in place: whoever wants to write to the file waits for no more than this.</summary>
    private const int MostRows = 1 << 16;

    private readonly bool _isInPlace = rows.BlockBytes == 0;
    private RowBlock _block;
    private MatrixView _view;
    private long _first;

    /// <summary>What is on loan.</summary>
    public readonly MatrixView View => _view;

    /// <summary>Makes a row part of the view, and those behind it as far as they are wanted and can be had.</summary>
    /// <param name="first">The first row wanted.</param>
    /// <param name="count">Rows wanted.</param>
    /// <returns>How many of them are there, at least one.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Show(long first, int count)
    {
        if (!Holds(first))
        {
            // Rows come in any order: a loan that began at the first of them would not hold one before it. What begins earlier may end before it, with a shard.
            if (_isInPlace) Borrow(first - (first % MostRows), MostRows);
            if (!Holds(first)) Borrow(first, _isInPlace ? MostRows : count);
        }

        return (int)Math.Min(count, _view.Rows - PlaceOf(first));
    }

    /// <summary>Where in the view a row is that was shown.</summary>
    public readonly nint PlaceOf(long row) => (nint)(row - _first);

    /// <summary>Where a row is that was shown.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly unsafe byte* At(long row) => _view.DangerousRow(PlaceOf(row));

    /// <summary>Has the machine bring a row into the caches that is wanted soon: rows lie anywhere, so it cannot guess which.</summary>
    public readonly unsafe void Expect(long row)
    {
        if (_isInPlace && Holds(row)) Prefetch.Later(At(row), _view.StrideBytes);
    }

    /// <summary>Gives the rows back.</summary>
    public void Dispose()
    {
        RowBlock block = _block;
        _block = default;
        _view = default;
        block.Dispose();
    }

    private void Borrow(long first, int count)
    {
        Dispose();
        _block = rows.Borrow(first, count);
        _view = _block.View;
        _first = first;
    }

    private readonly bool Holds(long row) => (ulong)(row - _first) < (ulong)_view.Rows;
}
