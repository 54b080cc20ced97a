using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Engine.Kernels.Cpu;

/// <summary>What the workers of one call share.</summary>
/// <param name="rows">[rows x dim].</param>
/// <param name="scales">[rows] or null for 1.</param>
/// <param name="which">Rows to bring up to date, or null for all.</param>
/// <param name="blocks">The centres, <see cref="IMinDistances.Step"/> to a block.</param>
/// <param name="leading">Those of them that rows with more steps to go are shown first.</param>
/// <param name="count">Centres.</param>
/// <param name="longest">At least the length of every centre.</param>
/// <param name="enough">A row below this goes no further.</param>
/// <param name="seen">[rows].</param>
/// <param name="least">[rows].</param>
/// <param name="nearest">[rows] or null.</param>
/// <param name="stayed">Where rows go that are not near enough, if they are looked for at all: then only rows that were not are relaxed.</param>
/// <param name="pass">Cancellation.</param>
internal sealed unsafe class RelaxationJob(
    RowSource rows, double* scales, int* which, List<CentreBlock> blocks, List<CentreBlock> leading, int count, double longest, double enough, int* seen, double* least, int* nearest, List<int>? stayed, Pass pass)
{
    private readonly long _matrixRows = rows.Rows;

    public RowSource Rows => rows;

    public Pass Pass => pass;

    public int Count => count;

    public double Longest => longest;

    public CentreBlock Block(int step) => blocks[step];

    public List<CentreBlock> Leading => leading;

    /// <summary>What rows and centres are quantised around, where 8-bit estimates may come first.</summary>
    public ByteCentre? Around { get; init; }

    /// <summary>Whether only rows are relaxed that are not near enough, and those that stay so are listed.</summary>
    public bool IsAbove => stayed is not null;

    /// <summary>Adds a worker's rows that were not brought near enough.</summary>
    public void Stay(List<int> rows)
    {
        lock (stayed!) stayed.AddRange(rows);
    }

    /// <summary>Fills a list with rows of the call.</summary>
    /// <param name="at">The first item; moves behind the last one looked at.</param>
    /// <param name="end">The item behind the last.</param>
    /// <param name="rows">The list.</param>
    /// <returns>Rows in the list: as many as fit, or all.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int List(ref long at, long end, Span<int> rows)
    {
        if (IsAbove) return Find(ref at, end, rows);
        int count = (int)Math.Min(rows.Length, end - at);
        for (int i = 0; i < count; i++) rows[i] = which == null ? (int)at + i : Shapes.Row(_matrixRows, which[at + i], nameof(which));
        at += count;
        return count;
    }

    private int Find(ref long at, long end, Span<int> rows)
    {
        // Few of many are wanted, so eight are tested together.
        int found = 0, row = (int)at, stop = (int)end;
        Vector512<double> low = Vector512.Create(enough);
        for (; row + Vector512<double>.Count <= stop && found + Vector512<double>.Count <= rows.Length; row += Vector512<double>.Count)
        {
            ulong wanted = Vector512.GreaterThanOrEqual(Vector512.Load(least + row), low).ExtractMostSignificantBits();
            for (; wanted != 0; wanted &= wanted - 1) rows[found++] = row + BitOperations.TrailingZeroCount(wanted);
        }

        for (; row < stop && found < rows.Length && row + Vector512<double>.Count > stop; row++)
            if (least[row] >= enough) rows[found++] = row;
        at = row;
        return found;
    }

    /// <summary>Asks for what is known of a row, where rows lie anywhere.</summary>
    public void Expect(int row)
    {
        if (which == null && !IsAbove) return;
        Prefetch.Row((byte*)(seen + row), 1);
        Prefetch.Row((byte*)(least + row), 1);
        if (nearest != null) Prefetch.Row((byte*)(nearest + row), 1);
    }

    public double Scale(int row) => scales == null ? 1 : scales[row];

    /// <summary>How many centres a row has seen, checked, as it comes from the caller.</summary>
    public int SeenOf(int row)
    {
        Shapes.Unseen(row, seen[row], count);
        return seen[row];
    }

    public double Least(int row) => least[row];

    public int Nearest(int row) => nearest == null ? -1 : nearest[row];

    /// <summary>Whether a row that stands here has a further step to go.</summary>
    public bool GoesOn(int seen, double least) => seen < count && !IsNear(least);

    /// <summary>Whether a row at this distance need not go on.</summary>
    public bool IsNear(double least) => least < enough;

    /// <summary>Where a step that begins here ends.</summary>
    public int EndOfStep(int seen) => Math.Min(count, (seen / IMinDistances.Step + 1) * IMinDistances.Step);

    public void Keep(int row, int seenNow, double leastNow, int nearestNow)
    {
        seen[row] = seenNow;
        least[row] = leastNow;
        if (nearest != null) nearest[row] = nearestNow;
    }
}
