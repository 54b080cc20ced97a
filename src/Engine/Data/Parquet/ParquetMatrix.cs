using System.Runtime.InteropServices;
using Engine.Data.Jsonl;
using Engine.Data.Matrices;
using Engine.Kernels;
using Engine.Native.DuckDb;
using Engine.Native.Files;

namespace Engine.Data.Parquet;

/// <summary>A matrix in a Parquet column: one list of numbers per row, all of one length.</summary>
/// <remarks>
/// Kernels read rows where they lie, and packed pages are nowhere to lie in. So the column is unpacked once into a file without a name, which is then mapped like any other matrix:
/// its memory is the system's cache, not the process's own. Memory: one chunk of rows.
/// </remarks>
internal sealed class ParquetMatrix
{
    private readonly ParquetFile _file;
    private readonly int _column;
    private readonly Pass _pass;

    private ParquetMatrix(ParquetFile file, int column, MatrixRegion region, Pass pass) => (_file, _column, Region, _pass) = (file, column, region, pass);

    /// <summary>The shape, and how the file stores an element.</summary>
    public MatrixRegion Region { get; }

    /// <summary>Finds the column.</summary>
    /// <param name="file">The file.</param>
    /// <param name="column">The column's name; null where one column alone may be meant.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <exception cref="EngineException">There is no such column, several may be meant, or its first row is no list: exit 4.</exception>
    public static ParquetMatrix Find(InputFile file, string? column, Pass pass)
    {
        ParquetFile parquet = ParquetFile.Open(file, pass);
        int chosen = Choose(parquet, column);
        StoredElement stored = Stored(parquet, chosen)!.Value;
        long dim = 0;
        using (ParquetRows rows = parquet.Read([parquet.Reference(chosen)]))
        {
            if (rows.Next()) dim = rows.Columns[0].IsNull(0) ? throw Null(parquet, chosen, 0) : rows.Columns[0].Items(0).Count;
        }

        MatrixRegion.CheckShape(file, 0, parquet.Footer.Rows, dim);
        return new ParquetMatrix(parquet, chosen, new MatrixRegion(0, parquet.Footer.Rows, (int)dim, stored), pass);
    }

    /// <summary>Unpacks the column.</summary>
    /// <param name="scale">What an 8-bit element is multiplied by; 1 otherwise.</param>
    /// <param name="buffers">The buffers that the shards of one matrix share; made when first needed.</param>
    /// <exception cref="EngineException">A row is missing, has a missing element or another length: exit 4, with the 0-based row. There is no room for the rows: exit 7.</exception>
    public RowSource Unpack(float scale, ref NativeBufferPool? buffers)
    {
        using ScratchFile scratch = ScratchFile.Create();
        long written = Write(scratch);
        if (written != Region.Rows)
            throw EngineException.Input(_file.File.Name, "ROWS", $"the footer says {Region.Rows} rows, but {written} can be read. The file is damaged; copy or write it again.");
        scratch.Flush();

        // float64 is narrowed on the way, as it is from any other file: half the room, and the kernels read it in place.
        MatrixRegion region = Region.Stored == StoredElement.Float64 ? Region with { Stored = StoredElement.Float32 } : Region;
        return region.Open(scratch.Handle, checked(region.Rows * region.Dim * region.Stored.SizeInBytes()), _file.File.Name, scale, ref buffers);
    }

    private static int Choose(ParquetFile file, string? name)
    {
        if (name is not null)
        {
            int named = file.Find(name);
            if (named < 0) throw EngineException.Input(file.File.Name, "COLUMN", $"the file has no column '{LineFault.Brief(name)}'; it has {Names(file, Enumerable.Range(0, file.Types.Count))}. Correct \"column\".");
            if (Stored(file, named) is null)
                throw EngineException.Input(file.File.Name, "COLUMN", $"the column '{LineFault.Brief(name)}' is {LineFault.Brief(file.Footer.Columns[named].TypeName)}, but rows are lists of float32, float64, float16, int8 or uint8. Name another column.");
            return named;
        }

        int[] fit = [.. Enumerable.Range(0, file.Types.Count).Where(i => Stored(file, i) is not null)];
        return fit.Length switch
        {
            1 => fit[0],
            0 => throw EngineException.Input(file.File.Name, "COLUMN", $"no column is a list of float32, float64, float16, int8 or uint8; the columns are {Names(file, Enumerable.Range(0, file.Types.Count))}. Write the vectors as lists."),
            _ => throw EngineException.Input(file.File.Name, "COLUMN", $"{fit.Length} columns are lists of numbers: {Names(file, fit)}. Name one with \"column\"."),
        };
    }

    private static string Names(ParquetFile file, IEnumerable<int> columns)
    {
        const int Most = 20;
        int[] all = [.. columns];
        string names = string.Join(", ", all.Take(Most).Select(i => $"{LineFault.Brief(file.Footer.Columns[i].Name)} ({LineFault.Brief(file.Footer.Columns[i].TypeName)})"));
        return all.Length > Most ? $"{names} and {all.Length - Most} more" : names;
    }

    private static StoredElement? Stored(ParquetFile file, int column)
    {
        DuckDbType type = file.Types[column];
        if (type.Id is not (DuckDbTypeId.List or DuckDbTypeId.Array)) return null;
        return type.Children[0].Id switch
        {
            // The library widens float16 to float32, which is exact, so the way back is exact as well.
            DuckDbTypeId.Float => file.Footer.Columns[column].Item is { IsFloat16: true } ? StoredElement.Float16 : StoredElement.Float32,
            DuckDbTypeId.Double => StoredElement.Float64,
            DuckDbTypeId.TinyInt => StoredElement.Int8,
            DuckDbTypeId.UTinyInt => StoredElement.UInt8,
            _ => null,
        };
    }

    private long Write(ScratchFile scratch)
    {
        byte[] narrowed = new byte[checked(Region.Dim * sizeof(float))];
        using ParquetRows rows = _file.Read([_file.Reference(_column)]);
        while (rows.Next())
        {
            _pass.Cancel.ThrowIfCancellationRequested();
            DuckDbColumn column = rows.Columns[0], items = column.Children[0];
            for (int i = 0; i < rows.Count; i++)
            {
                long row = rows.Done + i;
                if (column.IsNull(i)) throw Null(_file, _column, row);
                (long first, int count) = column.Items(i);
                if (count != Region.Dim)
                    throw Row(row, "SHAPE", $"has {count} elements, but row 0 has {Region.Dim}. The rows of a matrix have one length; correct or remove the row.");
                long missing = items.FirstNull(first, count);
                if (missing >= 0) throw Row(row, "NULL", $"has no element {missing - first} (null). Embeddings have no gaps; correct or remove the row.");
                scratch.Write(Region.Stored switch
                {
                    StoredElement.Float32 => MemoryMarshal.AsBytes(items.Values<float>(first, count)),
                    StoredElement.Float64 => Narrow(items.Values<double>(first, count), narrowed),
                    StoredElement.Float16 => Halve(items.Values<float>(first, count), narrowed),
                    _ => items.Values<byte>(first, count),
                });
            }

            _pass.Report("rows", rows.Done + rows.Count, Region.Rows);
        }

        return rows.Done;
    }

    private static ReadOnlySpan<byte> Narrow(ReadOnlySpan<double> values, byte[] bytes)
    {
        Span<float> floats = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
        for (int i = 0; i < values.Length; i++) floats[i] = (float)values[i];
        return bytes.AsSpan(0, values.Length * sizeof(float));
    }

    private static ReadOnlySpan<byte> Halve(ReadOnlySpan<float> values, byte[] bytes)
    {
        Span<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes.AsSpan());
        for (int i = 0; i < values.Length; i++) halves[i] = (Half)values[i];
        return bytes.AsSpan(0, values.Length * 2);
    }

    private static EngineException Null(ParquetFile file, int column, long row) =>
        EngineException.Input(file.File.Name, "NULL", $"row {row}: the column '{LineFault.Brief(file.Footer.Columns[column].Name)}' has no list (null). Every row needs one; correct or remove the row.");

    private EngineException Row(long row, string code, string what) =>
        EngineException.Input(_file.File.Name, code, $"row {row}: the list in the column '{LineFault.Brief(_file.Footer.Columns[_column].Name)}' {what}");
}
