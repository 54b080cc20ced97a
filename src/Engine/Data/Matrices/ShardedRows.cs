using Engine.Kernels;

namespace Engine.Data.Matrices;

/// <summary>Several matrices of one width and element type, one below the other. A borrowed block ends where its shard ends.</summary>
internal sealed class ShardedRows : RowSource
{
    private readonly RowSource[] _shards;
    private readonly long[] _ends;

    /// <summary>Stacks matrices.</summary>
    /// <param name="shards">At least one, in row order; owned from here on.</param>
    /// <exception cref="ArgumentException">There is none, or widths or element types differ.</exception>
    public ShardedRows(IReadOnlyList<RowSource> shards)
    {
        if (shards.Count == 0) throw new ArgumentException("A matrix has at least one shard.", nameof(shards));
        if (shards.Any(s => s.Dim != shards[0].Dim || s.Element != shards[0].Element))
            throw new ArgumentException("Shards have one width and one element type.", nameof(shards));
        _shards = [.. shards];
        _ends = new long[_shards.Length];
        for (int i = 0; i < _shards.Length; i++) _ends[i] = checked((i == 0 ? 0 : _ends[i - 1]) + _shards[i].Rows);
    }

    /// <inheritdoc/>
    public override long Rows => _ends[^1];

    /// <inheritdoc/>
    public override int Dim => _shards[0].Dim;

    /// <inheritdoc/>
    public override ElementType Element => _shards[0].Element;

    /// <inheritdoc/>
    public override long BlockBytes => _shards.Max(shard => shard.BlockBytes);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The matrix was disposed.</exception>
    public override RowBlock Borrow(long firstRow, int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstRow, Rows);

        // The first shard that ends behind the row holds it; empty shards end where their predecessor does and are never found.
        int low = 0, high = _ends.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ends[middle] > firstRow) high = middle;
            else low = middle + 1;
        }

        return _shards[low].Borrow(firstRow - (_ends[low] - _shards[low].Rows), maxRows);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (RowSource shard in _shards) shard.Dispose();
    }
}
