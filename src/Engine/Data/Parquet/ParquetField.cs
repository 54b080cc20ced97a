using System.Globalization;

namespace Engine.Data.Parquet;

/// <summary>A column or a part of one, as the footer's schema has it. Numbers are those of parquet.thrift.</summary>
internal sealed record ParquetField(string Name)
{
    /// <summary>Deepest nesting that is read: as deep as a record's JSON may be, with two levels to every list.</summary>
    public const int MostNesting = 2 * Jsonl.JsonLine.MaxDepth;

    private const int OptionalRepetition = 1;
    private const int Repeated = 2;

    private static readonly string[] PhysicalNames = ["boolean", "int32", "int64", "int96 timestamp", "float32", "float64", "binary"];

    private static readonly string[] ConvertedNames =
        ["text", "map", "pairs", "list", "enum text", "decimal", "date", "time", "time", "timestamp", "timestamp", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "JSON text", "BSON", "interval"];

    private static readonly Dictionary<int, string> LogicalNames = new()
    {
        [1] = "text",
        [4] = "enum text",
        [5] = "decimal",
        [6] = "date",
        [7] = "time",
        [8] = "timestamp",
        [11] = "null",
        [12] = "JSON text",
        [13] = "BSON",
        [14] = "uuid",
        [15] = "float16",
        [16] = "variant",
        [17] = "geometry",
        [18] = "geography",
    };

    /// <summary>How values are stored, or -1 of a group.</summary>
    public int Physical { get; init; } = -1;

    /// <summary>Bytes of a value of fixed length.</summary>
    public int TypeLength { get; init; }

    /// <summary>0 required, 1 optional, 2 repeated.</summary>
    public int Repetition { get; init; }

    /// <summary>The older mark of what values mean, or -1.</summary>
    public int Converted { get; init; } = -1;

    /// <summary>The newer one, or -1.</summary>
    public int Logical { get; init; } = -1;

    /// <summary>What a group holds.</summary>
    public IReadOnlyList<ParquetField> Children { get; init; } = [];

    /// <summary>Whether it is a column of values.</summary>
    public bool IsLeaf => Physical >= 0;

    /// <summary>Whether values may repeat in a row, itself only.</summary>
    public bool IsRepeated => Repetition == Repeated;

    /// <summary>Whether values are IEEE 754 binary16.</summary>
    public bool IsFloat16 => Logical == 15 && IsLeaf;

    private bool IsList => !IsLeaf && (Converted == 3 || Logical == 3) && Children.Count == 1;

    private bool IsMap => !IsLeaf && (Converted is 1 or 2 || Logical == 2) && Children is [{ Children.Count: 2 }];

    /// <summary>The items of a list, or null when it is none.</summary>
    public ParquetField? Item => !IsList ? null : Children[0] is { IsLeaf: false, Children: [var item] } ? item : Children[0] with { Repetition = OptionalRepetition };

    /// <summary>The type in words.</summary>
    public string TypeName => this switch
    {
        { IsRepeated: true } => $"list<{(this with { Repetition = OptionalRepetition }).TypeName}>",
        { Item: { } item } => $"list<{item.TypeName}>",
        { IsMap: true } => $"map<{Children[0].Children[0].TypeName}, {Children[0].Children[1].TypeName}>",
        { IsLeaf: false } => $"struct<{string.Join(", ", Children.Select(c => $"{c.Name}: {c.TypeName}"))}>",
        _ => LeafName,
    };

    private string LeafName
    {
        get
        {
            if (Converted >= 0 && Converted < ConvertedNames.Length) return ConvertedNames[Converted];
            if (LogicalNames.TryGetValue(Logical, out string? name)) return name;
            return Physical < PhysicalNames.Length ? PhysicalNames[Physical] : string.Create(CultureInfo.InvariantCulture, $"{TypeLength} bytes");
        }
    }
}
