using Engine.Kernels;
using Engine.Native;
using Engine.Native.DuckDb;

namespace Engine.Data.Parquet;

/// <summary>A Parquet file whose footer and pages were checked, read through libduckdb.</summary>
/// <remarks>
/// Every reader has a database of its own, in memory and confined to this one file: a file that makes the library give up spoils nothing else.
/// The library opens <c>/proc/self/fd/N</c>, which is the very file that was opened and checked, whatever became of its path.
/// </remarks>
internal sealed class ParquetFile
{
    /// <summary>Most memory one reader may take: one row group's pages in work, and one chunk of 2,048 rows.</summary>
    public const long ReaderBytes = 1L << 30;

    // The library's name for a row's number; a column of the file that is called so hides it.
    private const string RowNumber = "file_row_number";

    private ParquetFile(InputFile file, ParquetFooter footer, IReadOnlyList<DuckDbType> types) => (File, Footer, Types) = (file, footer, types);

    /// <summary>The file.</summary>
    public InputFile File { get; }

    /// <summary>What it says about itself.</summary>
    public ParquetFooter Footer { get; }

    /// <summary>The columns as the library sees them, in file order; names are the library's, which may differ from the file's in letters' case.</summary>
    public IReadOnlyList<DuckDbType> Types { get; }

    /// <summary>Whether rows can be read from the middle on.</summary>
    public bool CanStartAnywhere => !Footer.Columns.Any(c => c.Name.Equals(RowNumber, StringComparison.OrdinalIgnoreCase));

    /// <summary>Checks a file and looks at its columns.</summary>
    /// <param name="file">The file; not owned.</param>
    /// <param name="pass">Cancellation.</param>
    /// <exception cref="EngineException">It is damaged or not readable: exit 4. libduckdb is missing: exit 9.</exception>
    public static ParquetFile Open(InputFile file, Pass pass)
    {
        ParquetFooter footer = ParquetFooter.Read(file);
        new ParquetPages(file, footer).Check(pass);
        using ParquetRows rows = ParquetRows.Open(file, $"SELECT * FROM {Table(file)} LIMIT 0");
        DuckDbType[] types = [.. rows.Columns.Select(c => c.Type)];
        if (types.Length == footer.Columns.Count) return new ParquetFile(file, footer, types);
        throw EngineException.Input(file.Name, "PARQUET", $"the footer names {footer.Columns.Count} columns, but the library finds {types.Length}. The file is damaged; copy or write it again.");
    }

    /// <summary>The place of a column by its name, or -1.</summary>
    public int Find(string name)
    {
        for (int i = 0; i < Footer.Columns.Count; i++)
        {
            if (Footer.Columns[i].Name == name) return i;
        }

        return -1;
    }

    /// <summary>A column as a statement names it.</summary>
    public string Reference(int column) => DuckDbSession.Identifier(Types[column].Name);

    /// <summary>Streams rows in file order.</summary>
    /// <param name="expressions">What to select, in the library's language.</param>
    /// <param name="firstRow">Where to begin; over 0 only where <see cref="CanStartAnywhere"/>.</param>
    public ParquetRows Read(IEnumerable<string> expressions, long firstRow = 0)
    {
        string from = firstRow == 0 ? Table(File) : FormattableString.Invariant($"{Table(File)} WHERE {RowNumber} >= {firstRow}");
        return ParquetRows.Open(File, $"SELECT {string.Join(", ", expressions)} FROM {from}");
    }

    // No setting is left to guesses about folders or other files.
    private static string Table(InputFile file) => $"read_parquet({DuckDbSession.Literal(ParquetRows.PathOf(file))}, hive_partitioning=false, union_by_name=false)";
}

/// <summary>A stream of rows, and the one place where the library's refusals become errors of the file.</summary>
internal sealed class ParquetRows : IDisposable
{
    private readonly InputFile _file;
    private readonly DuckDbSession _session;
    private readonly DuckDbReader _reader;

    private ParquetRows(InputFile file, DuckDbSession session, DuckDbReader reader) => (_file, _session, _reader) = (file, session, reader);

    /// <summary>The columns, with the values of the rows at hand.</summary>
    public IReadOnlyList<DuckDbColumn> Columns => _reader.Columns;

    /// <summary>Rows at hand.</summary>
    public int Count => _reader.Rows;

    /// <summary>The row in the file of the next rows' first one, counted from where the reading began.</summary>
    public long Done { get; private set; }

    /// <summary>Starts a statement over a file.</summary>
    /// <exception cref="EngineException">The library refuses it: exit 4 or 8. It is missing: exit 9.</exception>
    public static ParquetRows Open(InputFile file, string sql)
    {
        DuckDbSession? session = null;
        try
        {
            session = new DuckDbSession(ParquetFile.ReaderBytes);
            session.Confine(PathOf(file));
            return new ParquetRows(file, session, session.Query(sql));
        }
        catch (NativeLibraryMissingException missing)
        {
            throw NativeError.Missing(file.Name, missing, "Or convert the file to JSON Lines, .csv or .npy.");
        }
        catch (DuckDbException refused)
        {
            session?.Dispose();
            throw Error(file, refused);
        }
    }

    /// <summary>The file as statements name it.</summary>
    public static string PathOf(InputFile file) => FormattableString.Invariant($"/proc/self/fd/{file.Handle.DangerousGetHandle()}");

    /// <summary>Goes on to the next rows.</summary>
    /// <exception cref="EngineException">What comes cannot be read: exit 4, or 8 where it needs too much memory.</exception>
    public bool Next()
    {
        Done += _reader.Rows;
        try
        {
            return _reader.Next();
        }
        catch (DuckDbException refused)
        {
            throw Error(_file, refused);
        }
    }

    /// <summary>Ends the reading.</summary>
    public void Dispose()
    {
        _reader.Dispose();
        _session.Dispose();
    }

    private static EngineException Error(InputFile file, DuckDbException refused)
    {
        string words = refused.Message.Split('\n')[0].Replace(PathOf(file), file.Name, StringComparison.Ordinal).TrimEnd('.');
        return refused.OutOfMemory
            ? new EngineException(new EngineError(ExitCode.Memory, "MEMORY", $"reading the file needs over {ParquetFile.ReaderBytes} bytes at a time ({words}). Write it with smaller row groups and pages.", file.Name), refused)
            : new EngineException(new EngineError(ExitCode.Input, "PARQUET", $"the file cannot be read: {words}. Copy or write it again.", file.Name), refused);
    }
}
