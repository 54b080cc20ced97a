using System.Buffers.Binary;
using Engine.Kernels;
using Engine.Native.Files;

namespace Engine.Data.Matrices;

/// <summary>Matrices that say little about themselves: little-endian rows with or without the two counts of <c>.fbin</c>, <c>.u8bin</c> and <c>.i8bin</c>.</summary>
internal static class RawMatrix
{
    private const int CountsBytes = 8;

    /// <summary>Takes a whole file as rows.</summary>
    /// <param name="file">The file.</param>
    /// <param name="element">The plan's <c>dtype</c>.</param>
    /// <param name="dim">The plan's <c>dim</c>.</param>
    /// <exception cref="EngineException">The file is empty or no whole number of rows: exit 4.</exception>
    public static MatrixRegion Find(InputFile file, ElementType element, int dim)
    {
        long stride = (long)dim * element.SizeInBytes();
        MatrixRegion.CheckShape(file, 0, file.Length == 0 ? 0 : 1, dim);
        if (file.Length % stride != 0)
        {
            throw EngineException.Input(file.Name, "SIZE", $"the file has {file.Length} bytes, but rows of dim {dim} and dtype {element.PlanName()} take {stride} each: {file.Length / stride} rows leave {file.Length % stride} bytes over. "
                + "Correct dim or dtype, or write the file again.");
        }

        StoredElement stored = element switch
        {
            ElementType.Float16 => StoredElement.Float16,
            ElementType.BFloat16 => StoredElement.BFloat16,
            ElementType.Int8 => StoredElement.Int8,
            _ => StoredElement.Float32,
        };
        return new MatrixRegion(0, file.Length / stride, dim, stored);
    }

    /// <summary>Reads the two counts (rows, dim; 32 bits each) before the rows. Format: big-ann-benchmarks.</summary>
    /// <param name="file">The file.</param>
    /// <param name="stored">The element type that the extension names.</param>
    /// <exception cref="EngineException">A count is 0 or over 2^31 - 1, or the size does not fit: exit 4.</exception>
    public static MatrixRegion FindCounted(InputFile file, StoredElement stored)
    {
        if (file.Length < CountsBytes)
            throw InputError.At(file, file.Length, "HEADER", $"the file has {file.Length} bytes, but two counts of 4 bytes (rows, dim) come first. Copy or write it again.");
        Span<byte> counts = stackalloc byte[CountsBytes];
        file.Read(0, counts);
        uint rows = BinaryPrimitives.ReadUInt32LittleEndian(counts), dim = BinaryPrimitives.ReadUInt32LittleEndian(counts[4..]);
        MatrixRegion.CheckShape(file, 0, rows, dim);
        if (rows > int.MaxValue)
            throw InputError.At(file, 0, "SHAPE", $"the file claims {rows} rows; readers of this format disagree above {int.MaxValue}. Split the file into shards.");

        long elements = rows * (long)dim;
        long expected = CountsBytes + elements * stored.SizeInBytes();
        if (file.Length == expected) return new MatrixRegion(CountsBytes, rows, (int)dim, stored);
        string hint = file.Length == CountsBytes + elements * 4 ? "; elements of 4 bytes would fit, as in .fbin"
            : file.Length == CountsBytes + elements ? "; elements of 1 byte would fit, as in .u8bin or .i8bin" : "";
        throw InputError.Size(file, expected, $"the first 8 bytes give {rows} rows of {dim} {stored.Name()} elements{hint}");
    }
}
