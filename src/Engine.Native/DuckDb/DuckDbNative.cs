using System.Globalization;
using System.Runtime.InteropServices;

namespace Engine.Native.DuckDb;

/// <summary>The functions of libduckdb that reading needs, under their own names.</summary>
/// <remarks>Source: duckdb.h. Version 1.3 is the first that offers the settings <see cref="DuckDbSession"/> relies on.</remarks>
internal sealed unsafe class DuckDbNative
{
    /// <summary>DuckDBSuccess.</summary>
    internal const int DuckDBSuccess = 0;

    /// <summary>DUCKDB_ERROR_OUT_OF_MEMORY.</summary>
    internal const int DUCKDB_ERROR_OUT_OF_MEMORY = 33;

    private const string Install = "npm install --prefix ~/.local/share/engine @duckdb/node-bindings-linux-x64 (on Arm: -linux-arm64)";
    private static readonly Version Oldest = new(1, 3);
    private static readonly Version Newest = new(2, 0);

    // A failure is not kept: the user of a long-lived program may install the library and try again.
    private static readonly Lazy<DuckDbNative> Loaded = new(Load, LazyThreadSafetyMode.PublicationOnly);

    internal readonly delegate* unmanaged<byte*> duckdb_library_version;
    internal readonly delegate* unmanaged<nint*, int> duckdb_create_config;
    internal readonly delegate* unmanaged<nint, byte*, byte*, int> duckdb_set_config;
    internal readonly delegate* unmanaged<nint*, void> duckdb_destroy_config;
    internal readonly delegate* unmanaged<byte*, nint*, nint, byte**, int> duckdb_open_ext;
    internal readonly delegate* unmanaged<nint*, void> duckdb_close;
    internal readonly delegate* unmanaged<nint, nint*, int> duckdb_connect;
    internal readonly delegate* unmanaged<nint*, void> duckdb_disconnect;
    internal readonly delegate* unmanaged<nint, byte*, nint*, int> duckdb_prepare;
    internal readonly delegate* unmanaged<nint, byte*> duckdb_prepare_error;
    internal readonly delegate* unmanaged<nint*, void> duckdb_destroy_prepare;
    internal readonly delegate* unmanaged<nint, duckdb_result*, int> duckdb_execute_prepared_streaming;
    internal readonly delegate* unmanaged<duckdb_result*, byte*> duckdb_result_error;
    internal readonly delegate* unmanaged<duckdb_result*, int> duckdb_result_error_type;
    internal readonly delegate* unmanaged<duckdb_result*, void> duckdb_destroy_result;
    internal readonly delegate* unmanaged<duckdb_result*, ulong> duckdb_column_count;
    internal readonly delegate* unmanaged<duckdb_result*, ulong, byte*> duckdb_column_name;
    internal readonly delegate* unmanaged<duckdb_result*, ulong, nint> duckdb_column_logical_type;
    internal readonly delegate* unmanaged<duckdb_result, nint> duckdb_fetch_chunk;
    internal readonly delegate* unmanaged<nint*, void> duckdb_destroy_data_chunk;
    internal readonly delegate* unmanaged<nint, ulong> duckdb_data_chunk_get_size;
    internal readonly delegate* unmanaged<nint, ulong, nint> duckdb_data_chunk_get_vector;
    internal readonly delegate* unmanaged<nint, void*> duckdb_vector_get_data;
    internal readonly delegate* unmanaged<nint, ulong*> duckdb_vector_get_validity;
    internal readonly delegate* unmanaged<nint, nint> duckdb_list_vector_get_child;
    internal readonly delegate* unmanaged<nint, ulong> duckdb_list_vector_get_size;
    internal readonly delegate* unmanaged<nint, ulong, nint> duckdb_struct_vector_get_child;
    internal readonly delegate* unmanaged<nint, nint> duckdb_array_vector_get_child;
    internal readonly delegate* unmanaged<nint, int> duckdb_get_type_id;
    internal readonly delegate* unmanaged<nint, nint> duckdb_list_type_child_type;
    internal readonly delegate* unmanaged<nint, nint> duckdb_array_type_child_type;
    internal readonly delegate* unmanaged<nint, ulong> duckdb_array_type_array_size;
    internal readonly delegate* unmanaged<nint, nint> duckdb_map_type_key_type;
    internal readonly delegate* unmanaged<nint, nint> duckdb_map_type_value_type;
    internal readonly delegate* unmanaged<nint, ulong> duckdb_struct_type_child_count;
    internal readonly delegate* unmanaged<nint, ulong, byte*> duckdb_struct_type_child_name;
    internal readonly delegate* unmanaged<nint, ulong, nint> duckdb_struct_type_child_type;
    internal readonly delegate* unmanaged<nint*, void> duckdb_destroy_logical_type;
    internal readonly delegate* unmanaged<void*, void> duckdb_free;

    private DuckDbNative(LoadedLibrary library)
    {
        Library = library;
        duckdb_library_version = (delegate* unmanaged<byte*>)library.Export("duckdb_library_version");
        duckdb_create_config = (delegate* unmanaged<nint*, int>)library.Export("duckdb_create_config");
        duckdb_set_config = (delegate* unmanaged<nint, byte*, byte*, int>)library.Export("duckdb_set_config");
        duckdb_destroy_config = (delegate* unmanaged<nint*, void>)library.Export("duckdb_destroy_config");
        duckdb_open_ext = (delegate* unmanaged<byte*, nint*, nint, byte**, int>)library.Export("duckdb_open_ext");
        duckdb_close = (delegate* unmanaged<nint*, void>)library.Export("duckdb_close");
        duckdb_connect = (delegate* unmanaged<nint, nint*, int>)library.Export("duckdb_connect");
        duckdb_disconnect = (delegate* unmanaged<nint*, void>)library.Export("duckdb_disconnect");
        duckdb_prepare = (delegate* unmanaged<nint, byte*, nint*, int>)library.Export("duckdb_prepare");
        duckdb_prepare_error = (delegate* unmanaged<nint, byte*>)library.Export("duckdb_prepare_error");
        duckdb_destroy_prepare = (delegate* unmanaged<nint*, void>)library.Export("duckdb_destroy_prepare");
        duckdb_execute_prepared_streaming = (delegate* unmanaged<nint, duckdb_result*, int>)library.Export("duckdb_execute_prepared_streaming");
        duckdb_result_error = (delegate* unmanaged<duckdb_result*, byte*>)library.Export("duckdb_result_error");
        duckdb_result_error_type = (delegate* unmanaged<duckdb_result*, int>)library.Export("duckdb_result_error_type");
        duckdb_destroy_result = (delegate* unmanaged<duckdb_result*, void>)library.Export("duckdb_destroy_result");
        duckdb_column_count = (delegate* unmanaged<duckdb_result*, ulong>)library.Export("duckdb_column_count");
        duckdb_column_name = (delegate* unmanaged<duckdb_result*, ulong, byte*>)library.Export("duckdb_column_name");
        duckdb_column_logical_type = (delegate* unmanaged<duckdb_result*, ulong, nint>)library.Export("duckdb_column_logical_type");
        duckdb_fetch_chunk = (delegate* unmanaged<duckdb_result, nint>)library.Export("duckdb_fetch_chunk");
        duckdb_destroy_data_chunk = (delegate* unmanaged<nint*, void>)library.Export("duckdb_destroy_data_chunk");
        duckdb_data_chunk_get_size = (delegate* unmanaged<nint, ulong>)library.Export("duckdb_data_chunk_get_size");
        duckdb_data_chunk_get_vector = (delegate* unmanaged<nint, ulong, nint>)library.Export("duckdb_data_chunk_get_vector");
        duckdb_vector_get_data = (delegate* unmanaged<nint, void*>)library.Export("duckdb_vector_get_data");
        duckdb_vector_get_validity = (delegate* unmanaged<nint, ulong*>)library.Export("duckdb_vector_get_validity");
        duckdb_list_vector_get_child = (delegate* unmanaged<nint, nint>)library.Export("duckdb_list_vector_get_child");
        duckdb_list_vector_get_size = (delegate* unmanaged<nint, ulong>)library.Export("duckdb_list_vector_get_size");
        duckdb_struct_vector_get_child = (delegate* unmanaged<nint, ulong, nint>)library.Export("duckdb_struct_vector_get_child");
        duckdb_array_vector_get_child = (delegate* unmanaged<nint, nint>)library.Export("duckdb_array_vector_get_child");
        duckdb_get_type_id = (delegate* unmanaged<nint, int>)library.Export("duckdb_get_type_id");
        duckdb_list_type_child_type = (delegate* unmanaged<nint, nint>)library.Export("duckdb_list_type_child_type");
        duckdb_array_type_child_type = (delegate* unmanaged<nint, nint>)library.Export("duckdb_array_type_child_type");
        duckdb_array_type_array_size = (delegate* unmanaged<nint, ulong>)library.Export("duckdb_array_type_array_size");
        duckdb_map_type_key_type = (delegate* unmanaged<nint, nint>)library.Export("duckdb_map_type_key_type");
        duckdb_map_type_value_type = (delegate* unmanaged<nint, nint>)library.Export("duckdb_map_type_value_type");
        duckdb_struct_type_child_count = (delegate* unmanaged<nint, ulong>)library.Export("duckdb_struct_type_child_count");
        duckdb_struct_type_child_name = (delegate* unmanaged<nint, ulong, byte*>)library.Export("duckdb_struct_type_child_name");
        duckdb_struct_type_child_type = (delegate* unmanaged<nint, ulong, nint>)library.Export("duckdb_struct_type_child_type");
        duckdb_destroy_logical_type = (delegate* unmanaged<nint*, void>)library.Export("duckdb_destroy_logical_type");
        duckdb_free = (delegate* unmanaged<void*, void>)library.Export("duckdb_free");
        Version = Marshal.PtrToStringUTF8((nint)duckdb_library_version()) ?? "";
    }

    /// <summary>The library, loaded when it is first asked for.</summary>
    /// <exception cref="NativeLibraryMissingException">It is not there, or of a version that is not known to fit.</exception>
    public static DuckDbNative Instance => Loaded.Value;

    /// <summary>Where it came from.</summary>
    public LoadedLibrary Library { get; }

    /// <summary>Its version as it says, such as <c>v1.5.6</c>.</summary>
    public string Version { get; }

    /// <summary>Where it is looked for.</summary>
    internal static NativeLibraryQuery Query => new(
        "libduckdb", "ENGINE_LIBDUCKDB", ["libduckdb.so"],
        ["duckdb_library_version", "duckdb_open_ext", "duckdb_execute_prepared_streaming", "duckdb_fetch_chunk", "duckdb_array_vector_get_child", "duckdb_result_error_type"],
        Install)
    { Packages = [$"@duckdb/node-bindings-{NativeLibraries.RuntimeName()}"] };

    /// <summary>The one gate from the library's own words to an exception.</summary>
    /// <param name="function">The function that failed.</param>
    /// <param name="message">What the library says, or null; copied.</param>
    /// <param name="type">The kind of error, 0 when it is not known.</param>
    public static DuckDbException Failure(string function, byte* message, int type = 0) =>
        new(function, Marshal.PtrToStringUTF8((nint)message) ?? "no reason given", type == DUCKDB_ERROR_OUT_OF_MEMORY);

    private static DuckDbNative Load()
    {
        LoadedLibrary library = NativeLibraries.Load(Query);
        var duckDb = new DuckDbNative(library);
        string number = duckDb.Version.TrimStart('v').Split('-')[0];
        if (System.Version.TryParse(number, out Version? version) && version >= Oldest && version < Newest) return duckDb;
        throw new NativeLibraryMissingException("libduckdb",
            [string.Create(CultureInfo.InvariantCulture, $"{library.Path} (its version is {duckDb.Version}; at least {Oldest} and less than {Newest} is needed)")], Query.Variable, Install);
    }

    /// <summary>duckdb_result: the library's own, passed by value to one function.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct duckdb_result
    {
        internal ulong deprecated_column_count;
        internal ulong deprecated_row_count;
        internal ulong deprecated_rows_changed;
        internal void* deprecated_columns;
        internal byte* deprecated_error_message;
        internal void* internal_data;
    }

    /// <summary>duckdb_list_entry.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct duckdb_list_entry
    {
        internal ulong offset;
        internal ulong length;
    }

    /// <summary>duckdb_string_t: up to 12 bytes stand in place of prefix and pointer.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct duckdb_string_t
    {
        internal const int InlineLength = 12;

        [FieldOffset(0)] internal uint length;
        [FieldOffset(4)] internal byte inlined;
        [FieldOffset(8)] internal byte* ptr;
    }
}

/// <summary>libduckdb refused.</summary>
/// <param name="function">The function that failed.</param>
/// <param name="message">The library's own words.</param>
/// <param name="outOfMemory">Whether its limit of memory does not suffice.</param>
internal sealed class DuckDbException(string function, string message, bool outOfMemory) : Exception(message)
{
    /// <summary>The function that failed.</summary>
    public string Function { get; } = function;

    /// <summary>Whether its limit of memory does not suffice.</summary>
    public bool OutOfMemory { get; } = outOfMemory;
}
