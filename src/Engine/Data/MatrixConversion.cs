using System.Globalization;
using Engine.Data.Matrices;
using Engine.Kernels;
using Engine.Native.Files;

namespace Engine.Data;

/// <summary>Writes any embeddings input as one .npy or .safetensors file.</summary>
/// <param name="Source">The files to read.</param>
/// <param name="Target">Absolute path of the file to write; its extension chooses the format.</param>
/// <param name="Written">How messages call the target.</param>
internal sealed record MatrixConversion(EmbeddingsInput Source, string Target, string Written)
{
    private const int BlockElements = 1 << 20;

    /// <summary>The element type to write; null keeps the source's.</summary>
    public ElementType? Element { get; init; }

    /// <summary>The tensor's name in a .safetensors file.</summary>
    public string TensorName { get; init; } = "embeddings";

    /// <summary>Whether a file that stands at the target is replaced.</summary>
    public bool Force { get; init; }

    /// <summary>The element type of a name in the plan language; null of none.</summary>
    public static ElementType? ElementNamed(string? name) =>
        name is null ? null : Enum.GetValues<ElementType>().Cast<ElementType?>().FirstOrDefault(e => e!.Value.PlanName() == name);

    /// <summary>Converts in bounded memory: about 8 MiB, or two rows. The target appears whole or not at all.</summary>
    /// <param name="cancel">Stops the conversion and leaves nothing.</param>
    /// <returns>What the user should know, such as a loss of precision.</returns>
    /// <exception cref="EngineException">
    /// The target's format is not known, cannot store the type, or the target is an input: exit 2. The source is missing, wrong, or has a value that does not fit the type (the row is named): exit 4.
    /// The source changed meanwhile: exit 5. The target exists: exit 6. It cannot be written: exit 7.
    /// </exception>
    public IReadOnlyList<string> Run(CancellationToken cancel)
    {
        bool npy = Path.GetExtension(Target).ToLowerInvariant() switch
        {
            ".npy" => true,
            ".safetensors" => false,
            string other => throw CommandLine("FORMAT", $"the format of '{other}' cannot be written. Name a .npy or .safetensors file."),
        };
        CheckTarget();
        if (Source.Paths.FirstOrDefault(p => !Path.Exists(p)) is { } missing)
            throw EngineException.Input(InputPaths.Shown(missing, Source.Written, Source.Paths.Count), "MISSING", "the input file does not exist. Check the path.");
        using InputFiles files = new();
        using RowSource rows = MatrixFiles.Open(Source, files, new Pass(cancel: cancel)).Matrix;
        FileIdentity? there = AtTarget(followLinks: true);
        if (there is { } target && files.Files.FirstOrDefault(f => f.Identity.IsSameFile(target)) is { } same)
            throw CommandLine("OUTPUT", $"the output is the input file {same.Name}. Choose another path.");
        ElementType element = Element ?? rows.Element;
        if (npy && element == ElementType.BFloat16) throw CommandLine("DTYPE", "NumPy has no bfloat16. Name a .safetensors file, or choose --dtype f32, which holds every bf16 value exactly.");
        if (element == ElementType.Int8 && Source.Scale is not null) throw CommandLine("SCALE", "a scaled matrix cannot be written as i8, because the scale would be lost. Leave --scale out, or choose --dtype f32.");

        using AtomicFile output = new(Target);
        if (npy) NpyWriter.BeginMatrix(output.Stream, rows.Rows, rows.Dim, element);
        else SafetensorsWriter.BeginMatrix(output.Stream, TensorName, rows.Rows, rows.Dim, element);
        WriteRows(rows, element, output.Stream, cancel);
        files.Verify();
        output.Commit();
        return files.Warnings;
    }

    private void CheckTarget()
    {
        if (Directory.Exists(Target)) throw new EngineException(new EngineError(ExitCode.Io, "NOT_A_FILE", "found a folder where the output file goes. Choose another path.", Written));

        // A link to nothing is something that stands there, too.
        if (!Force && AtTarget(followLinks: false) is not null)
            throw new EngineException(new EngineError(ExitCode.OutputExists, "EXISTS", "found a file where the output goes. Move it away, choose another path, or give --force to replace it.", Written));
    }

    private FileIdentity? AtTarget(bool followLinks)
    {
        try
        {
            return FileIdentity.Of(Target, followLinks);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Writing(Written, refused);
        }
    }

    private void WriteRows(RowSource rows, ElementType element, Stream output, CancellationToken cancel)
    {
        int dim = rows.Dim, blockRows = Math.Max(1, BlockElements / dim);
        float[] values = new float[dim];
        byte[] bytes = new byte[checked((int)Math.Min(blockRows, rows.Rows) * dim * element.SizeInBytes())];
        for (long first = 0; first < rows.Rows;)
        {
            cancel.ThrowIfCancellationRequested();
            using RowBlock block = rows.Borrow(first, blockRows);
            int stride = dim * element.SizeInBytes(), count = (int)block.View.Rows;
            for (int row = 0; row < count; row++)
            {
                block.View.CopyRowTo(row, values);
                int misfit = ElementNarrowing.Narrow(values, element, bytes.AsSpan(row * stride, stride));
                if (misfit >= 0) throw Misfit(first + row, misfit, values[misfit], element);
            }

            output.Write(bytes, 0, count * stride);
            first += count;
        }
    }

    private EngineException Misfit(long row, int column, float value, ElementType element)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return float.IsFinite(value)
            ? EngineException.Input(Source.Written, "RANGE", element == ElementType.Int8
                ? $"row {row}: element {column} is {text}, but i8 holds whole numbers from -128 to 127 only. Quantise the matrix yourself, or choose another --dtype."
                : $"row {row}: element {column} is {text}, which is beyond the range of {element.PlanName()} and would become infinite. Choose --dtype f32{(element == ElementType.Float16 ? " or bf16" : "")}, or scale the matrix.")
            : EngineException.Input(Source.Written, "NOT_FINITE", $"row {row}: element {column} is {text} as float32, but embeddings are finite. Correct or remove the row.");
    }

    private EngineException CommandLine(string code, string message) => new(new EngineError(ExitCode.CommandLine, code, message, Written));
}
