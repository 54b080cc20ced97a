using Engine.Data.Inspection;
using Engine.Data.Parquet;
using Engine.Kernels;

namespace Engine.Data;

/// <summary>One thing that is known about a file.</summary>
/// <param name="Name">What it is, such as <c>rows</c>; several facts of a file may share a name.</param>
/// <param name="Value">How it is.</param>
internal readonly record struct Fact(string Name, string Value);

/// <summary>What a file holds.</summary>
/// <param name="File">The file as the user wrote it.</param>
/// <param name="Facts">Format and size first.</param>
internal sealed record FileFacts(string File, IReadOnlyList<Fact> Facts);

/// <summary>Says what a data file holds: matrices by their headers, models by what they declare, text completely, record by record, Parquet by its footer and page headers. Nothing in a file is ever executed.</summary>
internal static class FileInspection
{
    /// <summary>Looks into a file.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="name">How messages call it.</param>
    /// <param name="cancel">Stops the reading.</param>
    /// <exception cref="EngineException">The file is missing, damaged, a pickle or of no known format: exit 4. It cannot be read: exit 7. A library for it is missing: exit 9. Somebody wrote to it meanwhile: exit 5.</exception>
    public static FileFacts Inspect(string path, string name, CancellationToken cancel)
    {
        Pass pass = new(cancel: cancel);
        if (!Path.Exists(path)) throw EngineException.Input(name, "MISSING", "the file does not exist. Check the path.");
        using InputFile file = InputFile.Open(path, name);
        List<Fact> facts = [];
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".npy": MatrixFacts.AddNpy(file, facts); break;
            case ".safetensors": MatrixFacts.AddSafetensors(file, facts); break;
            case ".fbin" or ".u8bin" or ".i8bin": MatrixFacts.AddCounted(file, facts); break;
            case ".onnx": OnnxFacts.Add(file, facts); break;
            case ".csv": CsvFacts.Add(file, facts, pass); break;
            case ".jsonl" or ".ndjson" or ".json" or ".gz" or ".zst": new JsonlFacts(file, pass).Add(facts); break;
            case string when ParquetFooter.IsParquet(file): ParquetFacts.Add(file, facts, pass); break;
            case string extension:
                throw PickleRefusal.Of(file) ?? EngineException.Input(name, "FORMAT",
                    $"the format of '{extension}' is not known. Known are .npy, .safetensors, .fbin, .u8bin, .i8bin, .csv, .jsonl, .jsonl.gz, .jsonl.zst, .parquet and .onnx; raw rows say nothing about themselves.");
        }

        file.Verify();
        return new FileFacts(name, facts);
    }
}
