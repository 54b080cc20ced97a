using System.Buffers.Binary;
using System.Globalization;
using Engine.Data.Matrices;

namespace Engine.Data.Scores;

/// <summary>Scores in a .npy file: one number per row, or one column per score.</summary>
internal static class NpyScores
{
    private const int ChunkBytes = 1 << 18;

    /// <summary>Adds a file's rows.</summary>
    /// <exception cref="EngineException">The file is no array of finite numbers with one or two axes: exit 4.</exception>
    public static void Read(InputFile file, ScoresInput input, ScoreColumns columns)
    {
        if (input.Id is not null) throw EngineException.Input(file.Name, "ID", "a .npy file has no ids. Remove \"id\" to match by row.");
        NpyHeader header = NpyHeader.Read(file);
        if (header.Shape.Length is not (1 or 2))
            throw InputError.At(file, header.ShapeOffset, "SHAPE", $"the array has {header.Shape.Length} axes, shape ({string.Join(", ", header.Shape)}), but scores have one, or two with a column per score.");
        if (header.Type is not ({ Letter: 'f', Size: 2 or 4 or 8 } or { Letter: 'i' or 'u' }))
            throw EngineException.Input(file.Name, "DTYPE", $"the elements have dtype '{header.Type.Text}', but scores are f8, f4, f2 or whole numbers. Convert with numpy's astype.");
        long rows = header.Shape[0], width = header.Shape.Length == 1 ? 1 : header.Shape[1];
        MatrixRegion.CheckShape(file, header.ShapeOffset, rows, width);

        (string Name, int At)[] wanted = Choose(file, header, input, (int)width);
        columns.Begin(file, [.. wanted.Select(w => w.Name)]);
        // A chunk has the rows as they lie; in Fortran order, a run of each wanted column.
        int size = header.Type.Size;
        int chunkRows = (int)Math.Clamp(ChunkBytes / (Math.Max(width, wanted.Length) * size), 1, rows);
        byte[] chunk = new byte[chunkRows * (header.Fortran ? wanted.Length : width) * size];
        double[] values = new double[wanted.Length];
        for (long first = 0; first < rows; first += chunkRows)
        {
            int count = (int)Math.Min(chunkRows, rows - first);
            if (!header.Fortran) file.Read(header.DataOffset + first * width * size, chunk.AsSpan(0, (int)(count * width * size)));
            for (int i = 0; i < wanted.Length && header.Fortran; i++)
                file.Read(header.DataOffset + (wanted[i].At * rows + first) * size, chunk.AsSpan(i * chunkRows * size, count * size));
            for (int r = 0; r < count; r++)
            {
                for (int i = 0; i < wanted.Length; i++)
                {
                    long at = header.Fortran ? (long)i * chunkRows + r : r * width + wanted[i].At;
                    values[i] = Number(chunk.AsSpan((int)(at * size), size), header.Type);
                    if (!double.IsFinite(values[i])) throw NotFinite(file, columns.Row, wanted[i].Name, values[i]);
                }

                columns.Add(values, id: null, columns.Row + 1);
            }
        }
    }

    private static EngineException NotFinite(InputFile file, long row, string column, double value) =>
        EngineException.Input(file.Name, "NOT_FINITE", $"row {row}: the column '{column}' is {value.ToString(CultureInfo.InvariantCulture)}, but scores are finite. Correct or remove the row.");

    private static (string Name, int At)[] Choose(InputFile file, NpyHeader header, ScoresInput input, int width)
    {
        if (header.Shape.Length == 1) return [(input.Column ?? "score", 0)];
        if (input.Column is null) return [.. Enumerable.Range(0, width).Select(i => (i.ToString(CultureInfo.InvariantCulture), i))];
        if (int.TryParse(input.Column, NumberStyles.None, CultureInfo.InvariantCulture, out int column) && column < width) return [(input.Column, column)];
        throw EngineException.Input(file.Name, "COLUMN", $"the array has no column '{input.Column}'; its columns are numbered 0 to {width - 1}.");
    }

    private static double Number(Span<byte> bytes, NpyType type)
    {
        if (type.BigEndian) bytes.Reverse();
        return (type.Letter, type.Size) switch
        {
            ('f', 8) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            ('f', 4) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
            ('f', _) => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
            ('i', 8) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            ('i', 4) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            ('i', 2) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            ('i', _) => (sbyte)bytes[0],
            (_, 8) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            (_, 4) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            (_, 2) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            _ => bytes[0],
        };
    }
}
