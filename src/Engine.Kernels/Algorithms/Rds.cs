namespace Engine.Kernels.Algorithms;

/// <summary>How the groups' rankings make one selection.</summary>
public enum RdsReduce
{
    /// <summary>Groups take turns.</summary>
    RoundRobin,

    /// <summary>By the highest group score.</summary>
    Max,

    /// <summary>By the mean of the group scores.</summary>
    Mean,

    /// <summary>By the mean of the group scores, each first mapped to [0, 1] by its range over the pool.</summary>
    NormalizedMean,
}

/// <summary>How <see cref="Rds.Select"/> chooses.</summary>
public sealed record RdsOptions
{
    /// <summary>Rows wanted, 1 .. rows.</summary>
    public required int Count { get; init; }

    /// <summary>How the groups' rankings make one selection.</summary>
    public RdsReduce Reduce { get; init; }

    /// <summary>What a round-robin visit does when its row is already chosen.</summary>
    public Duplicates Duplicates { get; init; }

    /// <summary>Rows that may be chosen, or null for all.</summary>
    public Func<int, bool>? Allowed { get; init; }

    /// <summary>Caps per source, or null; used up by the run.</summary>
    public CapTracker? Caps { get; init; }

    /// <summary>Entries wanted per ranked list in the first pass over the pool; 0 chooses. Never changes the result.</summary>
    public int FirstDepth { get; init; }
}

/// <summary>Rows best first; all arrays have one length.</summary>
/// <param name="Rows">0-based rows; fewer than wanted only when caps or the predicate leave no more.</param>
/// <param name="Scores">
/// What the rows were chosen under. Round robin over one task: the cosine to the query that first took the row. Round robin over several tasks: the lowest
/// score under which a task popped it. Otherwise the combined score.
/// </param>
/// <param name="Groups">Who first took the row: the query of the only task, or the task; -1 when the groups' scores were combined.</param>
/// <param name="Depth">Entries per ranked list that were asked for in the end.</param>
/// <param name="Passes">Times the matrix was read.</param>
public sealed record RdsResult(int[] Rows, double[] Scores, int[] Groups, int Depth, int Passes);

/// <summary>Representation-based data selection: the rows most similar to what the tasks' queries look like.</summary>
/// <remarks>
/// A task's score of a row is the highest cosine of its queries. One task chooses among its queries, several tasks among each other: the groups
/// of the selection are the single queries or the tasks. Ranked lists come from streaming passes, as deep as needed, never as a matrix of
/// rows and queries: time O(passes * rows * queries * dim), memory O(groups * depth). Ties go to the lower row.
/// Source: RDS+ (Ivison et al. 2025) and its code, methods 1.4 to 1.6; the defaults are those of the code.
/// </remarks>
public static class Rds
{
    private const int ShallowestLists = 64;

    /// <summary>Chooses rows by their similarity to queries.</summary>
    /// <param name="rows">[rows x dim], finite, no zero row.</param>
    /// <param name="norms">[rows], Euclidean norms from <see cref="IKernels.Inspect"/>.</param>
    /// <param name="tasks">The queries, one group per task.</param>
    /// <param name="options">How many and by which rule.</param>
    /// <param name="kernels">Who ranks.</param>
    /// <param name="pass">Cancellation and progress, as the kernels report it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1 or over the rows.</exception>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static RdsResult Select(RowSource rows, double[] norms, QueryGroups tasks, RdsOptions options, IKernels kernels, Pass pass)
    {
        int count = RowNumbers.CountOf(rows);
        Check(rows, norms, tasks, options, count);

        QueryGroups groups = tasks.Groups == 1 ? tasks.Ungrouped() : tasks;
        Combination combination = options.Reduce switch
        {
            RdsReduce.RoundRobin => Combination.Each,
            RdsReduce.Max => Combination.Max,
            RdsReduce.Mean => Combination.Mean,
            _ => Combination.NormalizedMean,
        };
        ScoreRange[] ranges = combination == Combination.NormalizedMean ? kernels.SimilarityRanges(rows, norms, groups, pass) : [];

        // One combined list is the case of a single group: its visits take the best row left.
        bool turns = combination == Combination.Each;
        RoundRobinOptions rules = new()
        {
            Count = options.Count,
            Duplicates = options.Duplicates,
            Allowed = options.Allowed,
            Caps = options.Caps,
            FirstDepth = options.FirstDepth > 0 ? options.FirstDepth : FirstDepth(options.Count, turns ? groups.Groups : 1),
        };
        int passes = ranges.Length > 0 ? 1 : 0;
        RankedRows[] Rank(int depth)
        {
            passes++;
            return kernels.TopSimilarities(rows, norms, groups, combination, ranges, depth, pass);
        }

        RoundRobinResult chosen = RoundRobin.Select(Rank, count, rules, new Pass(cancel: pass.Cancel));

        double[] scores = turns && tasks.Groups > 1 ? chosen.LowestScores : chosen.Scores;
        int[] takenBy = turns ? chosen.Groups : [.. Enumerable.Repeat(-1, chosen.Rows.Length)];
        return new RdsResult(chosen.Rows, scores, takenBy, chosen.Depth, passes);
    }

    /// <summary>Four fair shares per list: typical runs need a little over one, and a second pass costs more than a longer list.</summary>
    private static int FirstDepth(int count, int groups) =>
        (int)Math.Min(int.MaxValue, Math.Max(ShallowestLists, 4L * ((count + (long)groups - 1) / groups)));

    private static void Check(RowSource rows, double[] norms, QueryGroups tasks, RdsOptions options, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Count, 1);
        if (options.Count > count)
            throw new ArgumentOutOfRangeException(nameof(options), options.Count, $"{options.Count} rows are wanted, but the matrix has only {count}.");
        ArgumentOutOfRangeException.ThrowIfNegative(options.FirstDepth);
        if (norms.Length != count) throw new ArgumentException($"There are {norms.Length} norms for {count} rows.", nameof(norms));
        if (tasks.Dim != rows.Dim) throw new ArgumentException($"Queries have {tasks.Dim} elements, rows have {rows.Dim}.", nameof(tasks));
        if (options.Caps is { } caps && caps.Rows != count) throw new ArgumentException($"The caps know {caps.Rows} rows, the matrix has {count}.", nameof(options));
    }
}
