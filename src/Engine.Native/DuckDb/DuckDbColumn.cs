using System.Runtime.CompilerServices;

namespace Engine.Native.DuckDb;

/// <summary>The values of one column in the rows at hand, or of what is nested in it.</summary>
/// <remarks>Every access is checked against the number of values, which is 0 as soon as the rows are gone: no address outlives its chunk.</remarks>
internal sealed unsafe class DuckDbColumn
{
    private readonly DuckDbNative _duckDb;
    private readonly DuckDbColumn[] _children;
    private void* _data;
    private ulong* _validity;
    private long _count;

    /// <summary>Prepares a column of a type; it has no values yet.</summary>
    internal DuckDbColumn(DuckDbNative duckDb, DuckDbType type)
    {
        (_duckDb, Type) = (duckDb, type);
        _children = [.. type.Children.Select(child => new DuckDbColumn(duckDb, child))];
    }

    /// <summary>Its type.</summary>
    public DuckDbType Type { get; }

    /// <summary>Of a list, array or map the items of all rows, of a structure the fields.</summary>
    public IReadOnlyList<DuckDbColumn> Children => _children;

    /// <summary>Whether a value is missing.</summary>
    public bool IsNull(long at)
    {
        Check(at, 1);

        // The mask has a bit for each of _count values, 64 to a word; without one all values are there.
        return _validity is not null && (_validity[at >> 6] >> (int)(at & 63) & 1) == 0;
    }

    /// <summary>The first missing value of a range, or -1.</summary>
    public long FirstNull(long first, long count)
    {
        Check(first, count);
        if (_validity is null) return -1;
        for (long at = first; at < first + count; at++)
        {
            if (IsNull(at)) return at;
        }

        return -1;
    }

    /// <summary>One value of a fixed size. Of a missing one the content is undefined.</summary>
    /// <typeparam name="T">The type that <see cref="Type"/> stands for.</typeparam>
    public T Value<T>(long at)
        where T : unmanaged => Values<T>(at, 1)[0];

    /// <summary>Values of a fixed size that stand together.</summary>
    /// <inheritdoc cref="Value"/>
    public ReadOnlySpan<T> Values<T>(long first, int count)
        where T : unmanaged
    {
        Check(first, count);
        if (sizeof(T) != Size()) throw new InvalidOperationException($"A value of {Type.Id} has {Size()} bytes, not {sizeof(T)}.");

        // The range lies within the values, whose size was compared.
        return new ReadOnlySpan<T>((T*)_data + first, count);
    }

    /// <summary>The bytes of a text or of bytes.</summary>
    public ReadOnlySpan<byte> Text(long at)
    {
        Check(at, 1);
        if (Type.Id is not (DuckDbTypeId.Varchar or DuckDbTypeId.Blob)) throw new InvalidOperationException($"{Type.Id} is no text.");

        // The library keeps short texts in place and long ones alive as long as the chunk.
        var text = (DuckDbNative.duckdb_string_t*)_data + at;
        int length = checked((int)text->length);
        return length <= DuckDbNative.duckdb_string_t.InlineLength ? new ReadOnlySpan<byte>(&text->inlined, length) : new ReadOnlySpan<byte>(text->ptr, length);
    }

    /// <summary>Where the items of a list, array or map stand in its child.</summary>
    public (long First, int Count) Items(long at)
    {
        Check(at, 1);
        if (Type.Id == DuckDbTypeId.Array) return (at * Type.ArraySize, Type.ArraySize);
        if (Type.Id is not (DuckDbTypeId.List or DuckDbTypeId.Map)) throw new InvalidOperationException($"{Type.Id} has no items.");

        // at lies within the values, each of which is an entry.
        DuckDbNative.duckdb_list_entry entry = ((DuckDbNative.duckdb_list_entry*)_data)[at];
        return (checked((long)entry.offset), checked((int)entry.length));
    }

    /// <summary>Takes the values of a vector.</summary>
    internal void Bind(nint vector, long count)
    {
        _data = _duckDb.duckdb_vector_get_data(vector);
        _validity = _duckDb.duckdb_vector_get_validity(vector);
        _count = count;
        switch (Type.Id)
        {
            case DuckDbTypeId.List or DuckDbTypeId.Map:
                _children[0].Bind(_duckDb.duckdb_list_vector_get_child(vector), checked((long)_duckDb.duckdb_list_vector_get_size(vector)));
                break;
            case DuckDbTypeId.Array:
                _children[0].Bind(_duckDb.duckdb_array_vector_get_child(vector), checked(count * Type.ArraySize));
                break;
            case DuckDbTypeId.Struct:
                for (int i = 0; i < _children.Length; i++) _children[i].Bind(_duckDb.duckdb_struct_vector_get_child(vector, (ulong)i), count);
                break;
        }
    }

    /// <summary>Lets go of the values.</summary>
    internal void Unbind()
    {
        _data = null;
        _validity = null;
        _count = 0;
        foreach (DuckDbColumn child in _children) child.Unbind();
    }

    private int Size() => Type.Id switch
    {
        DuckDbTypeId.Boolean or DuckDbTypeId.TinyInt or DuckDbTypeId.UTinyInt => 1,
        DuckDbTypeId.SmallInt or DuckDbTypeId.USmallInt => 2,
        DuckDbTypeId.Integer or DuckDbTypeId.UInteger or DuckDbTypeId.Float => 4,
        DuckDbTypeId.BigInt or DuckDbTypeId.UBigInt or DuckDbTypeId.Double => 8,
        _ => throw new InvalidOperationException($"{Type.Id} has no fixed size here."),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Check(long first, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _count - first, nameof(first));
    }
}
