using System.Globalization;
using System.Text.RegularExpressions;

namespace Engine.Indexes;

/// <summary>A kind of index in the words of FAISS's index factory, and what follows from them: its size, its one parameter of searches, and how much work it is.</summary>
/// <remarks>Known are <c>Flat</c>, <c>IVFn,Flat</c>, <c>IVFn,SQ8</c> and <c>HNSWm</c>; any other text goes to FAISS as it is.</remarks>
internal sealed partial record IndexKind
{
    /// <summary>Links of a row on the lowest level of an HNSW index are twice m, of 4 bytes each, and the levels above add about a tenth.</summary>
    private const double HnswLinkBytes = 2 * sizeof(int) * 1.1;

    private const int RowNumberBytes = 8;

    /// <summary>Reads a factory text.</summary>
    public IndexKind(string factory)
    {
        Factory = factory;
        if (Known().Match(factory) is not { Success: true } match) return;
        IsKnown = true;
        if (match.Groups["lists"] is { Success: true } lists) Lists = int.Parse(lists.Value, CultureInfo.InvariantCulture);
        if (match.Groups["links"] is { Success: true } links) Links = int.Parse(links.Value, CultureInfo.InvariantCulture);
        IsQuantized = match.Groups["codes"].Value == "SQ8";
    }

    /// <summary>The text.</summary>
    public string Factory { get; }

    /// <summary>Whether the engine knows what the text means.</summary>
    public bool IsKnown { get; }

    /// <summary>Inverted lists, or 0.</summary>
    public int Lists { get; }

    /// <summary>m of HNSW, or 0.</summary>
    public int Links { get; }

    /// <summary>Whether vectors are kept in 8 bits an element.</summary>
    public bool IsQuantized { get; }

    /// <summary>The parameter that trades speed for recall, by FAISS's name; null where there is none.</summary>
    public string? Parameter => Factory.Contains("IVF", StringComparison.Ordinal) ? "nprobe" : Factory.Contains("HNSW", StringComparison.Ordinal) ? "efSearch" : null;

    /// <summary>The most that the parameter is ever set to.</summary>
    public int MostOfParameter(long rows) => Parameter switch
    {
        null => 1,
        "nprobe" => Lists > 0 ? Lists : 1 << 12,
        _ => (int)Math.Min(rows, 1 << 13),
    };

    /// <summary>The least that the parameter can usefully be.</summary>
    public int LeastOfParameter(int depth) => Parameter == "efSearch" ? Math.Max(16, depth) : 1;

    /// <summary>Candidates to ask for so that the best ones are among them although the index compares rounded or shortened vectors.</summary>
    public int Candidates(int depth, long rows) => (int)Math.Min(rows, IsKnown && !IsQuantized ? depth + 16L : (2L * depth) + 32);

    /// <summary>Bytes the index takes in memory, about.</summary>
    public long Bytes(long rows, int dim)
    {
        double row = (IsQuantized ? 1.0 : sizeof(float)) * dim;
        if (Lists > 0) row += RowNumberBytes;
        if (Links > 0) row += Links * HnswLinkBytes;
        return checked((long)((rows * row) + ((double)Lists * dim * sizeof(float))));
    }

    /// <summary>As many inverted lists as the engine takes for so many rows: about twice the root, a power of two.</summary>
    public static int UsualLists(long rows) => (int)Math.Clamp(1L << (int)Math.Round(Math.Log2(2 * Math.Sqrt(rows))), 1, Math.Max(1, rows / 39));

    /// <summary>A row in every list, and its number.</summary>
    public static IndexKind IvfFlat(long rows) => new(string.Create(CultureInfo.InvariantCulture, $"IVF{UsualLists(rows)},Flat"));

    /// <summary>The same in 8 bits an element.</summary>
    public static IndexKind IvfSq8(long rows) => new(string.Create(CultureInfo.InvariantCulture, $"IVF{UsualLists(rows)},SQ8"));

    /// <summary>A graph of neighbours.</summary>
    public static IndexKind Hnsw { get; } = new("HNSW32");

    /// <summary>All rows, one after the other.</summary>
    public static IndexKind Flat { get; } = new("Flat");

    [GeneratedRegex(@"^(?:Flat|IVF(?<lists>[1-9][0-9]{0,7}),(?<codes>Flat|SQ8)|HNSW(?<links>[1-9][0-9]{0,2})(?:,Flat)?)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Known();
}
