using System.Buffers.Binary;
using System.Text.Json;
using Engine.Native.Files;

namespace Engine.Data.Matrices;

/// <summary>Reads the header of a .safetensors file and finds one matrix in it.</summary>
/// <remarks>
/// Format: 8 bytes length, a JSON object of that length, then the tensors' bytes without gap or overlap, row-major, little-endian. Where the data begins is any byte.
/// Everything that two readers could understand differently is refused: duplicate keys, holes, overlaps, bytes behind the last tensor. Names are never used as paths.
/// </remarks>
internal static class Safetensors
{
    /// <summary>Longest header that is read, as the reference implementation has it.</summary>
    public const long MaxHeaderBytes = 100_000_000;

    private const int LengthBytes = 8;

    /// <summary>Finds the matrix.</summary>
    /// <param name="file">The file.</param>
    /// <param name="wanted">The tensor's name; null when the file has only one matrix.</param>
    /// <exception cref="EngineException">The file is broken, lacks the tensor, or the tensor is no matrix of a known type: exit 4.</exception>
    public static MatrixRegion FindMatrix(InputFile file, string? wanted)
    {
        IReadOnlyList<SafetensorsEntry> tensors = ReadTensors(file, out long dataOffset);
        SafetensorsEntry tensor = Choose(file, tensors, wanted);
        if (tensor.Shape.Length != 2)
            throw EngineException.Input(file.Name, "SHAPE", $"the tensor '{tensor.Name}' has {tensor.Shape.Length} {(tensor.Shape.Length == 1 ? "axis" : "axes")}, shape {tensor.ShapeText}, but a matrix has two: [rows, dim].");
        MatrixRegion.CheckShape(file, dataOffset + tensor.Begin, tensor.Shape[0], tensor.Shape[1]);
        StoredElement? stored = tensor.Type switch
        {
            "F32" => StoredElement.Float32,
            "F16" => StoredElement.Float16,
            "BF16" => StoredElement.BFloat16,
            "F64" => StoredElement.Float64,
            "I8" => StoredElement.Int8,
            "U8" => StoredElement.UInt8,
            _ => null,
        };
        if (stored is null) throw EngineException.Input(file.Name, "DTYPE", $"the tensor '{tensor.Name}' has dtype {tensor.Type}, but a matrix has F32, F16, BF16, F64, I8 or U8. Convert it.");
        return new MatrixRegion(dataOffset + tensor.Begin, tensor.Shape[0], (int)tensor.Shape[1], stored.Value);
    }

    /// <summary>Reads the header and checks that the tensors fill the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="dataOffset">Where the tensors' data begins.</param>
    /// <returns>The tensors in the header's order.</returns>
    /// <exception cref="EngineException">The file is broken: exit 4.</exception>
    public static IReadOnlyList<SafetensorsEntry> ReadTensors(InputFile file, out long dataOffset)
    {
        byte[] text = ReadHeader(file);
        dataOffset = LengthBytes + text.Length;
        List<SafetensorsEntry> tensors;
        try
        {
            tensors = new SafetensorsHeader(file, text).Parse();
        }
        catch (JsonException exception)
        {
            long at = LineStart(text, exception.LineNumber ?? 0) + (exception.BytePositionInLine ?? 0);
            throw InputError.At(file, LengthBytes + at, "HEADER", "the header is not valid JSON. The file is damaged; copy or write it again.");
        }

        CheckRanges(file, tensors, file.Length - dataOffset);
        return tensors;
    }

    private static byte[] ReadHeader(InputFile file)
    {
        if (file.Length < LengthBytes) throw InputError.At(file, file.Length, "HEADER", $"the file has {file.Length} bytes, but the header's length alone takes 8. Copy or write it again.");
        Span<byte> start = stackalloc byte[LengthBytes];
        file.Read(0, start);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length < 2) throw InputError.At(file, 0, "HEADER", $"the header claims {length} bytes, but an empty JSON object already takes 2. Copy or write the file again.");
        if (length > MaxHeaderBytes) throw InputError.At(file, 0, "HEADER", $"the header claims {length} bytes, but at most {MaxHeaderBytes} are read. Check that this is a .safetensors file.");
        if ((long)length > file.Length - LengthBytes) throw InputError.At(file, 0, "HEADER", $"the header claims {length} bytes, but only {file.Length - LengthBytes} {(file.Length - LengthBytes == 1 ? "follows" : "follow")}. The file was cut short; copy or write it again.");
        byte[] text = new byte[length];
        file.Read(LengthBytes, text);
        return text[0] == '{' ? text : throw InputError.At(file, LengthBytes, "HEADER", "the header does not begin with '{'. Check that this is a .safetensors file.");
    }

    private static void CheckRanges(InputFile file, List<SafetensorsEntry> tensors, long dataBytes)
    {
        long end = 0;
        foreach (SafetensorsEntry tensor in tensors.OrderBy(t => t.Begin).ThenBy(t => t.End))
        {
            if (tensor.Begin != end)
                throw EngineException.Input(file.Name, "OFFSETS", $"the tensor '{tensor.Name}' begins at byte {tensor.Begin} of the data, but the one before it ends at {end}: tensors follow each other without {(tensor.Begin < end ? "overlap" : "gap")}. Write the file again.");
            end = tensor.End;
        }

        if (end != dataBytes)
            throw EngineException.Input(file.Name, "SIZE", $"the tensors take {end} {(end == 1 ? "byte" : "bytes")}, but {dataBytes} {(dataBytes == 1 ? "follows" : "follow")} the header: {(end > dataBytes ? "the file was cut short" : "bytes belong to no tensor")}. Copy or write it again.");
    }

    private static SafetensorsEntry Choose(InputFile file, IReadOnlyList<SafetensorsEntry> tensors, string? wanted)
    {
        SafetensorsEntry[] found = [.. tensors.Where(t => wanted is null ? t.Shape.Length == 2 : t.Name == wanted)];
        if (found.Length == 1) return found[0];
        if (tensors.Count == 0) throw EngineException.Input(file.Name, "TENSOR", "the file has no tensors, expected a matrix, a tensor of two axes: [rows, dim]. Check that it is the right file.");
        if (wanted is null && found.Length == 0)
            throw EngineException.Input(file.Name, "TENSOR", $"none of the file's tensors has two axes, as a matrix does: [rows, dim]; it has {List(tensors, t => $" of shape {t.ShapeText}")}. Save the vectors as one matrix.");
        throw EngineException.Input(file.Name, "TENSOR", wanted is null
            ? $"the file has {found.Length} matrices, so \"tensor\" must name one; it has {List(tensors, _ => "")}."
            : $"the file has no tensor '{wanted}'; it has {List(tensors, _ => "")}. Correct \"tensor\".");
    }

    private static string List(IReadOnlyList<SafetensorsEntry> tensors, Func<SafetensorsEntry, string> more) =>
        string.Join(", ", tensors.Take(10).Select(t => $"'{Jsonl.LineFault.Brief(t.Name)}'{more(t)}")) + (tensors.Count > 10 ? $" and {tensors.Count - 10} more" : "");

    private static long LineStart(ReadOnlySpan<byte> text, long line)
    {
        int at = 0;
        for (; line > 0; line--) at += text[at..].IndexOf((byte)'\n') + 1;
        return at;
    }
}

/// <summary>One tensor of a .safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type as written.</param>
/// <param name="Shape">Sizes of its axes.</param>
/// <param name="Begin">First byte of its data, from the end of the header.</param>
/// <param name="End">The byte behind its data.</param>
internal sealed record SafetensorsEntry(string Name, string Type, long[] Shape, long Begin, long End)
{
    /// <summary>The shape as messages write it: <c>[3, 4]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
