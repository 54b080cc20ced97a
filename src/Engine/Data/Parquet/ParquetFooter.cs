using System.Buffers.Binary;
using System.Globalization;
using Engine.Data.Matrices;

namespace Engine.Data.Parquet;

/// <summary>Where one column's values of one row group lie.</summary>
/// <param name="Start">First byte of its first page.</param>
/// <param name="Values">Values, missing ones included.</param>
/// <param name="Codec">How pages are packed.</param>
internal readonly record struct ParquetChunk(long Start, long Values, int Codec);

/// <summary>Rows that were written together.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Chunks">One per column of values.</param>
internal sealed record ParquetRowGroup(long Rows, IReadOnlyList<ParquetChunk> Chunks);

/// <summary>What a Parquet file says about itself at its end. Every number is checked against the file before a library acts on it.</summary>
/// <remarks>Source: Apache Parquet, parquet.thrift and the format's README: ... footer, 4 bytes of length (little-endian), <c>PAR1</c>.</remarks>
internal sealed class ParquetFooter
{
    /// <summary>Largest footer that is read.</summary>
    public const int MaxBytes = 256 << 20;

    private const int TailBytes = 8;

    private readonly InputFile _file;
    private readonly long _start;
    private readonly List<ParquetField> _flat = [];
    private readonly List<int> _childCounts = [];
    private readonly List<ParquetRowGroup> _groups = [];
    private bool _encrypted;

    private ParquetFooter(InputFile file, long start) => (_file, _start) = (file, start);

    /// <summary>The columns in file order.</summary>
    public IReadOnlyList<ParquetField> Columns { get; private set; } = [];

    /// <summary>The row groups in file order.</summary>
    public IReadOnlyList<ParquetRowGroup> Groups => _groups;

    /// <summary>Rows of all row groups.</summary>
    public long Rows { get; private set; }

    /// <summary>The program that wrote the file, or null.</summary>
    public string? CreatedBy { get; private set; }

    /// <summary>First byte of the footer: where pages end at the latest.</summary>
    public long Start => _start;

    /// <summary>Whether a file is Parquet by its name or its first bytes.</summary>
    public static bool IsParquet(InputFile file)
    {
        if (Path.GetExtension(file.Path).Equals(".parquet", StringComparison.OrdinalIgnoreCase)) return true;
        if (file.Length < 4) return false;
        Span<byte> start = stackalloc byte[4];
        file.Read(0, start);
        return start.SequenceEqual("PAR1"u8);
    }

    /// <summary>Reads and checks the footer.</summary>
    /// <exception cref="EngineException">The file is no Parquet, is cut short, encrypted, or its footer does not fit it: exit 4, with the offset.</exception>
    public static ParquetFooter Read(InputFile file)
    {
        long start = Locate(file, out int length);
        byte[] bytes = new byte[length];
        file.Read(start, bytes);
        ParquetFooter footer = new(file, start);
        try
        {
            footer.Parse(bytes);
        }
        catch (ThriftException wrong)
        {
            throw InputError.At(file, start + wrong.At, "FOOTER", $"the footer is damaged: {wrong.Message}. Copy or write the file again.");
        }

        footer.Check();
        return footer;
    }

    private static long Locate(InputFile file, out int length)
    {
        Span<byte> head = stackalloc byte[4], tail = stackalloc byte[TailBytes];
        if (file.Length < head.Length + tail.Length)
            throw EngineException.Input(file.Name, "PARQUET", $"the file has {file.Length} bytes, but even an empty Parquet file has {head.Length + tail.Length}. It was cut short or is of another format; copy or write it again.");
        file.Read(0, head);
        file.Read(file.Length - TailBytes, tail);
        if (tail[4..].SequenceEqual("PARE"u8) || head.SequenceEqual("PARE"u8))
            throw EngineException.Input(file.Name, "ENCRYPTED", "the footer is encrypted (PARE). Decrypt the file, or write it without encryption.");
        if (!head.SequenceEqual("PAR1"u8))
            throw InputError.At(file, 0, "PARQUET", "the file does not begin with PAR1, so it is no Parquet file. Check the path, or rename it.");
        if (!tail[4..].SequenceEqual("PAR1"u8))
            throw InputError.At(file, file.Length - 4, "PARQUET", "the file does not end with PAR1. It was cut short or never finished; copy or write it again.");
        uint claimed = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        long most = file.Length - TailBytes - head.Length;
        if (claimed == 0 || claimed > most)
            throw InputError.At(file, file.Length - TailBytes, "FOOTER", $"the footer claims {claimed} bytes, but there is room for 1 to {most}. The file is damaged; copy or write it again.");
        if (claimed > MaxBytes)
            throw InputError.At(file, file.Length - TailBytes, "FOOTER", $"the footer has {claimed} bytes, but at most {MaxBytes} are read. Write the file with larger row groups.");
        length = (int)claimed;
        return file.Length - TailBytes - length;
    }

    // struct FileMetaData
    private void Parse(byte[] bytes)
    {
        ThriftReader thrift = new(bytes);
        int field = 0;
        while (thrift.NextField(ref field) is not ThriftType.Stop and var type)
        {
            switch (field)
            {
                case 2:
                    for (int left = thrift.ReadList(type, out ThriftType item); left > 0; left--) ParseField(ref thrift, item);
                    break;
                case 3: Rows = thrift.ReadInteger(type); break;
                case 4:
                    for (int left = thrift.ReadList(type, out ThriftType item); left > 0; left--) ParseGroup(ref thrift, item);
                    break;
                case 6: CreatedBy = thrift.ReadText(type); break;
                case 8:
                    _encrypted = true;
                    thrift.Skip(type);
                    break;
                default: thrift.Skip(type); break;
            }
        }
    }

    // struct SchemaElement
    private void ParseField(ref ThriftReader thrift, ThriftType type)
    {
        thrift.Expect(type, ThriftType.Struct);
        ParquetField element = new("");
        int field = 0, children = 0;
        while (thrift.NextField(ref field) is not ThriftType.Stop and var inner)
        {
            switch (field)
            {
                case 1: element = element with { Physical = thrift.ReadInt32(inner) }; break;
                case 2: element = element with { TypeLength = thrift.ReadInt32(inner) }; break;
                case 3: element = element with { Repetition = thrift.ReadInt32(inner) }; break;
                case 4: element = element with { Name = thrift.ReadText(inner) }; break;
                case 5: children = thrift.ReadInt32(inner); break;
                case 6: element = element with { Converted = thrift.ReadInt32(inner) }; break;
                case 10:
                    int logical = 0, last = -1;
                    thrift.Expect(inner, ThriftType.Struct);
                    while (thrift.NextField(ref logical) is not ThriftType.Stop and var value)
                    {
                        last = logical;
                        thrift.Skip(value);
                    }

                    element = element with { Logical = last };
                    break;
                default: thrift.Skip(inner); break;
            }
        }

        _flat.Add(element);
        _childCounts.Add(children);
    }

    // struct RowGroup
    private void ParseGroup(ref ThriftReader thrift, ThriftType type)
    {
        thrift.Expect(type, ThriftType.Struct);
        List<ParquetChunk> chunks = [];
        long rows = -1;
        int field = 0;
        while (thrift.NextField(ref field) is not ThriftType.Stop and var inner)
        {
            switch (field)
            {
                case 1:
                    for (int left = thrift.ReadList(inner, out ThriftType item); left > 0; left--) chunks.Add(ParseChunk(ref thrift, item));
                    break;
                case 3: rows = thrift.ReadInteger(inner); break;
                default: thrift.Skip(inner); break;
            }
        }

        _groups.Add(new ParquetRowGroup(rows, chunks));
    }

    // struct ColumnChunk with its ColumnMetaData
    private ParquetChunk ParseChunk(ref ThriftReader thrift, ThriftType type)
    {
        thrift.Expect(type, ThriftType.Struct);
        (long values, long data, long dictionary, int codec) = (-1, -1, 0, -1);
        int field = 0;
        while (thrift.NextField(ref field) is not ThriftType.Stop and var inner)
        {
            switch (field)
            {
                case 1: throw EngineException.Input(_file.Name, "PARQUET", $"a column lies in another file ('{thrift.ReadText(inner)}'). Write the file as one.");
                case 3:
                    thrift.Expect(inner, ThriftType.Struct);
                    int meta = 0;
                    while (thrift.NextField(ref meta) is not ThriftType.Stop and var value)
                    {
                        switch (meta)
                        {
                            case 4: codec = thrift.ReadInt32(value); break;
                            case 5: values = thrift.ReadInteger(value); break;
                            case 9: data = thrift.ReadInteger(value); break;
                            case 11: dictionary = thrift.ReadInteger(value); break;
                            default: thrift.Skip(value); break;
                        }
                    }

                    break;
                case 8 or 9:
                    _encrypted = true;
                    thrift.Skip(inner);
                    break;
                default: thrift.Skip(inner); break;
            }
        }

        return new ParquetChunk(dictionary > 0 && dictionary < data ? dictionary : data, values, codec);
    }

    private void Check()
    {
        if (_encrypted) throw EngineException.Input(_file.Name, "ENCRYPTED", "columns are encrypted. Decrypt the file, or write it without encryption.");
        int at = 0;
        if (_flat.Count == 0) throw Damaged("it has no schema");
        ParquetField root = Grow(ref at, 0);
        if (at != _flat.Count) throw Damaged($"its schema has {_flat.Count} elements, but {at} hang together");
        Columns = root.Children;
        if (Columns.Count == 0) throw EngineException.Input(_file.Name, "EMPTY", "the file has no columns.");
        int leaves = _flat.Count(f => f.IsLeaf);
        long rows = 0;
        for (int group = 0; group < _groups.Count; group++)
        {
            ParquetRowGroup each = _groups[group];
            if (each.Rows < 0) throw Damaged($"row group {group} has {each.Rows} rows");
            if (each.Chunks.Count != leaves) throw Damaged($"row group {group} has {each.Chunks.Count} columns, but the schema has {leaves}");
            if (each.Rows > 0 && each.Chunks.Any(c => c.Values < 0 || c.Start < 4 || c.Start >= _start))
                throw Damaged($"row group {group} has a column that does not lie in the file's {_file.Length} bytes");
            rows = each.Rows <= Array.MaxLength - rows ? rows + each.Rows
                : throw EngineException.Input(_file.Name, "ROWS", $"the footer claims over {Array.MaxLength} rows (row group {group} alone {each.Rows}), the most an input may have. The footer is damaged, or the pool must be split.");
        }

        if (rows != Rows) throw Damaged(string.Create(CultureInfo.InvariantCulture, $"it says {Rows} rows, but its row groups have {rows}"));
    }

    private ParquetField Grow(ref int at, int depth)
    {
        if (depth > ParquetField.MostNesting) throw EngineException.Input(_file.Name, "DEPTH", $"the schema is nested over {ParquetField.MostNesting} deep. Flatten the columns.");
        if (at == _flat.Count) throw Damaged("its schema ends early");
        (ParquetField field, int children) = (_flat[at], _childCounts[at]);
        at++;
        if (field.IsLeaf && children > 0 || !field.IsLeaf && children < 1 && depth > 0) throw Damaged($"the column '{field.Name}' has {children} parts");
        if (children < 0 || children > _flat.Count) throw Damaged($"the schema's element '{field.Name}' has {children} parts");
        var parts = new ParquetField[children];
        for (int i = 0; i < children; i++) parts[i] = Grow(ref at, depth + 1);
        return field with { Children = parts };
    }

    private EngineException Damaged(string what) => InputError.At(_file, _start, "FOOTER", $"the footer is damaged: {what}. Copy or write the file again.");
}
