using System.Globalization;
using Engine.Data.Matrices;
using Engine.Native.Files;

namespace Engine.Data.Inspection;

/// <summary>What the headers of matrix files say.</summary>
internal static class MatrixFacts
{
    private const int VersionOffset = 6;

    /// <summary>A .npy file, whatever its number of axes.</summary>
    public static void AddNpy(InputFile file, List<Fact> facts)
    {
        NpyHeader header = NpyHeader.Read(file);
        Span<byte> version = stackalloc byte[2];
        file.Read(VersionOffset, version);
        facts.Add(new Fact("format", string.Create(CultureInfo.InvariantCulture, $".npy {version[0]}.{version[1]}")));
        AddSize(file, facts);
        if (header.Shape.Length == 2) AddShape(header.Shape[0], header.Shape[1], facts);
        else facts.Add(new Fact("shape", $"({string.Join(", ", header.Shape.Select(Number))}{(header.Shape.Length == 1 ? "," : "")})"));
        facts.Add(new Fact("dtype", NpyTypeName(header.Type)));
        if (header.Type.Size > 1) facts.Add(new Fact("byte order", header.Type.BigEndian ? "big-endian" : "little-endian"));
        if (header.Shape.Length > 1) facts.Add(new Fact("order", header.Fortran ? "Fortran (columns contiguous)" : "C (rows contiguous)"));
        facts.Add(new Fact("data offset", Number(header.DataOffset)));
    }

    /// <summary>A .safetensors file: every tensor in the order of the data.</summary>
    public static void AddSafetensors(InputFile file, List<Fact> facts)
    {
        IReadOnlyList<SafetensorsEntry> tensors = Safetensors.ReadTensors(file, out long dataOffset);
        facts.Add(new Fact("format", ".safetensors"));
        AddSize(file, facts);
        facts.Add(new Fact("byte order", "little-endian"));
        facts.Add(new Fact("order", "C (rows contiguous)"));
        facts.Add(new Fact("data offset", Number(dataOffset)));
        facts.Add(new Fact("tensors", Number(tensors.Count)));
        int width = tensors.Count == 0 ? 0 : tensors.Max(t => t.Name.Length);
        foreach (SafetensorsEntry tensor in tensors.OrderBy(t => t.Begin).ThenBy(t => t.Name, StringComparer.Ordinal))
            facts.Add(new Fact("tensor", $"{tensor.Name.PadRight(width)}  {tensor.Type,-4}  [{string.Join(", ", tensor.Shape.Select(Number))}]  {Number(tensor.End - tensor.Begin)} bytes"));
    }

    /// <summary>A matrix behind two counts.</summary>
    public static void AddCounted(InputFile file, List<Fact> facts)
    {
        MatrixRegion region = MatrixFiles.Find(file, new EmbeddingsInput("", [file.Path], file.Name));
        facts.Add(new Fact("format", $"{Path.GetExtension(file.Path).ToLowerInvariant()} (two 32-bit counts, then rows)"));
        AddSize(file, facts);
        AddShape(region.Rows, region.Dim, facts);
        facts.Add(new Fact("dtype", region.Stored.Name()));
        facts.Add(new Fact("byte order", "little-endian"));
        facts.Add(new Fact("order", "C (rows contiguous)"));
        facts.Add(new Fact("data offset", Number(region.Offset)));
    }

    /// <summary>The file's size.</summary>
    public static void AddSize(InputFile file, List<Fact> facts) => facts.Add(new Fact("size", $"{Number(file.Length)} bytes"));

    /// <summary>A whole number as text.</summary>
    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static void AddShape(long rows, long dim, List<Fact> facts)
    {
        facts.Add(new Fact("rows", Number(rows)));
        facts.Add(new Fact("dim", Number(dim)));
    }

    private static string NpyTypeName(NpyType type) => type switch
    {
        { Letter: 'V', Size: 2 } => $"2-byte values without a type ('{type.Text}'); bf16 if the input says \"dtype\": \"bf16\"",
        { Letter: 'V' } => $"{type.Size}-byte values without a type ('{type.Text}')",
        _ => $"{type.Letter}{8 * type.Size} ('{type.Text}')",
    };
}
