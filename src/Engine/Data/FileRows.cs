using Engine.Kernels;

namespace Engine.Data;

/// <summary>A matrix and the files its rows come from.</summary>
/// <param name="Matrix">[rows x dim].</param>
/// <param name="Counts">[files], the rows of each, in order.</param>
/// <param name="Names">[files], as messages call them.</param>
/// <param name="IsNarrowed">Whether the files hold float64, which is narrowed to float32 as it is read.</param>
internal sealed record FileRows(RowSource Matrix, IReadOnlyList<long> Counts, IReadOnlyList<string> Names, bool IsNarrowed)
{
    /// <summary>The file a row of the matrix lies in, and its number there.</summary>
    public (string File, long Row) Find(long row)
    {
        int file = 0;
        for (; row >= Counts[file]; file++) row -= Counts[file];
        return (Names[file], row);
    }
}
