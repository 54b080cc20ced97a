namespace Engine.Kernels.Algorithms;

/// <summary>Rows best first; all arrays have one length.</summary>
/// <param name="Rows">0-based rows; fewer than wanted only when caps or the predicate leave no more.</param>
/// <param name="Scores">
/// What the rows were chosen under. Round robin over one task: the cosine to the query that first took the row. Round robin over several tasks: the lowest
/// score under which a task popped it, or the highest where lower is better. Otherwise the combined score.
/// </param>
/// <param name="Tasks">The task that first took the row, or whose query gave the highest score; null when the score is a mean.</param>
/// <param name="Queries">The query that first took the row or gave the highest score, counted within its task; null when the score is a mean.</param>
/// <param name="Depth">Entries per ranked list that were asked for in the end.</param>
/// <param name="Passes">Times the matrix was read.</param>
/// <param name="Rankings">
/// The lists the rows were taken from: one per query with one task, one per task with several, or one of combined scores. For <see cref="RdsReduce.Min"/> scores
/// are negated cosines.
/// </param>
public sealed record RdsResult(int[] Rows, double[] Scores, int[]? Tasks, int[]? Queries, int Depth, int Passes, RankedRows[] Rankings);

/// <summary>Representation-based data selection: the rows most similar to what the tasks' queries look like.</summary>
/// <remarks>
/// A task's score of a row is the highest cosine of its queries. One task chooses among its queries, several tasks among each other: the groups
/// of the selection are the single queries or the tasks. Ranked lists come from streaming passes, as deep as needed (<see cref="RdsDepth"/>), never as a matrix of
/// rows and queries: time O(passes * rows * queries * dim), memory O(groups * depth). Ties go to the lower row, among queries to the lower query.
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
    /// <param name="resume">Where to begin and where positions go, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1 or over the rows.</exception>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static RdsResult Select(RowSource rows, double[] norms, QueryGroups tasks, RdsOptions options, IKernels kernels, Pass pass, IResumePoint<RdsPosition>? resume = null)
    {
        int count = RowNumbers.CountOf(rows);
        Check(rows, norms, tasks, options, count);

        QueryGroups asked = options.Reduce == RdsReduce.Min ? tasks.Negated() : tasks;
        QueryGroups groups = tasks.Groups == 1 ? asked.Ungrouped() : asked;
        Combination combination = options.Reduce switch
        {
            RdsReduce.RoundRobin or RdsReduce.Min => Combination.Each,
            RdsReduce.Max => Combination.Max,
            RdsReduce.Mean => Combination.Mean,
            _ => Combination.NormalizedMean,
        };
        RdsPasses passes = new(rows, norms, groups, combination, kernels, pass, resume);

        // One combined list is the case of a single group: its visits take the best row left.
        RoundRobinOptions rules = Rules(options, FirstDepth(options, combination == Combination.Each ? groups.Groups : 1, count));
        if (combination == Combination.Each && options is { FirstDepth: 0, SamplesDepth: true } && resume?.From is null)
            rules = rules with { FirstDepth = RdsDepth.First(rules.FirstDepth, rows, norms, groups, rules, kernels, new Pass(cancel: pass.Cancel)) };
        rules = rules with { FirstDepth = passes.FirstDepth(rules.FirstDepth) };
        RankedRows[] lists = [];
        RankedRows[] Rank(int depth)
        {
            // Lists that ran dry go before the deeper ones are made, at once: left to itself the collector would keep both as long as memory allows.
            if (lists.Length > 0)
            {
                lists = [];
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }

            return lists = passes.Rank(depth, Math.Max(depth, options.LeastDepth));
        }

        RoundRobinResult chosen = RoundRobin.Select(Rank, count, rules, new Pass(cancel: pass.Cancel));
        return Result(chosen, tasks.Starts, options.Reduce, passes.Count, lists);
    }

    /// <summary>Chooses again from the lists of an earlier selection, without the matrix: what <see cref="Select"/> would give with these options.</summary>
    /// <param name="rankings">The lists of a selection with the same queries and the same <see cref="RdsOptions.Reduce"/>.</param>
    /// <param name="poolRows">Rows of the matrix.</param>
    /// <param name="starts">[tasks + 1], the first query of each task.</param>
    /// <param name="options">How many and by which rule.</param>
    /// <param name="isCut">True when the lists end too early for so many rows; then the result holds what they serve.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1 or over the rows.</exception>
    public static RdsResult Reselect(RankedRows[] rankings, int poolRows, int[] starts, RdsOptions options, out bool isCut)
    {
        CheckCount(options, poolRows);
        bool given = false;
        RankedRows[]? Once(int depth)
        {
            (bool before, given) = (given, true);
            return before ? null : rankings;
        }

        RoundRobinResult chosen = RoundRobin.Select(Once, poolRows, Rules(options, 1), Pass.Unwatched);
        isCut = chosen.IsCut;
        return Result(chosen, starts, options.Reduce, 0, rankings);
    }

    private static RoundRobinOptions Rules(RdsOptions options, int firstDepth) => new()
    {
        Count = options.Count,
        Duplicates = options.Duplicates,
        Allowed = options.Allowed,
        Caps = options.Caps,
        FirstDepth = firstDepth,
    };

    private static RdsResult Result(RoundRobinResult chosen, int[] starts, RdsReduce reduce, int passes, RankedRows[] lists)
    {
        bool turns = reduce is RdsReduce.RoundRobin or RdsReduce.Min, several = starts.Length > 2;
        double[] scores = turns && several ? chosen.LowestScores : chosen.Scores;
        if (reduce == RdsReduce.Min) scores = Array.ConvertAll(scores, score => 0 - score);
        if (reduce is RdsReduce.Mean or RdsReduce.NormalizedMean) return new RdsResult(chosen.Rows, scores, null, null, chosen.Depth, passes, lists);
        int[] taskOf = new int[starts[^1]];
        for (int task = 0; task + 1 < starts.Length; task++) taskOf.AsSpan(starts[task], starts[task + 1] - starts[task]).Fill(task);
        int[] tasks = Array.ConvertAll(chosen.Queries, query => taskOf[query]);
        int[] queries = Array.ConvertAll(chosen.Queries, query => query - starts[taskOf[query]]);
        return new RdsResult(chosen.Rows, scores, tasks, queries, chosen.Depth, passes, lists);
    }

    /// <summary>Four fair shares per list: typical runs need a little over one, and a second pass costs more than a longer list.</summary>
    private static int FirstDepth(RdsOptions options, int groups, int rows)
    {
        if (options.FirstDepth > 0) return options.FirstDepth;
        double share = 4.0 * ((options.Count + (long)groups - 1) / groups);
        if (options.AllowedRows > 0) share *= (double)rows / options.AllowedRows;
        return (int)Math.Min(int.MaxValue, Math.Max(ShallowestLists, share));
    }

    private static void Check(RowSource rows, double[] norms, QueryGroups tasks, RdsOptions options, int count)
    {
        CheckCount(options, count);
        ArgumentOutOfRangeException.ThrowIfNegative(options.FirstDepth);
        if (norms.Length != count) throw new ArgumentException($"There are {norms.Length} norms for {count} rows.", nameof(norms));
        if (tasks.Dim != rows.Dim) throw new ArgumentException($"Queries have {tasks.Dim} elements, rows have {rows.Dim}.", nameof(tasks));
        if (options.Caps is { } caps && caps.Rows != count) throw new ArgumentException($"The caps know {caps.Rows} rows, the matrix has {count}.", nameof(options));
    }

    private static void CheckCount(RdsOptions options, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Count, 1);
        if (options.Count > rows)
            throw new ArgumentOutOfRangeException(nameof(options), options.Count, $"{options.Count} rows are wanted, but the matrix has only {rows}.");
    }
}
