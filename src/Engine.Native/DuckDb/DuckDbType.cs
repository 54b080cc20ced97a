using System.Runtime.InteropServices;

namespace Engine.Native.DuckDb;

/// <summary>The library's types that are told apart, with its own numbers; every other number is a type that is only ever cast.</summary>
internal enum DuckDbTypeId
{
    /// <summary>Not known here.</summary>
    Invalid = 0,

    /// <summary>One byte, 0 or 1.</summary>
    Boolean = 1,

    /// <summary>8-bit integer.</summary>
    TinyInt = 2,

    /// <summary>16-bit integer.</summary>
    SmallInt = 3,

    /// <summary>32-bit integer.</summary>
    Integer = 4,

    /// <summary>64-bit integer.</summary>
    BigInt = 5,

    /// <summary>Unsigned 8-bit integer.</summary>
    UTinyInt = 6,

    /// <summary>Unsigned 16-bit integer.</summary>
    USmallInt = 7,

    /// <summary>Unsigned 32-bit integer.</summary>
    UInteger = 8,

    /// <summary>Unsigned 64-bit integer.</summary>
    UBigInt = 9,

    /// <summary>IEEE 754 binary32.</summary>
    Float = 10,

    /// <summary>IEEE 754 binary64.</summary>
    Double = 11,

    /// <summary>128-bit integer.</summary>
    HugeInt = 16,

    /// <summary>UTF-8 text.</summary>
    Varchar = 17,

    /// <summary>Bytes.</summary>
    Blob = 18,

    /// <summary>Fixed-point number.</summary>
    Decimal = 19,

    /// <summary>Items of one type, any number.</summary>
    List = 24,

    /// <summary>Named fields.</summary>
    Struct = 25,

    /// <summary>A list of keys and values; its one child is a structure of both.</summary>
    Map = 26,

    /// <summary>Unsigned 128-bit integer.</summary>
    UHugeInt = 32,

    /// <summary>Items of one type, a fixed number.</summary>
    Array = 33,
}

/// <summary>A type, nested as it may be.</summary>
/// <param name="Id">Which.</param>
/// <param name="Name">The name of the column or field that has it.</param>
/// <param name="Children">Of a list, array or map the item, of a structure the fields.</param>
/// <param name="ArraySize">Items of an array, else 0.</param>
internal sealed record DuckDbType(DuckDbTypeId Id, string Name, IReadOnlyList<DuckDbType> Children, int ArraySize = 0)
{
    /// <summary>Reads a type and destroys the library's.</summary>
    /// <param name="duckDb">The library.</param>
    /// <param name="name">The name of the column or field.</param>
    /// <param name="type">The library's type; not used again.</param>
    internal static unsafe DuckDbType Take(DuckDbNative duckDb, string name, nint type)
    {
        try
        {
            var id = (DuckDbTypeId)duckDb.duckdb_get_type_id(type);
            return id switch
            {
                DuckDbTypeId.List => new DuckDbType(id, name, [Take(duckDb, "", duckDb.duckdb_list_type_child_type(type))]),
                DuckDbTypeId.Array => new DuckDbType(id, name, [Take(duckDb, "", duckDb.duckdb_array_type_child_type(type))], checked((int)duckDb.duckdb_array_type_array_size(type))),
                DuckDbTypeId.Map => new DuckDbType(id, name, [new DuckDbType(DuckDbTypeId.Struct, "",
                    [Take(duckDb, "key", duckDb.duckdb_map_type_key_type(type)), Take(duckDb, "value", duckDb.duckdb_map_type_value_type(type))])]),
                DuckDbTypeId.Struct => new DuckDbType(id, name, Fields(duckDb, type)),
                _ => new DuckDbType(id, name, []),
            };
        }
        finally
        {
            duckDb.duckdb_destroy_logical_type(&type);
        }
    }

    private static unsafe DuckDbType[] Fields(DuckDbNative duckDb, nint type)
    {
        var fields = new DuckDbType[checked((int)duckDb.duckdb_struct_type_child_count(type))];
        for (int i = 0; i < fields.Length; i++)
        {
            byte* name = duckDb.duckdb_struct_type_child_name(type, (ulong)i);
            string text = Marshal.PtrToStringUTF8((nint)name) ?? "";
            duckDb.duckdb_free(name);
            fields[i] = Take(duckDb, text, duckDb.duckdb_struct_type_child_type(type, (ulong)i));
        }

        return fields;
    }
}
