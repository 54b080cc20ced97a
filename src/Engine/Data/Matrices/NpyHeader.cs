using System.Buffers.Binary;

namespace Engine.Data.Matrices;

/// <summary>The header of a .npy file, versions 1.0 to 3.0: element type, axis order, shape and where the data begins.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Fortran">Whether the first axis is the contiguous one.</param>
/// <param name="Shape">Sizes of the axes.</param>
/// <param name="ShapeOffset">Where the shape stands in the file.</param>
/// <param name="DataOffset">Where the data begins; any alignment.</param>
/// <remarks>Format: numpy.org, NEP 1 and <c>numpy.lib.format</c>. The length is checked against the limit and the file before anything is reserved or read.</remarks>
internal sealed record NpyHeader(NpyType Type, bool Fortran, long[] Shape, long ShapeOffset, long DataOffset)
{
    /// <summary>Longest header that is read: NumPy's own limit.</summary>
    public const int MaxHeaderBytes = 10_000;

    /// <summary>The first six bytes of every .npy file.</summary>
    public static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads and checks a header, and that the file is exactly as long as it says.</summary>
    /// <exception cref="EngineException">The header or the size is wrong: exit 4.</exception>
    public static NpyHeader Read(InputFile file)
    {
        Span<byte> start = stackalloc byte[12];
        start = start[..(int)Math.Min(start.Length, file.Length)];
        file.Read(0, start);
        if (!start.StartsWith(Magic)) throw WrongMagic(file, start);
        if (start.Length < 10) throw InputError.At(file, start.Length, "HEADER", $"the file ends inside its header: it has {start.Length} bytes. Copy or write it again.");

        (int major, int minor) = (start[6], start[7]);
        if (major is < 1 or > 3 || minor != 0)
            throw InputError.At(file, 6, "VERSION", $"the .npy format version is {major}.{minor}, but 1.0, 2.0 and 3.0 are known. Write the file again with numpy.save.");
        int lengthBytes = major == 1 ? 2 : 4;
        if (start.Length < 8 + lengthBytes) throw InputError.At(file, start.Length, "HEADER", $"the file ends inside its header: it has {start.Length} bytes. Copy or write it again.");
        long length = major == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        long textOffset = 8 + lengthBytes;
        if (length > MaxHeaderBytes)
            throw InputError.At(file, 8, "HEADER", $"the header claims {length} bytes, but at most {MaxHeaderBytes} are read. A plain matrix needs about 100; write the file again with numpy.save.");
        if (textOffset + length > file.Length)
            throw InputError.At(file, 8, "HEADER", $"the header claims {length} bytes, but only {file.Length - textOffset} {(file.Length - textOffset == 1 ? "follows" : "follow")}. The file was cut short; copy or write it again.");

        byte[] text = new byte[length];
        file.Read(textOffset, text);
        NpyLiteral literal = new(file, text, textOffset);
        literal.Parse();
        NpyType type = NpyType.Parse(file, literal.DescrOffset, literal.Descr!);
        NpyHeader header = new(type, literal.Fortran!.Value, literal.Shape!, literal.ShapeOffset, textOffset + length);
        header.CheckSize(file);
        return header;
    }

    private void CheckSize(InputFile file)
    {
        long expected;
        try
        {
            checked
            {
                long elements = Shape.Contains(0) ? 0 : Shape.Aggregate(1L, (product, size) => product * size);
                expected = DataOffset + elements * Type.Size;
            }
        }
        catch (OverflowException)
        {
            throw InputError.At(file, ShapeOffset, "SHAPE", $"the shape ({string.Join(", ", Shape)}) has more elements than 2^63 bytes hold, and the file has {file.Length} bytes. Write the file again.");
        }

        if (file.Length != expected)
            throw InputError.Size(file, expected, $"the header of {DataOffset} bytes gives shape ({string.Join(", ", Shape)}) and dtype '{Type.Text}'");
    }

    private static EngineException WrongMagic(InputFile file, ReadOnlySpan<byte> start)
    {
        string what = start switch
        {
            [] => "the file is empty (0 bytes). Write it again",
            [(byte)'P', (byte)'K', 3 or 5, ..] => "the file is a zip archive, as numpy.savez writes (.npz). Take one array out of it: numpy.save('x.npy', numpy.load('x.npz')['name'])",
            [0x80, ..] => "the file looks like a Python pickle, which is always refused because reading one can run any code. Save plain numbers with numpy.save",
            [0x1f, 0x8b, ..] => "the file is compressed with gzip, but matrices are mapped as they lie. Unpack it first: gunzip",
            _ => "the file does not begin like a .npy file (\\x93NUMPY). Check the path, or save the array with numpy.save",
        };
        return InputError.At(file, 0, "MAGIC", what + ".");
    }
}
