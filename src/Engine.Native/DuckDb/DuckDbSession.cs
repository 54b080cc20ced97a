using System.Runtime.InteropServices;
using System.Text;

namespace Engine.Native.DuckDb;

/// <summary>A database in memory with one connection, for one reader at a time.</summary>
internal sealed unsafe class DuckDbSession : IDisposable
{
    private readonly DuckDbDatabaseHandle _database;
    private readonly DuckDbConnectionHandle _connection;

    /// <summary>Opens a database without files, one thread, no extension from elsewhere, and nothing on disk beside.</summary>
    /// <param name="memoryBytes">Most memory the library may take for itself.</param>
    /// <exception cref="NativeLibraryMissingException">libduckdb is not there.</exception>
    /// <exception cref="DuckDbException">It cannot be opened.</exception>
    public DuckDbSession(long memoryBytes)
    {
        DuckDbNative duckDb = DuckDbNative.Instance;
        _database = new DuckDbDatabaseHandle(duckDb);
        nint config = 0;
        try
        {
            if (duckDb.duckdb_create_config(&config) != DuckDbNative.DuckDBSuccess) throw DuckDbNative.Failure(nameof(duckDb.duckdb_create_config), null);
            Set(duckDb, config, "threads", "1");
            Set(duckDb, config, "memory_limit", FormattableString.Invariant($"{memoryBytes}B"));
            Set(duckDb, config, "temp_directory", "");
            Set(duckDb, config, "autoinstall_known_extensions", "false");
            Set(duckDb, config, "autoload_known_extensions", "false");
            _database.Open(config);
            _connection = new DuckDbConnectionHandle(_database);
        }
        catch
        {
            _database.Dispose();
            throw;
        }
        finally
        {
            duckDb.duckdb_destroy_config(&config);
        }
    }

    /// <summary>From here on the session reaches one file alone, and no statement can change that.</summary>
    /// <param name="path">The file as statements will name it.</param>
    public void Confine(string path)
    {
        // Times with a zone are written in UTC, wherever the machine stands.
        Run("SET TimeZone='UTC'");
        Run($"SET allowed_paths=[{Literal(path)}]");
        Run("SET enable_external_access=false");
        Run("SET lock_configuration=true");
    }

    /// <summary>Runs a statement whose rows nobody wants.</summary>
    public void Run(string sql)
    {
        using DuckDbReader reader = Query(sql);
        while (reader.Next())
        {
        }
    }

    /// <summary>Runs a statement and streams its rows.</summary>
    /// <param name="sql">The statement; dispose its reader before the next one.</param>
    /// <exception cref="DuckDbException">The library refuses it.</exception>
    public DuckDbReader Query(string sql) => new(new DuckDbResultHandle(_connection, Terminated(sql)));

    /// <summary>Text as a statement holds it.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A name as a statement holds it.</summary>
    public static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Closes connection and database.</summary>
    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    private static void Set(DuckDbNative duckDb, nint config, string name, string value)
    {
        // Both texts are pinned for the call and end with a zero; the library copies them.
        fixed (byte* key = Terminated(name), text = Terminated(value))
        {
            if (duckDb.duckdb_set_config(config, key, text) == DuckDbNative.DuckDBSuccess) return;
        }

        throw new DuckDbException(nameof(duckDb.duckdb_set_config), $"the setting {name} is not known", outOfMemory: false);
    }

    private static byte[] Terminated(string text)
    {
        // A zero inside would end the statement early.
        if (text.Contains('\0', StringComparison.Ordinal)) throw new DuckDbException("sql", "a name holds a NUL", outOfMemory: false);
        return [.. Encoding.UTF8.GetBytes(text), 0];
    }
}

/// <summary>The rows of a result, a chunk at a time.</summary>
internal sealed unsafe class DuckDbReader : IDisposable
{
    private readonly DuckDbResultHandle _result;
    private readonly DuckDbColumn[] _columns;
    private DuckDbChunkHandle? _chunk;
    private bool _ended;

    /// <summary>Takes a result over.</summary>
    internal DuckDbReader(DuckDbResultHandle result)
    {
        _result = result;
        DuckDbNative duckDb = result.DuckDb;
        _columns = new DuckDbColumn[checked((int)duckDb.duckdb_column_count(result.Pointer))];
        for (int i = 0; i < _columns.Length; i++)
        {
            string name = Marshal.PtrToStringUTF8((nint)duckDb.duckdb_column_name(result.Pointer, (ulong)i)) ?? "";
            _columns[i] = new DuckDbColumn(duckDb, DuckDbType.Take(duckDb, name, duckDb.duckdb_column_logical_type(result.Pointer, (ulong)i)));
        }
    }

    /// <summary>The columns, with the values of the rows at hand.</summary>
    public IReadOnlyList<DuckDbColumn> Columns => _columns;

    /// <summary>Rows at hand.</summary>
    public int Rows { get; private set; }

    /// <summary>Goes on to the next rows; the ones before are gone.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="DuckDbException">The library met something it cannot read.</exception>
    public bool Next()
    {
        Release();
        DuckDbNative duckDb = _result.DuckDb;
        ObjectDisposedException.ThrowIf(_result.IsClosed, this);
        if (_ended) return false;

        // The result is not disposed, and the library copies the structure.
        nint chunk = duckDb.duckdb_fetch_chunk(*_result.Pointer);
        if (chunk == 0)
        {
            _ended = true;
            byte* fault = duckDb.duckdb_result_error(_result.Pointer);
            if (fault is null || *fault == 0) return false;
            throw DuckDbNative.Failure(nameof(duckDb.duckdb_fetch_chunk), fault, duckDb.duckdb_result_error_type(_result.Pointer));
        }

        _chunk = new DuckDbChunkHandle(duckDb, chunk);
        Rows = checked((int)duckDb.duckdb_data_chunk_get_size(chunk));
        for (int i = 0; i < _columns.Length; i++) _columns[i].Bind(duckDb.duckdb_data_chunk_get_vector(chunk, (ulong)i), Rows);
        return Rows > 0;
    }

    /// <summary>Ends the reading.</summary>
    public void Dispose()
    {
        Release();
        _result.Dispose();
    }

    private void Release()
    {
        Rows = 0;
        foreach (DuckDbColumn column in _columns) column.Unbind();
        _chunk?.Dispose();
        _chunk = null;
    }
}
