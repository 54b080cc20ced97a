using System.Runtime.InteropServices;
using Engine.Data;
using Engine.Data.Matrices;
using Engine.Kernels;

namespace Engine.Runs;

/// <summary>The ranked lists a selection step kept, as three arrays [lists x depth], every list best first.</summary>
/// <remarks>
/// <c>rankings.npy</c> int32: rows. <c>rankingScores.npy</c> float64: what they are ranked by, falling, ties by row. <c>rankingQueries.npy</c> int32: the query behind
/// the score, counted over all tasks in the plan's order; absent when scores are means. Lists are the queries of a single task, the tasks, or one of combined scores.
/// </remarks>
internal static class RankingFiles
{
    private const string Rows = "rankings.npy", Scores = "rankingScores.npy", Queries = "rankingQueries.npy";

    /// <summary>Whether a step of a finished run kept its rankings.</summary>
    public static bool Exist(FinishedRun run, string step) => run.Has(step, Rows) && run.Has(step, Scores);

    /// <summary>Writes the lists into the step's folder.</summary>
    public static void Write(RunOutputs files, string step, IReadOnlyList<RankedRows> lists)
    {
        files.Write(RunFiles.OfStep(step, Rows), stream => NpyWriter.WriteTable(stream, [.. lists.Select(list => list.Rows)]));
        files.Write(RunFiles.OfStep(step, Scores), stream => NpyWriter.WriteTable(stream, [.. lists.Select(list => list.Scores)]));
        if (lists.Count > 0 && lists[0].Queries is not null)
            files.Write(RunFiles.OfStep(step, Queries), stream => NpyWriter.WriteTable(stream, [.. lists.Select(list => list.Queries!)]));
    }

    /// <summary>Reads the lists back, after checking that they are what the run wrote.</summary>
    /// <exception cref="EngineException">A file changed or went: exit 10.</exception>
    public static RankedRows[] Read(FinishedRun run, string step)
    {
        int[][] rows = Table<int>(run, step, Rows);
        double[][] scores = Table<double>(run, step, Scores);
        int[][]? queries = run.Has(step, Queries) ? Table<int>(run, step, Queries) : null;
        return [.. rows.Select((list, i) => new RankedRows(list, scores[i], queries?[i]))];
    }

    private static T[][] Table<T>(FinishedRun run, string step, string name)
        where T : unmanaged
    {
        using InputFile file = run.OpenChecked(RunFiles.OfStep(step, name));
        NpyHeader header = NpyHeader.Read(file);
        T[][] table = new T[checked((int)header.Shape[0])][];
        int dim = checked((int)header.Shape[1]), size = Marshal.SizeOf<T>();
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = GC.AllocateUninitializedArray<T>(dim);
            file.Read(header.DataOffset + ((long)i * dim * size), MemoryMarshal.AsBytes(table[i].AsSpan()));
        }

        return table;
    }
}
