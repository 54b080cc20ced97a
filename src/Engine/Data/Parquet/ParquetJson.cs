using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Engine.Data.Jsonl;
using Engine.Native.DuckDb;

namespace Engine.Data.Parquet;

/// <summary>Writes rows as JSON objects, columns in file order: the same bytes on every machine, in every locale and time zone.</summary>
/// <remarks>
/// Numbers are written in the shortest form that reads back to the same value; NaN and infinities, which JSON has not, as null. Text is UTF-8 with no escapes but the necessary ones.
/// Bytes must be UTF-8 text. Structures are objects, lists arrays, maps objects whose keys are text. Decimals are numbers with all their digits.
/// Everything else (dates, times, UUIDs) is text as SQL writes it, times with a zone in UTC.
/// </remarks>
internal sealed class ParquetJson
{
    private static readonly SearchValues<byte> MustEscape = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    private readonly ParquetFile _file;
    private readonly Part[] _columns;

    /// <summary>Prepares the columns of a file.</summary>
    public ParquetJson(ParquetFile file)
    {
        _file = file;
        _columns = [.. file.Types.Select((type, i) => new Part(type, file.Footer.Columns[i].Name))];
        Expressions = [.. file.Types.Select((type, i) => Target(type) is var target && target == Own(type) ? file.Reference(i) : $"CAST({file.Reference(i)} AS {target})")];
    }

    /// <summary>What to select so that <see cref="WriteRow"/> can write it.</summary>
    public IReadOnlyList<string> Expressions { get; }

    /// <summary>Writes one row, and a line end behind it.</summary>
    /// <param name="columns">The rows at hand.</param>
    /// <param name="at">Which of them.</param>
    /// <param name="row">Its row in the file, for messages.</param>
    /// <param name="to">Where it goes.</param>
    /// <exception cref="EngineException">A value is bytes that are no text: exit 4.</exception>
    public void WriteRow(IReadOnlyList<DuckDbColumn> columns, int at, long row, ArrayBufferWriter<byte> to)
    {
        for (int i = 0; i < columns.Count; i++)
        {
            to.Write(i == 0 ? "{"u8 : ","u8);
            to.Write(_columns[i].Name);
            if (!Write(_columns[i], columns[i], at, to))
                throw EngineException.Input(_file.File.Name, "BINARY", $"row {row}: the column '{LineFault.Brief(_file.Footer.Columns[i].Name)}' holds bytes that are no UTF-8 text, which JSON cannot hold. Drop the column, or write it as text.");
        }

        to.Write("}\n"u8);
    }

    // A type in the library's language, with text in place of every type that is not written as it is.
    private static string Target(DuckDbType type) => type.Id switch
    {
        DuckDbTypeId.List => $"{Target(type.Children[0])}[]",
        DuckDbTypeId.Array => FormattableString.Invariant($"{Target(type.Children[0])}[{type.ArraySize}]"),
        DuckDbTypeId.Struct => $"STRUCT({string.Join(", ", type.Children.Select(c => $"{DuckDbSession.Identifier(c.Name)} {Target(c)}"))})",
        DuckDbTypeId.Map => $"MAP(VARCHAR, {Target(type.Children[0].Children[1])})",
        _ => Scalar(type.Id) ?? "VARCHAR",
    };

    private static string Own(DuckDbType type) => type.Id switch
    {
        DuckDbTypeId.List => $"{Own(type.Children[0])}[]",
        DuckDbTypeId.Array => FormattableString.Invariant($"{Own(type.Children[0])}[{type.ArraySize}]"),
        DuckDbTypeId.Struct => $"STRUCT({string.Join(", ", type.Children.Select(c => $"{DuckDbSession.Identifier(c.Name)} {Own(c)}"))})",
        DuckDbTypeId.Map => $"MAP({Own(type.Children[0].Children[0])}, {Own(type.Children[0].Children[1])})",
        _ => Scalar(type.Id) ?? "",
    };

    private static string? Scalar(DuckDbTypeId id) => id switch
    {
        DuckDbTypeId.Boolean => "BOOLEAN",
        DuckDbTypeId.TinyInt => "TINYINT",
        DuckDbTypeId.SmallInt => "SMALLINT",
        DuckDbTypeId.Integer => "INTEGER",
        DuckDbTypeId.BigInt => "BIGINT",
        DuckDbTypeId.UTinyInt => "UTINYINT",
        DuckDbTypeId.USmallInt => "USMALLINT",
        DuckDbTypeId.UInteger => "UINTEGER",
        DuckDbTypeId.UBigInt => "UBIGINT",
        DuckDbTypeId.Float => "FLOAT",
        DuckDbTypeId.Double => "DOUBLE",
        DuckDbTypeId.Varchar => "VARCHAR",
        DuckDbTypeId.Blob => "BLOB",
        _ => null,
    };

    // The part says what the value is in the file, the column how it comes; false when it is no text.
    private static bool Write(Part part, DuckDbColumn column, long at, ArrayBufferWriter<byte> to)
    {
        if (column.IsNull(at))
        {
            to.Write("null"u8);
            return true;
        }

        switch (part.Id)
        {
            case DuckDbTypeId.Boolean: to.Write(column.Value<byte>(at) != 0 ? "true"u8 : "false"u8); break;
            case DuckDbTypeId.TinyInt: WriteInteger(column.Value<sbyte>(at), to); break;
            case DuckDbTypeId.SmallInt: WriteInteger(column.Value<short>(at), to); break;
            case DuckDbTypeId.Integer: WriteInteger(column.Value<int>(at), to); break;
            case DuckDbTypeId.BigInt: WriteInteger(column.Value<long>(at), to); break;
            case DuckDbTypeId.UTinyInt: WriteInteger(column.Value<byte>(at), to); break;
            case DuckDbTypeId.USmallInt: WriteInteger(column.Value<ushort>(at), to); break;
            case DuckDbTypeId.UInteger: WriteInteger(column.Value<uint>(at), to); break;
            case DuckDbTypeId.UBigInt:
                Utf8Formatter.TryFormat(column.Value<ulong>(at), to.GetSpan(20), out int unsigned);
                to.Advance(unsigned);
                break;
            case DuckDbTypeId.Float: WriteFloat(column.Value<float>(at), to); break;
            case DuckDbTypeId.Double: WriteDouble(column.Value<double>(at), to); break;
            case DuckDbTypeId.Decimal or DuckDbTypeId.HugeInt or DuckDbTypeId.UHugeInt: to.Write(column.Text(at)); break;
            case DuckDbTypeId.List or DuckDbTypeId.Array: return WriteList(part, column, at, to);
            case DuckDbTypeId.Struct: return WriteFields(part, column, at, to);
            case DuckDbTypeId.Map: return WriteMap(part, column, at, to);
            default:
                ReadOnlySpan<byte> text = column.Text(at);
                if (part.Id == DuckDbTypeId.Blob && !Utf8.IsValid(text)) return false;
                WriteText(text, to);
                break;
        }

        return true;
    }

    private static bool WriteList(Part part, DuckDbColumn column, long at, ArrayBufferWriter<byte> to)
    {
        (long first, int count) = column.Items(at);
        to.Write("["u8);
        for (int i = 0; i < count; i++)
        {
            if (i > 0) to.Write(","u8);
            if (!Write(part.Children[0], column.Children[0], first + i, to)) return false;
        }

        to.Write("]"u8);
        return true;
    }

    private static bool WriteFields(Part part, DuckDbColumn column, long at, ArrayBufferWriter<byte> to)
    {
        to.Write("{"u8);
        for (int i = 0; i < part.Children.Length; i++)
        {
            if (i > 0) to.Write(","u8);
            to.Write(part.Children[i].Name);
            if (!Write(part.Children[i], column.Children[i], at, to)) return false;
        }

        to.Write("}"u8);
        return true;
    }

    private static bool WriteMap(Part part, DuckDbColumn column, long at, ArrayBufferWriter<byte> to)
    {
        (long first, int count) = column.Items(at);
        (DuckDbColumn keys, DuckDbColumn values) = (column.Children[0].Children[0], column.Children[0].Children[1]);
        to.Write("{"u8);
        for (int i = 0; i < count; i++)
        {
            if (i > 0) to.Write(","u8);
            WriteText(keys.Text(first + i), to);
            to.Write(":"u8);
            if (!Write(part.Children[0].Children[1], values, first + i, to)) return false;
        }

        to.Write("}"u8);
        return true;
    }

    private static void WriteInteger(long value, ArrayBufferWriter<byte> to)
    {
        Utf8Formatter.TryFormat(value, to.GetSpan(20), out int written);
        to.Advance(written);
    }

    private static void WriteFloat(float value, ArrayBufferWriter<byte> to)
    {
        if (!float.IsFinite(value))
        {
            to.Write("null"u8);
            return;
        }

        value.TryFormat(to.GetSpan(32), out int written, "R", CultureInfo.InvariantCulture);
        to.Advance(written);
    }

    private static void WriteDouble(double value, ArrayBufferWriter<byte> to)
    {
        if (!double.IsFinite(value))
        {
            to.Write("null"u8);
            return;
        }

        value.TryFormat(to.GetSpan(32), out int written, "R", CultureInfo.InvariantCulture);
        to.Advance(written);
    }

    private static void WriteText(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> to)
    {
        to.Write("\""u8);
        for (int plain; (plain = text.IndexOfAny(MustEscape)) >= 0; text = text[(plain + 1)..])
        {
            to.Write(text[..plain]);
            switch (text[plain])
            {
                case (byte)'"': to.Write("\\\""u8); break;
                case (byte)'\\': to.Write("\\\\"u8); break;
                case (byte)'\n': to.Write("\\n"u8); break;
                case (byte)'\r': to.Write("\\r"u8); break;
                case (byte)'\t': to.Write("\\t"u8); break;
                case var control:
                    to.Write("\\u00"u8);
                    to.Write([Hex(control >> 4), Hex(control & 15)]);
                    break;
            }
        }

        to.Write(text);
        to.Write("\""u8);
    }

    private static byte Hex(int digit) => (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);

    // A column or what is nested in it, with its name ready to write: quoted, and a colon behind it.
    private sealed class Part
    {
        public Part(DuckDbType type, string name)
        {
            ArrayBufferWriter<byte> text = new();
            WriteText(Encoding.UTF8.GetBytes(name), text);
            text.Write(":"u8);
            (Id, Name) = (type.Id, text.WrittenSpan.ToArray());
            Children = [.. type.Children.Select(child => new Part(child, child.Name))];
        }

        public DuckDbTypeId Id { get; }

        public byte[] Name { get; }

        public Part[] Children { get; }
    }
}
