namespace Engine.Data;

/// <summary>A records input of a plan: files of text records that together make one pool.</summary>
/// <param name="Name">The input's name in the plan.</param>
/// <param name="Paths">Absolute paths in row order, at least one.</param>
/// <param name="Written">The path or pattern as the plan writes it.</param>
public sealed record RecordsInput(string Name, IReadOnlyList<string> Paths, string Written)
{
    /// <summary>Longest record that is read unless said otherwise: 64 MiB.</summary>
    public const int DefaultMaxLineBytes = 64 << 20;

    /// <summary>Where records keep their conversation; every record of a file has one layout.</summary>
    public RecordLayout Layout { get; init; } = RecordLayout.Auto;

    /// <summary>The id's field, dots leading into objects; null numbers the rows.</summary>
    public string? Id { get; init; }

    /// <summary>The source's field, dots leading into objects; a record without it has no source.</summary>
    public string? Source { get; init; }

    /// <summary>Longest record that is read.</summary>
    public int MaxLineBytes { get; init; } = DefaultMaxLineBytes;

    /// <summary>Bytes per piece on the way from file to parser.</summary>
    internal int PieceBytes { get; init; } = 1 << 20;
}
