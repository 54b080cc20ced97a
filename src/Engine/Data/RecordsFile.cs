using Engine.Data.Jsonl;
using Engine.Data.Parquet;
using Engine.Kernels;

namespace Engine.Data;

/// <summary>Opens text records: JSON Lines, plain or packed with gzip or zstd, or the rows of Parquet, one file or shards.</summary>
public static class RecordsFile
{
    /// <summary>Reads every file once from front to back, checking every record completely, and remembers where each one is.</summary>
    /// <param name="input">The files and what the plan says about them.</param>
    /// <param name="files">Keeps the opened files; dispose it after the records.</param>
    /// <param name="pass">Cancellation, and progress in bytes.</param>
    /// <returns>At least one record.</returns>
    /// <remarks>
    /// A record is one JSON object (RFC 8259, UTF-8) on one line; LF ends a line, a CR before it and a byte order mark at the file's start are no part of it, blank lines are skipped.
    /// Refused: invalid UTF-8, lone surrogate escapes, nesting over 64, a key twice in one object, lines over <see cref="RecordsInput.MaxLineBytes"/>, a record that does not fit its file's layout,
    /// an id that is missing or stands twice. A row of Parquet is a record as if it stood there as a JSON object, columns in file order.
    /// </remarks>
    /// <exception cref="EngineException">A file is missing or a record wrong: exit 4, with file, line and column. A file cannot be read: exit 7. A file packed with zstd needs libzstd, or Parquet needs libduckdb, and it is not there: exit 9.</exception>
    public static Records Open(RecordsInput input, InputFiles files, Pass pass)
    {
        if (input.Paths.Count == 0) throw EngineException.Input(input.Written, "NO_MATCH", "the input names no file. Give at least one.");
        List<TextFile> texts = [];
        try
        {
            foreach (string path in input.Paths) texts.Add(Open(files.Open(path, InputPaths.Shown(path, input.Written, input.Paths.Count)), pass));
            RecordScan scan = new(input, texts, files.Memory.Reserve($"the table of the records {input.Written}", 0), pass);
            scan.Run();
            if (scan.Entries.Count == 0) throw EngineException.Input(input.Written, "EMPTY", "the input holds no records (0 lines with text), but at least one is needed. Check the path.");
            return new JsonlRecords(input, texts, scan);
        }
        catch
        {
            foreach (TextFile text in texts) text.Dispose();
            throw;
        }
    }

    /// <summary>Opens one file of text records, plain or packed.</summary>
    /// <param name="file">The file; not owned.</param>
    /// <param name="pass">Cancellation of checks that come before the text.</param>
    /// <exception cref="EngineException">The file is of another format, or its name and its content disagree: exit 4.</exception>
    internal static TextFile Open(InputFile file, Pass pass)
    {
        Span<byte> start = stackalloc byte[4];
        start = start[..(int)Math.Min(start.Length, file.Length)];
        file.Read(0, start);
        string extension = Path.GetExtension(file.Path).ToLowerInvariant();
        if (ParquetFooter.IsParquet(file)) return new ParquetTextFile(file, pass);
        PickleRefusal.Check(file);
        CheckName(file, extension, ".gz", "gzip", "GZIP", "1f 8b", start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]));
        CheckName(file, extension, ".zst", "zstd", "ZSTD", "28 b5 2f fd", ZstdTextFile.BeginsLikeZstd(start));
        return extension switch
        {
            ".gz" => new GzipTextFile(file),
            ".zst" => new ZstdTextFile(file),
            _ => new PlainTextFile(file),
        };
    }

    // A name that says otherwise than the content means that one of them is a mistake, and guessing which would read rubbish as records.
    private static void CheckName(InputFile file, string extension, string packedExtension, string packing, string code, string magic, bool packed)
    {
        if (packed == (extension == packedExtension)) return;
        throw EngineException.Input(file.Name, code, packed
            ? $"the file is packed with {packing}, but its name does not end in {packedExtension}. Rename it."
            : $"the name ends in {packedExtension}, but the file does not begin like {packing} ({magic}). Rename it, or pack it again.");
    }
}
