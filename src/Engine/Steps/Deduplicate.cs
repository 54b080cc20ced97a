using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Engine.Data;
using Engine.Indexes;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Leaves out rows that repeat another: records of the same text, or vectors whose cosine is above a threshold, in the whole pool or within clusters.</summary>
/// <remarks>Source: SemDeDup (Abbas et al. 2023) and its code for vectors; the exact deduplication of RDS+ (Ivison et al. 2025), methods 1.7, for texts.</remarks>
public sealed record Deduplicate : Step<Selection>
{
    /// <summary>Likes of a row that an index is asked for.</summary>
    private const int LikesAtOnce = 64;

    /// <summary>Records, whose texts are compared, or embeddings.</summary>
    public required Value In { get; init; }

    /// <summary>For embeddings: a row goes when its cosine to a row it is compared with is above this.</summary>
    public double Threshold { get; init; } = 0.95;

    /// <summary>Compare rows of one cluster only, or null to compare all.</summary>
    public Clustering? Clusters { get; init; }

    /// <summary>Which of similar rows stays; null for the farthest from the centroid with clusters, and the first without.</summary>
    public DuplicateKeep? Keep { get; init; }

    /// <summary>For <see cref="DuplicateKeep.Highest"/>: the scores.</summary>
    public ScoreTable? Scores { get; init; }

    /// <summary>The column of the scores, or null when there is only one.</summary>
    public string? Column { get; init; }

    /// <summary>Which rows before it a row is compared with.</summary>
    public SimilarityAgainst Against { get; init; } = SimilarityAgainst.Earlier;

    /// <summary>Only these rows are looked at, in their order, or null for the whole pool.</summary>
    public Selection? Within { get; init; }

    /// <summary>Who searches for similar vectors; only without clusters, which are a search of their own.</summary>
    public SimilaritySearch Search { get; init; } = SimilaritySearch.Exact;

    /// <summary>What is asked of a search that is not exact.</summary>
    public SearchGoal Goal { get; init; } = new();

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        StepSearch.Fault(Search, Goal)?.Throw();
        if (In is Embeddings) KeepFault(Keep, Clusters is not null, Scores is not null)?.Throw();
        if (Search != SimilaritySearch.Exact && (In is not Embeddings || Clusters is not null))
            throw Refuse($"an index searches all vectors, but {(In is Embeddings ? "with \"clusters\" only those of one cluster are compared" : "texts are compared exactly")}. Set \"search\" to \"exact\".");
        int rows = Candidates.CountRows(In);
        int[] order = Within is null ? [.. Enumerable.Range(0, rows)] : WithinRows(rows);
        List<Duplicate> removed = In switch
        {
            Records records => RepeatedTexts(records, order, run),
            Embeddings vectors => SimilarVectors(vectors, order, run),
            _ => throw new ArgumentException("Duplicates are found among records or embeddings."),
        };
        removed.Sort((a, b) => a.Row.CompareTo(b.Row));
        HashSet<int> gone = [.. removed.Select(d => d.Row)];
        run.Note("removed", removed.Count);
        return new Selection { Indices = [.. order.Where(row => !gone.Contains(row))], PoolRows = rows, Pool = In.Pool, Duplicates = removed };
    }

    private int[] WithinRows(int rows) => Within!.PoolRows == rows
        ? [.. Within.Indices.Distinct()]
        : throw EngineException.Input(null, "POOL", $"\"within\" has rows from a pool of {Within.PoolRows} rows, but there are {rows}. Select from the same input.");

    /// <summary>Records are equal when every turn's role and stripped content are; the first of equals stays.</summary>
    private List<Duplicate> RepeatedTexts(Records records, int[] order, StepRun run)
    {
        if (Clusters is not null || Keep is not null and not DuplicateKeep.First)
            throw Refuse("texts are compared exactly and the first of equals stays, so \"clusters\" and another \"keep\" mean nothing. Remove them, or give embeddings.");
        Dictionary<UInt128, int> first = [];
        List<Duplicate> removed = [];
        long bytes = 0;
        TurnReader texts = records.OpenTurns(Within is null ? order.Length : 0);
        ArrayBufferWriter<byte> text = new();
        for (int at = 0; at < order.Length; at++)
        {
            if (at % 4096 == 0)
            {
                run.Pass.Cancel.ThrowIfCancellationRequested();
                run.Pass.Report("rows", at, order.Length);
            }

            text.ResetWrittenCount();
            Utf8Turns turns = texts.Read(order[at]);
            for (int turn = 0; turn < turns.Count; turn++)
            {
                Append(text, turns.Role(turn));
                Append(text, Utf8Text.Trim(turns.Content(turn)));
            }

            bytes += text.WrittenCount;
            UInt128 key = BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(text.WrittenSpan));
            if (!first.TryAdd(key, order[at])) removed.Add(new Duplicate(order[at], first[key], first[key], null));
        }

        run.Count(bytes, 0);
        return removed;
    }

    // Lengths keep texts apart, whatever they contain.
    private static void Append(ArrayBufferWriter<byte> to, ReadOnlySpan<byte> text)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to.GetSpan(sizeof(int)), text.Length);
        to.Advance(sizeof(int));
        to.Write(text);
    }

    private List<Duplicate> SimilarVectors(Embeddings vectors, int[] order, StepRun run)
    {
        Pass quiet = new(cancel: run.Pass.Cancel);
        double[] norms = vectors.CosineNorms(run.Kernels, quiet);
        int[] first = Order(vectors, order, run);
        double comparisons = 0;
        List<Duplicate> removed = [];
        StepSearch search = new(run, Search, Goal);
        if (search.Begins(vectors, first.Length))
        {
            SimilarityFilterResult indexed = search.Run(vectors, norms, IndexMetric.Cosine, kernels => Indexed(vectors, norms, first, kernels, run),
                () => SimilarityFilter.Run(vectors.Matrix, norms, first, Threshold, Against, first.Length, run.Kernels, run.Pass), above: Threshold);
            run.Count(vectors.Bytes, 2 * indexed.Comparisons * vectors.Dim);
            run.Note("comparisons", indexed.Comparisons);
            return [.. indexed.Removed.Select(r => new Duplicate(r.Row, r.Keeper, r.Like, r.Cosine))];
        }

        foreach (int[] group in Groups(vectors, first))
        {
            if (group.Length < 2) continue;
            SimilarityFilterResult result = SimilarityFilter.Run(vectors.Matrix, norms, group, Threshold, Against, group.Length, run.Kernels, Clusters is null ? run.Pass : quiet);
            comparisons += result.Comparisons;
            removed.AddRange(result.Removed.Select(r => new Duplicate(r.Row, r.Keeper, r.Like, r.Cosine)));
        }

        run.Count(vectors.Bytes, 2 * comparisons * vectors.Dim);
        run.Note("comparisons", comparisons);
        return removed;
    }

    /// <summary>The filter over the likes that an index finds.</summary>
    private SimilarityFilterResult Indexed(Embeddings vectors, double[] norms, int[] order, IndexedKernels kernels, StepRun run)
    {
        int depth = (int)Math.Min(LikesAtOnce, vectors.Rows - 1);
        if (depth < 1) return new SimilarityFilterResult(order, []);
        return NeighbourFilter.Run(order, Candidates.CountRows(vectors), Against, Likes, list => list.Rows.Length < depth, First, run.Pass);

        // A list that is full of likes may have had more.
        RankedRows[] Likes(int[] rows) => kernels.SimilarRows(vectors.Matrix, norms, [], rows, [], depth, Threshold, run.Pass);

        RankedRows First(int row, int[] among) => run.Kernels.SimilarRows(vectors.Matrix, norms, among, [row], [], 1, Threshold, new Pass(cancel: run.Pass.Cancel))[0];
    }

    /// <summary>The rows in the order they stay: earlier ones before later ones.</summary>
    private int[] Order(Embeddings vectors, int[] order, StepRun run)
    {
        DuplicateKeep keep = Keep ?? (Clusters is null ? DuplicateKeep.First : DuplicateKeep.Farthest);
        switch (keep)
        {
            case DuplicateKeep.First:
                return order;
            case DuplicateKeep.Highest:
                double[] scores = ScoreColumn.Of(Scores!, Column, vectors.Rows).Values;
                return [.. ScoreRanking.HighestFirst(Array.ConvertAll(order, row => scores[row])).Select(place => order[place])];
            default:
                double[] distances = SampleByCluster.Distances(Clusters!, run);
                double[] sorted = Array.ConvertAll(order, row => distances[row]);
                return [.. (keep == DuplicateKeep.Farthest ? ScoreRanking.HighestFirst(sorted) : ScoreRanking.LowestFirst(sorted)).Select(place => order[place])];
        }
    }

    /// <summary>The rows that are compared with each other, in order.</summary>
    private int[][] Groups(Embeddings vectors, int[] order)
    {
        if (Clusters is not { } clusters) return [order];
        if (clusters.Rows != vectors.Rows)
            throw EngineException.Input(vectors.Name, "ROWS", $"there are {vectors.Rows} vectors, but the clustering has {clusters.Rows} rows. Cluster the same pool.");
        List<int>[] groups = [.. clusters.Sizes.Select(_ => new List<int>())];
        foreach (int row in order) groups[clusters.Assignments[row]].Add(row);
        return [.. groups.Select(group => group.ToArray())];
    }

    private static KeyFault? KeepFault(DuplicateKeep? keep, bool hasClusters, bool hasScores)
    {
        if ((keep == DuplicateKeep.Highest) != hasScores) return new("KEYS", "\"keep\": \"highest\" and \"scores\" belong together. Give both, or neither.");
        return keep is DuplicateKeep.Farthest or DuplicateKeep.Nearest && !hasClusters
            ? new("KEYS", "the nearest to the centroid or the farthest from it needs \"clusters\". Give them, or keep \"first\".")
            : null;
    }

    private static EngineException Refuse(string message) => new(new EngineError(ExitCode.Plan, "KEYS", message));

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Records, ValueKind.Embeddings), "Records, whose texts are compared exactly, or embeddings, compared by cosine.");
        Parameter<double> threshold = keys.Optional("threshold", Shapes.Number(-1, 1), 0.95, 0.95, "For embeddings: a row goes when its cosine to another is above this.");
        Parameter<Reference?> clusters = keys.Optional("clusters", Shapes.Reference(ValueKind.Clustering), "Compare rows of one cluster only, as SemDeDup does; without it all rows.");
        Parameter<DuplicateKeep?> keep = keys.OptionalValue("keep", Shapes.Choice(
            ("first", DuplicateKeep.First), ("farthest", DuplicateKeep.Farthest), ("nearest", DuplicateKeep.Nearest), ("highest", DuplicateKeep.Highest)),
            "Which of similar rows stays: the first in order, the farthest from its centroid or the nearest to it, or the one of the highest score; farthest with clusters and first without when absent.");
        Parameter<Reference?> scores = keys.Optional("scores", Shapes.Reference(ValueKind.Scores), "For highest: the scores.");
        Parameter<string?> column = keys.Optional("column", Shapes.Text, "The column of the scores; needed when there are several.");
        Parameter<SimilarityAgainst> against = keys.Optional("against",
            Shapes.Choice(("earlier", SimilarityAgainst.Earlier), ("kept", SimilarityAgainst.Kept)), SimilarityAgainst.Earlier, "earlier",
            "What a row is compared with: all rows before it, as SemDeDup's code does, or only those that stay.");
        Parameter<Reference?> within = keys.Optional("within", Shapes.Reference(ValueKind.Selection), "Only these rows, in their order; the first of them stays.");
        SearchKeys search = new(keys);
        keys.Rule(keep, a => KeepFault(a.Get(keep), a.Get(clusters) is not null, a.Get(scores) is not null));
        return new StepBinding("dedup", ValueKind.Selection, "Leaves out rows that repeat another.", keys, (arguments, inputs) => new Deduplicate
        {
            In = inputs.Get<Value>(arguments.Get(@in)),
            Threshold = arguments.Get(threshold),
            Clusters = inputs.Find<Clustering>(arguments.Get(clusters)),
            Keep = arguments.Get(keep),
            Scores = inputs.Find<ScoreTable>(arguments.Get(scores)),
            Column = arguments.Get(column),
            Against = arguments.Get(against),
            Within = inputs.Find<Selection>(arguments.Get(within)),
            Search = search.Search(arguments),
            Goal = search.Goal(arguments),
        })
        {
            ReadsFiles = search.Files,
        };
    }
}

/// <summary>Which of similar rows stays.</summary>
public enum DuplicateKeep
{
    /// <summary>The first: the lowest row, or the first of a selection.</summary>
    First,

    /// <summary>The farthest from its cluster's centroid, which SemDeDup calls hard.</summary>
    Farthest,

    /// <summary>The nearest to its cluster's centroid.</summary>
    Nearest,

    /// <summary>The one of the highest score.</summary>
    Highest,
}
