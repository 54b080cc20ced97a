namespace Engine.Data;

/// <summary>Named columns of finite numbers, one value per row.</summary>
/// <param name="columns">Every column has the same length.</param>
/// <param name="name">How messages call it.</param>
public sealed class ScoreTable(IReadOnlyDictionary<string, double[]> columns, string name) : Value
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Scores;

    /// <inheritdoc/>
    public override long Rows => columns.Count == 0 ? 0 : columns.First().Value.Length;

    /// <summary>The columns by header.</summary>
    public IReadOnlyDictionary<string, double[]> Columns => columns;

    /// <summary>How messages call it.</summary>
    public string Name => name;
}
