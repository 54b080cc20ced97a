using System.Buffers.Binary;
using Engine.Kernels;

namespace Engine.Data.Matrices;

/// <summary>Reading of .npy files: matrices in place, short vectors into memory.</summary>
internal static class NpyFile
{
    /// <summary>Finds the matrix in a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="asked">The plan's <c>dtype</c>, or null.</param>
    /// <exception cref="EngineException">It is no two-dimensional matrix of numbers: exit 4.</exception>
    public static MatrixRegion FindMatrix(InputFile file, ElementType? asked)
    {
        NpyHeader header = NpyHeader.Read(file);
        if (header.Shape.Length != 2)
        {
            string hint = header.Shape.Length == 1 ? " One row is a matrix too: save array.reshape(1, -1), or array.reshape(-1, 1) for rows of one element." : " Save array.reshape(rows, dim).";
            throw InputError.At(file, header.ShapeOffset, "SHAPE", $"the array has {header.Shape.Length} {(header.Shape.Length == 1 ? "axis" : "axes")}, shape ({string.Join(", ", header.Shape)}), but a matrix has two: (rows, dim).{hint}");
        }

        MatrixRegion.CheckShape(file, header.ShapeOffset, header.Shape[0], header.Shape[1]);
        return new MatrixRegion(header.DataOffset, header.Shape[0], (int)header.Shape[1], header.Type.AsElement(file, asked), header.Type.BigEndian, header.Fortran);
    }

    /// <summary>Reads a one-dimensional array of int64 or int32.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="EngineException">It is anything else, or longer than 2^31 elements: exit 4.</exception>
    public static long[] ReadIntegers(InputFile file)
    {
        NpyHeader header = NpyHeader.Read(file);
        if (header.Shape.Length != 1)
            throw InputError.At(file, header.ShapeOffset, "SHAPE", $"the array has {header.Shape.Length} axes, shape ({string.Join(", ", header.Shape)}), but a list of whole numbers has one.");
        if (header.Type is not { Letter: 'i', Size: 8 or 4 })
            throw EngineException.Input(file.Name, "DTYPE", $"the elements have dtype '{header.Type.Text}', but i8 (int64) or i4 (int32) is needed. Convert with numpy's astype.");
        byte[] buffer = new byte[1 << 16];
        long[] values = new long[Length(file, header)];
        int size = header.Type.Size, step = buffer.Length / size;
        for (int first = 0; first < values.Length; first += step)
        {
            Span<byte> part = buffer.AsSpan(0, Math.Min(step, values.Length - first) * size);
            file.Read(header.DataOffset + (long)first * size, part);
            for (int at = 0, i = first; at < part.Length; at += size, i++)
            {
                values[i] = (size, header.Type.BigEndian) switch
                {
                    (8, false) => BinaryPrimitives.ReadInt64LittleEndian(part[at..]),
                    (8, true) => BinaryPrimitives.ReadInt64BigEndian(part[at..]),
                    (_, false) => BinaryPrimitives.ReadInt32LittleEndian(part[at..]),
                    _ => BinaryPrimitives.ReadInt32BigEndian(part[at..]),
                };
            }
        }

        return values;
    }

    private static int Length(InputFile file, NpyHeader header) =>
        header.Shape[0] <= Array.MaxLength
            ? (int)header.Shape[0]
            : throw InputError.At(file, header.ShapeOffset, "SHAPE", $"the array has {header.Shape[0]} elements, but at most {Array.MaxLength} are read into memory.");
}
