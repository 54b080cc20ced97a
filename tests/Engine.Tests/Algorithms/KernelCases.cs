using Engine.Kernels;

namespace Engine.Tests.Algorithms;

/// <summary>The kernel sets that every algorithm test runs on, by name, and the random matrices they run over.</summary>
internal static class KernelCases
{
    public static TheoryData<string> Names => ["oracle", "best, 1 thread", "best, 3 threads"];

    public static IKernels Open(string name) => name switch
    {
        "oracle" => new OracleKernels(),
        "best, 1 thread" => KernelSets.Best(threads: 1),
        "best, 3 threads" => KernelSets.Best(threads: 3),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such kernel set."),
    };

    /// <summary>Standard normal values, by Box and Muller.</summary>
    public static float[] Gaussian(RandomStream stream, int count)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - stream.NextDouble())) * Math.Cos(2 * Math.PI * stream.NextDouble()));
        return values;
    }

    /// <summary>Points of a small integer grid: many ties, many copies.</summary>
    public static float[] Grid(RandomStream stream, int count, int side)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = stream.NextBelow(side);
        return values;
    }

    /// <summary>Rows of a row-major matrix in another order: row i of the result is row order[i].</summary>
    public static float[] Gather(float[] values, int dim, int[] order) =>
        [.. order.SelectMany(row => values.Skip(row * dim).Take(dim))];
}

/// <summary>A matrix that lends at most so many rows at a time, never across a multiple of that number, like a file in shards.</summary>
internal sealed class ShortBlocks(RowSource inner, int most) : RowSource
{
    public override long Rows => inner.Rows;

    public override int Dim => inner.Dim;

    public override ElementType Element => inner.Element;

    public override RowBlock Borrow(long firstRow, int maxRows) =>
        inner.Borrow(firstRow, (int)Math.Min(maxRows, most - firstRow % most));

    protected override void Dispose(bool disposing) => inner.Dispose();
}

/// <summary>A matrix that cancels a token when it has lent a number of blocks, and counts what is lent after that.</summary>
internal sealed class CancellingRows(RowSource inner, int lendings) : RowSource
{
    private readonly CancellationTokenSource _source = new();
    private int _lent;

    public Pass Pass => new(cancel: _source.Token);

    public int LentAfterCancel => Math.Max(0, _lent - lendings);

    public override long Rows => inner.Rows;

    public override int Dim => inner.Dim;

    public override ElementType Element => inner.Element;

    public override RowBlock Borrow(long firstRow, int maxRows)
    {
        if (Interlocked.Increment(ref _lent) == lendings) _source.Cancel();
        return inner.Borrow(firstRow, Math.Min(maxRows, 8));
    }

    protected override void Dispose(bool disposing)
    {
        _source.Dispose();
        inner.Dispose();
    }
}
