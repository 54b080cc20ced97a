using Engine.Data.Jsonl;
using Engine.Data.Parquet;
using Engine.Kernels;

namespace Engine.Data.Inspection;

/// <summary>What a Parquet file says about itself. Footer and pages are checked; no library is needed, and no page is unpacked.</summary>
internal static class ParquetFacts
{
    private const int MostColumns = 256;

    /// <summary>Reads footer and page headers.</summary>
    /// <exception cref="EngineException">They do not fit the file: exit 4, with the offset.</exception>
    public static void Add(InputFile file, List<Fact> facts, Pass pass)
    {
        ParquetFooter footer = ParquetFooter.Read(file);
        ParquetPages pages = new(file, footer);
        pages.Check(pass);
        facts.Add(new Fact("format", "Parquet"));
        MatrixFacts.AddSize(file, facts);
        if (footer.CreatedBy is { } program) facts.Add(new Fact("written by", LineFault.Brief(program)));
        facts.Add(new Fact("rows", MatrixFacts.Number(footer.Rows)));
        facts.Add(new Fact("row groups", MatrixFacts.Number(footer.Groups.Count)));
        if (footer.Groups.Count > 0) facts.Add(new Fact("packing", string.Join(", ", pages.CodecNames)));
        facts.Add(new Fact("columns", MatrixFacts.Number(footer.Columns.Count)));
        ParquetField[] shown = [.. footer.Columns.Take(MostColumns)];
        int width = shown.Max(c => LineFault.Brief(c.Name).Length);
        facts.AddRange(shown.Select(c => new Fact("column", $"{LineFault.Brief(c.Name).PadRight(width)}  {c.TypeName}")));
        if (footer.Columns.Count > MostColumns) facts.Add(new Fact("column", $"and {footer.Columns.Count - MostColumns} more"));
    }
}
