using System.Runtime.InteropServices;

namespace Engine.Native.DuckDb;

/// <summary>A database in memory.</summary>
internal sealed unsafe class DuckDbDatabaseHandle(DuckDbNative duckDb) : SafeHandle(0, ownsHandle: true)
{
    /// <summary>The library.</summary>
    public DuckDbNative DuckDb => duckDb;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Opens it.</summary>
    /// <exception cref="DuckDbException">The library cannot.</exception>
    public void Open(nint config)
    {
        nint database = 0;
        byte* fault = null;
        if (duckDb.duckdb_open_ext(null, &database, config, &fault) != DuckDbNative.DuckDBSuccess)
        {
            DuckDbException refused = DuckDbNative.Failure(nameof(duckDb.duckdb_open_ext), fault);
            duckDb.duckdb_free(fault);
            throw refused;
        }

        SetHandle(database);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        nint database = handle;
        duckDb.duckdb_close(&database);
        return true;
    }
}

/// <summary>A connection; it holds its database open.</summary>
internal sealed unsafe class DuckDbConnectionHandle : SafeHandle
{
    private readonly DuckDbDatabaseHandle _database;
    private readonly bool _held;

    /// <summary>Connects.</summary>
    /// <exception cref="DuckDbException">The library cannot.</exception>
    public DuckDbConnectionHandle(DuckDbDatabaseHandle database)
        : base(0, ownsHandle: true)
    {
        _database = database;
        nint connection = 0;
        if (database.DuckDb.duckdb_connect(database.DangerousGetHandle(), &connection) != DuckDbNative.DuckDBSuccess)
            throw DuckDbNative.Failure(nameof(database.DuckDb.duckdb_connect), null);
        SetHandle(connection);
        database.DangerousAddRef(ref _held);
    }

    /// <summary>The library.</summary>
    public DuckDbNative DuckDb => _database.DuckDb;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        nint connection = handle;
        DuckDb.duckdb_disconnect(&connection);
        if (_held) _database.DangerousRelease();
        return true;
    }
}

/// <summary>A streaming result; it holds its connection open.</summary>
internal sealed unsafe class DuckDbResultHandle : SafeHandle
{
    private readonly DuckDbConnectionHandle _connection;
    private readonly bool _held;

    /// <summary>Runs one statement.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="sql">The statement, UTF-8, ended by a zero byte.</param>
    /// <exception cref="DuckDbException">The library refuses the statement, or it fails.</exception>
    public DuckDbResultHandle(DuckDbConnectionHandle connection, ReadOnlySpan<byte> sql)
        : base(0, ownsHandle: true)
    {
        if (sql.IsEmpty || sql[^1] != 0) throw new ArgumentException("A statement ends with a zero byte.", nameof(sql));
        _connection = connection;
        connection.DangerousAddRef(ref _held);
        SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(DuckDbNative.duckdb_result)));
        try
        {
            Execute(sql);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The library.</summary>
    public DuckDbNative DuckDb => _connection.DuckDb;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The library's own structure, valid until the handle is disposed.</summary>
    public DuckDbNative.duckdb_result* Pointer => (DuckDbNative.duckdb_result*)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        // A result that was never filled is all zeros, which the library takes as well.
        DuckDb.duckdb_destroy_result(Pointer);
        NativeMemory.Free(Pointer);
        if (_held) _connection.DangerousRelease();
        return true;
    }

    private void Execute(ReadOnlySpan<byte> sql)
    {
        nint statement = 0;
        try
        {
            // The statement's bytes are pinned for the call and end with a zero, as the constructor checked.
            fixed (byte* text = sql)
            {
                if (DuckDb.duckdb_prepare(_connection.DangerousGetHandle(), text, &statement) != DuckDbNative.DuckDBSuccess)
                    throw DuckDbNative.Failure(nameof(DuckDb.duckdb_prepare), statement == 0 ? null : DuckDb.duckdb_prepare_error(statement));
            }

            if (DuckDb.duckdb_execute_prepared_streaming(statement, Pointer) != DuckDbNative.DuckDBSuccess)
                throw DuckDbNative.Failure(nameof(DuckDb.duckdb_execute_prepared_streaming), DuckDb.duckdb_result_error(Pointer), DuckDb.duckdb_result_error_type(Pointer));
        }
        finally
        {
            DuckDb.duckdb_destroy_prepare(&statement);
        }
    }
}

/// <summary>Up to 2,048 rows of a result.</summary>
internal sealed unsafe class DuckDbChunkHandle : SafeHandle
{
    private readonly DuckDbNative _duckDb;

    /// <summary>Takes a chunk over.</summary>
    public DuckDbChunkHandle(DuckDbNative duckDb, nint chunk)
        : base(0, ownsHandle: true)
    {
        _duckDb = duckDb;
        SetHandle(chunk);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        nint chunk = handle;
        _duckDb.duckdb_destroy_data_chunk(&chunk);
        return true;
    }
}
