namespace Engine.Data;

/// <summary>A scores input of a plan: numbers per row, from elsewhere.</summary>
/// <param name="Name">The input's name in the plan.</param>
/// <param name="Paths">Absolute paths in row order, at least one: .csv, .jsonl, .npy or .parquet.</param>
/// <param name="Written">The path or pattern as the plan writes it.</param>
public sealed record ScoresInput(string Name, IReadOnlyList<string> Paths, string Written)
{
    /// <summary>The one column wanted; null gives every column by its header. It also names the values of a one-dimensional .npy, which are <c>score</c> otherwise.</summary>
    public string? Column { get; init; }

    /// <summary>The column or field whose value is the record's id; null matches by row.</summary>
    public string? Id { get; init; }
}
