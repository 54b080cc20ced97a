namespace Engine.Data;

/// <summary>Refuses Parquet files and names the one line that turns them into a format that is read.</summary>
internal static class ParquetRefusal
{
    /// <summary>Whether a file is Parquet by its name or its first bytes.</summary>
    public static bool IsParquet(InputFile file)
    {
        if (Path.GetExtension(file.Path).Equals(".parquet", StringComparison.OrdinalIgnoreCase)) return true;
        if (file.Length < 4) return false;
        Span<byte> start = stackalloc byte[4];
        file.Read(0, start);
        return start.SequenceEqual("PAR1"u8);
    }

    /// <summary>Records go to JSON Lines.</summary>
    public static EngineException Records(InputFile file) => Refuse(file, "records are read from JSON Lines", Copy(file, "jsonl"));

    /// <summary>Scores go to comma-separated values.</summary>
    public static EngineException Scores(InputFile file) => Refuse(file, "scores are read from .csv, .jsonl or .npy", Copy(file, "csv"));

    /// <summary>A list column goes to a matrix.</summary>
    public static EngineException Embeddings(InputFile file) => Refuse(file, "embeddings are read from .npy, .safetensors, .fbin, .u8bin, .i8bin or raw rows",
        $"python -c \"import numpy, pandas; numpy.save('{Stem(file)}.npy', numpy.stack(pandas.read_parquet('{Path.GetFileName(file.Path)}')['embedding']).astype('float32'))\"");

    private static string Copy(InputFile file, string extension) => $"duckdb -c \"copy (from '{Path.GetFileName(file.Path)}') to '{Stem(file)}.{extension}'\"";

    private static string Stem(InputFile file) => Path.GetFileNameWithoutExtension(file.Path);

    private static EngineException Refuse(InputFile file, string wanted, string remedy) =>
        EngineException.Input(file.Name, "FORMAT", $"the file is Parquet, but {wanted}. Convert it, for instance: {remedy}");
}
