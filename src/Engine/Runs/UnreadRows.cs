using Engine.Kernels;

namespace Engine.Runs;

/// <summary>A matrix that is known by its rows alone: what stands for vectors where a step must not read them.</summary>
/// <param name="rows">Rows it has.</param>
internal sealed class UnreadRows(long rows) : RowSource
{
    public override long Rows => rows;

    public override int Dim => 1;

    public override ElementType Element => ElementType.Float32;

    public override RowBlock Borrow(long firstRow, int maxRows) => throw new InvalidOperationException("These vectors are not to be read.");

    protected override void Dispose(bool disposing)
    {
    }
}
