using Engine.Kernels;
using Engine.Native.Files;

namespace Engine.Data.Matrices;

/// <summary>A NumPy element type such as <c>&lt;f4</c>: byte order, kind and size.</summary>
/// <param name="Text">As the file writes it.</param>
/// <param name="BigEndian">Whether the most significant byte comes first.</param>
/// <param name="Letter">NumPy's letter for the kind: f, i, u, V, ...</param>
/// <param name="Size">Bytes in an element.</param>
internal readonly record struct NpyType(string Text, bool BigEndian, char Letter, int Size)
{
    /// <summary>Reads a type's text.</summary>
    /// <param name="file">For messages.</param>
    /// <param name="offset">Where the text stands.</param>
    /// <param name="text">The value of <c>descr</c>.</param>
    /// <exception cref="EngineException">It is no plain number type: exit 4; for objects the message names the danger.</exception>
    public static NpyType Parse(InputFile file, long offset, string text)
    {
        ReadOnlySpan<char> rest = text;
        bool bigEndian = rest.StartsWith('>');
        if (rest.Length > 0 && rest[0] is '<' or '>' or '|' or '=') rest = rest[1..];
        char letter = rest.Length > 0 ? rest[0] : ' ';
        if (letter == 'O')
        {
            throw InputError.At(file, offset, "DTYPE", "the elements are Python objects, stored as a pickle; reading a pickle can run any code, so it is always refused. "
                + "Save plain numbers instead: numpy.save(path, array.astype('float32')).");
        }

        if (letter is 'f' or 'i' or 'u' or 'V' && int.TryParse(rest[1..], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int size) && size is 1 or 2 or 4 or 8)
            return new NpyType(text, bigEndian, letter, size);

        string kind = letter switch
        {
            'c' => "complex numbers",
            'S' or 'U' or 'a' => "strings",
            'M' or 'm' => "dates or times",
            'b' or '?' => "truth values",
            _ => "of a type that is not known",
        };
        throw InputError.At(file, offset, "DTYPE", $"the elements are {kind} (dtype '{text}'), but numbers are needed: f4, f2, f8 or i1 for a matrix. Convert with numpy's astype.");
    }

    /// <summary>The type as a matrix element.</summary>
    /// <param name="file">For messages.</param>
    /// <param name="asked">The plan's <c>dtype</c>, or null.</param>
    /// <exception cref="EngineException">No matrix has this type, or the plan asks for another: exit 4.</exception>
    public StoredElement AsElement(InputFile file, ElementType? asked)
    {
        StoredElement? stored = (Letter, Size) switch
        {
            ('f', 4) => StoredElement.Float32,
            ('f', 2) => StoredElement.Float16,
            ('f', 8) => StoredElement.Float64,
            ('i', 1) => StoredElement.Int8,
            ('u', 1) => StoredElement.UInt8,
            ('V' or 'u', 2) when asked == ElementType.BFloat16 => StoredElement.BFloat16,
            _ => null,
        };
        if (stored is null && (Letter, Size) is ('V' or 'u', 2))
            throw EngineException.Input(file.Name, "DTYPE", $"the elements are 2-byte values without a number type (dtype '{Text}'), which is how bfloat16 is saved. If they are that, set \"dtype\": \"bf16\" on the input.");
        if (stored is null)
            throw EngineException.Input(file.Name, "DTYPE", $"the elements have dtype '{Text}', but a matrix has f4, f2, f8, i1 or u1. Convert with numpy's astype.");
        if (asked is ElementType wanted && stored.Value.Converted() != wanted)
            throw EngineException.Input(file.Name, "DTYPE", $"the plan says dtype {wanted.PlanName()}, but the file has '{Text}'. Correct the plan or convert the file.");
        return stored.Value;
    }
}
