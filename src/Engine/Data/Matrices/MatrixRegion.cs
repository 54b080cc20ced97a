using Engine.Kernels;
using Engine.Native.Files;
using Microsoft.Win32.SafeHandles;

namespace Engine.Data.Matrices;

/// <summary>Where a matrix [rows x dim] lies in a file and how it is stored. Whoever makes one has checked that the file holds it.</summary>
/// <param name="Offset">Byte at which the elements begin.</param>
/// <param name="Rows">Rows, at least 1.</param>
/// <param name="Dim">Elements in a row, at least 1.</param>
/// <param name="Stored">How an element is stored.</param>
/// <param name="BigEndian">Whether its most significant byte comes first.</param>
/// <param name="Fortran">Whether columns, not rows, are contiguous.</param>
internal readonly record struct MatrixRegion(long Offset, long Rows, int Dim, StoredElement Stored, bool BigEndian = false, bool Fortran = false)
{
    /// <summary>Widest row that is believed; what is over it is a broken header rather than an embedding.</summary>
    public const int MaxDim = 1 << 20;

    /// <summary>Checks a shape that a header claims.</summary>
    /// <param name="file">For messages.</param>
    /// <param name="offset">Where the claim stands.</param>
    /// <param name="rows">Rows claimed.</param>
    /// <param name="dim">Elements in a row claimed.</param>
    /// <exception cref="EngineException">A dimension is 0, or a row is wider than <see cref="MaxDim"/>: exit 4.</exception>
    public static void CheckShape(InputFile file, long offset, long rows, long dim)
    {
        if (rows == 0 || dim == 0)
            throw InputError.At(file, offset, "EMPTY", $"the matrix has {rows} rows of {dim} elements, but at least one of each is needed. Leave the file out or write it again.");
        if (dim > MaxDim)
            throw InputError.At(file, offset, "SHAPE", $"a row has {dim} elements, but at most {MaxDim} are supported. Check that the shape is (rows, dim).");
    }

    /// <summary>Opens the region as a matrix: in place where it is mapped and the kernels can read it so, else block by block.</summary>
    /// <param name="file">The file.</param>
    /// <param name="scale">What an 8-bit element is multiplied by; 1 otherwise.</param>
    /// <param name="io">Mapped or read.</param>
    /// <param name="buffers">The buffers that the shards of one matrix share; made when first needed.</param>
    /// <exception cref="EngineException">The file cannot be mapped: exit 7.</exception>
    public RowSource Open(InputFile file, float scale, MatrixIo io, ref NativeBufferPool? buffers)
    {
        if (io == MatrixIo.Map) return Open(file.Map(), scale, ref buffers);
        buffers ??= new NativeBufferPool(ReadRows.BufferBytes(Dim, Stored));
        return new ReadRows(file.Read, Offset, Rows, Dim, Stored, IsSwapped, IsTransposed, scale, buffers);
    }

    /// <summary>Opens the region of a file that only this process can reach; the map outlives the handle.</summary>
    /// <param name="handle">The file, mapped as a whole.</param>
    /// <param name="length">Bytes it has, at least those of the region.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="scale">What an 8-bit element is multiplied by; 1 otherwise.</param>
    /// <param name="buffers">The buffers that the shards of one matrix share; made when first needed.</param>
    /// <exception cref="EngineException">The file cannot be mapped: exit 7.</exception>
    public RowSource Open(SafeFileHandle handle, long length, string name, float scale, ref NativeBufferPool? buffers)
    {
        try
        {
            return Open(MappedFile.Open(handle, length, name), scale, ref buffers);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Reading(name, refused);
        }
    }

    // The order of bytes means nothing for one byte, the order of axes nothing for one row or column.
    private bool IsSwapped => BigEndian && Stored.SizeInBytes() > 1;

    private bool IsTransposed => Fortran && Rows > 1 && Dim > 1;

    private RowSource Open(MappedFile mapped, float scale, ref NativeBufferPool? buffers)
    {
        if (Stored.IsKernelType() && !IsSwapped && !IsTransposed) return new MappedRows(mapped, Offset, Rows, Dim, Stored.Converted(), scale);
        buffers ??= new NativeBufferPool(ConvertedRows.BufferBytes(Dim, Stored));
        return new ConvertedRows(mapped, Offset, Rows, Dim, Stored, IsSwapped, IsTransposed, scale, buffers);
    }
}
