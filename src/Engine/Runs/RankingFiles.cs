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
        int[][] rows = Table<int>(run, step, Rows, null);
        double[][] scores = Table<double>(run, step, Scores, rows);
        int[][]? queries = run.Has(step, Queries) ? Table<int>(run, step, Queries, rows) : null;
        return [.. rows.Select((list, i) => new RankedRows(list, scores[i], queries?[i]))];
    }

    private static T[][] Table<T>(FinishedRun run, string step, string name, int[][]? like)
        where T : unmanaged
    {
        using InputFile file = run.OpenChecked(RunFiles.OfStep(step, name));
        NpyHeader header = NpyHeader.Read(file);
        int size = Marshal.SizeOf<T>();
        bool isTable = header is { Shape: [>= 0 and <= int.MaxValue, > 0 and <= int.MaxValue], Fortran: false, Type: { BigEndian: false } type } && type.Size == size && type.Letter == (typeof(T) == typeof(int) ? 'i' : 'f');
        if (!isTable || (like is not null && (header.Shape[0] != like.Length || (like.Length > 0 && header.Shape[1] != like[0].Length))))
            throw FinishedRun.Unusable("RANKINGS", "the file holds no ranked lists of the shape and type that a run writes, or not as many as the step's other files. Run the plan again.", file.Path);
        T[][] table = new T[(int)header.Shape[0]][];
        int dim = (int)header.Shape[1];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = GC.AllocateUninitializedArray<T>(dim);
            file.Read(header.DataOffset + ((long)i * dim * size), MemoryMarshal.AsBytes(table[i].AsSpan()));
        }

        return table;
    }
}
