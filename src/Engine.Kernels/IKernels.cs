namespace Engine.Kernels;

/// <summary>The kernel contract: the passes over a matrix that every selection algorithm is made of. CPU, CUDA and OpenCL implement it; an algorithm does not know which one answers.</summary>
/// <remarks>
/// Every result is a function of its inputs alone: the same bits for any thread count, block size, instruction set and device.
/// The rule behind it (kernels/README.md, "Canonical arithmetic"): elements widen exactly to float64, products and sums are float64
/// (multiply, then add, never fused) in one fixed 16-lane order, and every decision (nearest, farthest, best) rests on those values
/// with ties going to the lower index. An implementation may compute anything faster in lower precision as long as that only
/// proposes candidates, with a rigorous margin, which the canonical arithmetic then decides.
/// Rows hold finite values (<see cref="Inspect"/> finds the first that does not); other calls may assume it.
/// </remarks>
public interface IKernels : IDisposable
{
    /// <summary>The set's name for manifests and logs, such as <c>cpu-512</c>.</summary>
    string Name { get; }

    /// <summary>Worker threads the set uses.</summary>
    int Threads { get; }

    /// <summary>Looks at every row once: is it finite, how long is it, how large is its largest element.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="norms">Euclidean norms, [rows] or empty when not wanted. norm = sqrt(sum x²), scaled so that float32 extremes neither overflow nor underflow.</param>
    /// <param name="pass">Cancellation and progress.</param>
    RowFacts Inspect(RowSource rows, Span<double> norms, Pass pass);

    /// <summary>Position-weighted or plain pooling of token vectors, one result row per record.</summary>
    /// <param name="tokens">Token states, [totalTokens x dim].</param>
    /// <param name="offsets">Record boundaries, [records + 1], ascending, within the tokens; no record is empty.</param>
    /// <param name="pooling">Which tokens count how much.</param>
    /// <param name="normalize">Divide each result by its Euclidean norm.</param>
    /// <param name="pooled">Destination, [records x dim], overwritten.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <exception cref="ArgumentException">A shape disagrees, a record is empty, or a pooled row is zero and <paramref name="normalize"/> is set (the message names the record).</exception>
    /// <remarks>Weighted mean: sum_i i * h_i / sum_i i for tokens i = 1..L. Sums are canonical float64, rounded once to float32. Source: RDS+ (Ivison et al. 2025), methods 1.3.</remarks>
    void Pool(RowSource tokens, ReadOnlySpan<long> offsets, Pooling pooling, bool normalize, Span<float> pooled, Pass pass);

    /// <summary>The nearest centroid of every row, by squared Euclidean distance; ties go to the lower centroid.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="rowScales">[rows], what each row is multiplied by first (1/norm for spherical k-means), or empty for 1.</param>
    /// <param name="centroids">[k x dim], row-major float32.</param>
    /// <param name="assignments">Destination, [rows], the nearest centroid's index.</param>
    /// <param name="squaredDistances">Destination, [rows], the canonical squared distance to it.</param>
    /// <param name="pass">Cancellation and progress.</param>
    void AssignNearest(RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<float> centroids, Span<int> assignments, Span<double> squaredDistances, Pass pass);

    /// <summary>Prepares to assign the rows of one matrix to their nearest centroids again and again while the centroids move.</summary>
    /// <param name="rows">[rows x dim]; must outlive what is returned.</param>
    /// <param name="rowScales">[rows], what each row is multiplied by first, or empty for 1.</param>
    /// <param name="k">Centroids.</param>
    /// <param name="boundBytes">Most memory for what is remembered from one assignment to the next; 0 for nothing.</param>
    INearestCentroids NearestCentroids(RowSource rows, double[] rowScales, int k, long boundBytes);

    /// <summary>Adds every row to its cluster's sum in 64-bit fixed point, so that order, threads and ranks cannot change a bit.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="rowScales">[rows] or empty for 1.</param>
    /// <param name="assignments">[rows], cluster of each row; a negative one leaves the row out.</param>
    /// <param name="fractionBits">q: an element x adds round(x * 2^q), half to even. The caller picks q so that no sum can leave 63 bits.</param>
    /// <param name="sums">[k x dim], added to, not cleared.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <param name="previous">Empty, or [rows] the clusters whose sums hold the rows already: then only rows that changed are read, and moved from one sum to the other.</param>
    void AccumulateCentroids(
        RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<int> assignments, int fractionBits, Span<long> sums, Pass pass, ReadOnlySpan<int> previous = default);

    /// <summary>Prepares to follow every row's distance to the nearest of a growing number of centres.</summary>
    /// <param name="rows">[rows x dim]; must outlive what is returned.</param>
    /// <param name="rowScales">[rows], what each row is multiplied by first, or empty for 1; kept, not copied.</param>
    IMinDistances MinDistances(RowSource rows, double[] rowScales);

    /// <summary>The best rows by cosine similarity to groups of queries, exactly, in one streaming pass; never a rows x queries matrix.</summary>
    /// <param name="rows">[rows x dim], no zero row.</param>
    /// <param name="norms">[rows], Euclidean norms from <see cref="Inspect"/>.</param>
    /// <param name="queries">The queries and the groups they form. A group's score is the highest cosine of its queries.</param>
    /// <param name="combination">One list per group, or one list of the groups' max, mean or normalised mean.</param>
    /// <param name="ranges">For <see cref="Combination.NormalizedMean"/>: each group's range from <see cref="SimilarityRanges"/>; else empty.</param>
    /// <param name="depth">Rows wanted per list, at least 1; lists are shorter only when the matrix is.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <param name="tile">The rows to look at and the lists of those before them, or null for all rows. It may end early where it says so.</param>
    /// <param name="highest">Destination for the highest canonical cosine of any query, [rows], written for the rows looked at; or empty when not wanted.</param>
    /// <returns>Lists ordered by score descending, then row ascending: one per group, or one. Lists of single cosines name the query of each.</returns>
    RankedRows[] TopSimilarities(
        RowSource rows,
        ReadOnlySpan<double> norms,
        QueryGroups queries,
        Combination combination,
        ReadOnlySpan<ScoreRange> ranges,
        int depth,
        Pass pass,
        SimilarityTile? tile = null,
        Span<double> highest = default);

    /// <summary>The lowest and highest group score over all rows, per group.</summary>
    ScoreRange[] SimilarityRanges(RowSource rows, ReadOnlySpan<double> norms, QueryGroups queries, Pass pass);

    /// <summary>The rows most similar to some rows of the same matrix, exactly.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="norms">[rows], Euclidean norms from <see cref="Inspect"/>; those of candidates and queries are above 0.</param>
    /// <param name="which">The candidates, distinct rows in any order; empty means all rows in their order.</param>
    /// <param name="queries">The rows whose likes are wanted. A row is never its own like.</param>
    /// <param name="until">[queries], how many of the first candidates a query looks at; empty means all of them.</param>
    /// <param name="depth">Rows wanted per query, at least 1.</param>
    /// <param name="above">Only rows whose canonical cosine is above this count; minus infinity for all.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <returns>One list per query, by cosine descending, then row ascending; shorter than <paramref name="depth"/> when fewer rows count.</returns>
    RankedRows[] SimilarRows(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<int> which,
        ReadOnlySpan<int> queries,
        ReadOnlySpan<int> until,
        int depth,
        double above,
        Pass pass);

    /// <summary>The rows nearest to some rows of the same matrix by squared Euclidean distance, exactly. A row is never its own neighbour.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="norms">[rows], Euclidean norms from <see cref="Inspect"/>.</param>
    /// <param name="queries">The rows whose neighbours are wanted.</param>
    /// <param name="depth">Neighbours wanted per query, at least 1.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <returns>One list per query, nearest first, then row ascending; its scores are canonical squared distances.</returns>
    RankedRows[] NearestRows(RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<int> queries, int depth, Pass pass);

    /// <summary>Canonical scores of pairs that somebody else proposed, such as an approximate index.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="norms">[rows], Euclidean norms from <see cref="Inspect"/>, above 0 for the candidates; or empty for <see cref="PairMeasure.SquaredDistance"/>.</param>
    /// <param name="queries">[queries x dim], float32, row-major, finite; not zero for <see cref="PairMeasure.Cosine"/>.</param>
    /// <param name="starts">[queries + 1], from 0, ascending: query q's candidates are at starts[q] .. starts[q + 1] - 1.</param>
    /// <param name="candidates">Rows.</param>
    /// <param name="measure">What pairs are scored by.</param>
    /// <param name="scores">Destination, as long as <paramref name="candidates"/>: the very scores that <see cref="TopSimilarities"/> and <see cref="NearestRows"/> decide by.</param>
    /// <param name="pass">Cancellation and progress.</param>
    void ScorePairs(
        RowSource rows,
        ReadOnlySpan<double> norms,
        ReadOnlySpan<float> queries,
        ReadOnlySpan<int> starts,
        ReadOnlySpan<int> candidates,
        PairMeasure measure,
        Span<double> scores,
        Pass pass);

    /// <summary>Adds up how much closer rows would be to something chosen if a query were chosen too: the gains of facility location.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="norms">[rows], Euclidean norms from <see cref="Inspect"/>, all above 0.</param>
    /// <param name="covered">[rows], the cosine of each row to what is nearest among the chosen; -1 before there is anything.</param>
    /// <param name="queries">Rows of the same matrix.</param>
    /// <param name="fractionBits">q: a gain g adds round(g * 2^q), half to even. The caller picks q so that no sum can leave 63 bits; no g is over 2.</param>
    /// <param name="gains">Destination, [queries]: sum over rows r of max(0, cos(r, query) - covered[r]) in fixed point.</param>
    /// <param name="pass">Cancellation and progress.</param>
    void CoverageGains(
        RowSource rows, ReadOnlySpan<double> norms, ReadOnlySpan<double> covered, ReadOnlySpan<int> queries, int fractionBits, Span<long> gains, Pass pass);

    /// <summary>Dot products of every row with a few vectors, canonically.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="vectors">[count x dim], float64, row-major.</param>
    /// <param name="products">Destination, [rows x count].</param>
    /// <param name="pass">Cancellation and progress.</param>
    void DotProducts(RowSource rows, ReadOnlySpan<double> vectors, Span<double> products, Pass pass);

    /// <summary>The loss of one column of every row under the softmax of that row: a language model's logits judge the token that came.</summary>
    /// <param name="logits">[rows x dim]; minus infinity is allowed.</param>
    /// <param name="columns">[rows], a column of each row, 0 .. dim - 1.</param>
    /// <param name="losses">Destination, [rows]: ln(sum over j of e^x[j]) - x[column], at least 0; plus infinity where the column is minus infinity, NaN where the row holds NaN or plus infinity or nothing else than minus infinity.</param>
    /// <param name="pass">Cancellation and progress.</param>
    void TokenLosses(RowSource logits, ReadOnlySpan<int> columns, Span<double> losses, Pass pass);
}

/// <summary>What <see cref="IKernels.Inspect"/> saw.</summary>
/// <param name="FirstNonFiniteRow">The lowest row that holds a NaN or an infinity, or -1.</param>
/// <param name="FirstZeroRow">The lowest row whose elements are all zero, or -1.</param>
/// <param name="LargestMagnitude">max |x| over all finite elements.</param>
public readonly record struct RowFacts(long FirstNonFiniteRow, long FirstZeroRow, float LargestMagnitude);

/// <summary>Which tokens of a record make its vector, and how much each counts.</summary>
public enum Pooling
{
    /// <summary>Token i of L weighs 2i / (L(L+1)), counted from 1: RDS+.</summary>
    WeightedMean,

    /// <summary>Every token weighs 1/L.</summary>
    Mean,

    /// <summary>The last token alone.</summary>
    Last,

    /// <summary>The first token alone.</summary>
    First,
}

/// <summary>How the scores of several groups make a ranking.</summary>
public enum Combination
{
    /// <summary>One list per group.</summary>
    Each,

    /// <summary>One list by the highest group score.</summary>
    Max,

    /// <summary>One list by the mean of the group scores.</summary>
    Mean,

    /// <summary>One list by the mean of (score - lowest) / (highest - lowest) per group; a group whose range is empty adds 0.</summary>
    NormalizedMean,
}

/// <summary>The lowest and highest score of one group over the whole matrix.</summary>
public readonly record struct ScoreRange(double Lowest, double Highest);

/// <summary>Rows in rank order with their scores; all arrays have one length.</summary>
/// <param name="Rows">0-based rows.</param>
/// <param name="Scores">What they are ranked by, highest first.</param>
/// <param name="Queries">The query, 0-based among all queries, whose cosine the score is, the lowest of several; null where a score is a mean.</param>
public sealed record RankedRows(int[] Rows, double[] Scores, int[]? Queries = null);
