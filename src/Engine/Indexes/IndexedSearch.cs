using Engine.Kernels;

namespace Engine.Indexes;

/// <summary>A search through an index: the index proposes rows, canonical arithmetic scores and ranks them, and a sample of the queries is also searched exactly to say how much was found.</summary>
/// <remarks>
/// What it finds depends on the rows, the queries, the goal and FAISS alone, never on threads or clocks. The parameter that trades speed for recall is doubled
/// until the sample it is tuned on finds half as much again as the goal allows to miss; recall is then measured on other queries.
/// </remarks>
internal sealed class IndexedSearch : IDisposable
{
    private const int FewestSampled = 16, MostSampled = 100;

    /// <summary>Queries in one round of search and scoring; bounds memory, changes nothing.</summary>
    private const int RoundQueries = 2048;

    private readonly RowSource _rows;
    private readonly double[] _norms;
    private readonly QuerySet _queries;
    private readonly IndexMetric _metric;
    private readonly SearchGoal _goal;
    private readonly Func<VectorIndex>? _open;
    private readonly IKernels _kernels;
    private readonly Pass _pass;
    private readonly Pass _quiet;
    private readonly int[] _checked;
    private readonly int[] _tuned;
    private VectorIndex? _index;

    /// <summary>Prepares a search; nothing is made or read yet.</summary>
    /// <param name="rows">[rows x dim], finite.</param>
    /// <param name="norms">[rows], Euclidean norms; none is zero for cosines.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="metric">What is searched by.</param>
    /// <param name="goal">What is asked for.</param>
    /// <param name="open">Opens the index file, or null to make an index.</param>
    /// <param name="kernels">Who searches exactly, and scores.</param>
    /// <param name="random">The stream that draws the sample.</param>
    /// <param name="pass">Cancellation and progress.</param>
    public IndexedSearch(
        RowSource rows, double[] norms, QuerySet queries, IndexMetric metric, SearchGoal goal, Func<VectorIndex>? open, IKernels kernels, RandomStream random, Pass pass)
    {
        (_rows, _norms, _queries, _metric, _goal, _open, _kernels, _pass) = (rows, norms, queries, metric, goal, open, kernels, pass);
        _quiet = new Pass(cancel: pass.Cancel);
        int size = SampleOf(queries.Count);
        int[] drawn = random.Sample(queries.Count, Math.Min(queries.Count, 2 * size));
        _checked = [.. drawn.Take(size).Order()];
        int[] rest = [.. drawn.Skip(size).Order()];
        _tuned = rest.Length >= Math.Min(FewestSampled, size) ? rest : [.. drawn.Order()];
    }

    /// <summary>The index, once there is one.</summary>
    public VectorIndex Index => _index ?? throw new InvalidOperationException("The search is not prepared.");

    /// <summary>Queries there are.</summary>
    public int Queries => _queries.Count;

    /// <summary>What the last preparation measured, or null.</summary>
    public RecallEstimate? Recall { get; private set; }

    /// <summary>Queries whose lists came out too short and were searched exactly instead.</summary>
    public long Completed { get; private set; }

    /// <summary>Only true neighbours above this cosine count for the recall, though each query has at least one.</summary>
    public double Above { get; init; } = double.NegativeInfinity;

    /// <summary>Queries that a search samples, for tuning and again for measuring.</summary>
    public static int SampleOf(long queries) => (int)Math.Min(queries, Math.Max(FewestSampled, Math.Min(MostSampled, queries / 4)));

    /// <summary>Whether counting says that an index would be much less work than exact search, before anything is made.</summary>
    public static bool Pays(long rows, int dim, long queries, SearchGoal goal, bool isMade)
    {
        IndexKind kind = IndexChoice.Of(rows, dim, queries, goal)[0];
        double exact = IndexCosts.Exact(rows, queries, dim), sampled = IndexCosts.Exact(rows, 2 * SampleOf(queries), dim);
        double made = isMade ? IndexCosts.Open(rows, dim) : IndexCosts.Build(kind, rows, dim);
        int parameter = Math.Clamp(IndexCosts.UsualProbes, kind.LeastOfParameter(1), Math.Max(kind.LeastOfParameter(1), kind.MostOfParameter(rows)));
        return made + sampled + IndexCosts.Search(kind, rows, queries, dim, parameter) < IndexCosts.WorthIt * exact;
    }

    /// <summary>Makes or opens the index where that is not done, tunes it for lists of this depth, and measures.</summary>
    /// <param name="depth">Entries that every list shall have.</param>
    /// <exception cref="EngineException">FAISS is missing or refuses: exit 9. No index fits the memory: exit 8. The index file is another matrix's: exit 4.</exception>
    public void Prepare(int depth)
    {
        RankedRows[] tunedTruth = _queries.Exact(_tuned, depth, _quiet);
        if (_index is not null) Tune(_index, tunedTruth, depth);
        else if (_open is not null) Tune(_index = _open(), tunedTruth, depth);
        else Choose(tunedTruth, depth);
        Recall = Measure(_checked, _queries.Exact(_checked, depth, _quiet), depth);
    }

    /// <summary>The nearest rows of some queries that the index finds, in exact order with exact scores.</summary>
    /// <param name="which">Queries.</param>
    /// <param name="depth">Entries wanted; lists are shorter only when the matrix is.</param>
    public RankedRows[] Find(int[] which, int depth)
    {
        RankedRows[] lists = new RankedRows[which.Length];
        for (int first = 0; first < which.Length; first += RoundQueries)
        {
            _pass.Report("queries", first, which.Length);
            int[] round = which[first..Math.Min(which.Length, first + RoundQueries)];
            Propose(round, depth).CopyTo(lists, first);
        }

        int[] shorter = [.. Enumerable.Range(0, which.Length).Where(i => lists[i].Rows.Length < Math.Min(depth, _rows.Rows - (_queries.RowOf(which[i]) < 0 ? 0 : 1)))];
        if (shorter.Length == 0) return lists;
        RankedRows[] exact = _queries.Exact([.. shorter.Select(i => which[i])], depth, _quiet);
        for (int i = 0; i < shorter.Length; i++) lists[shorter[i]] = exact[i];
        Completed += shorter.Length;
        return lists;
    }

    /// <inheritdoc/>
    public void Dispose() => _index?.Dispose();

    /// <summary>The first kind that meets the goal for less than reading every row; the last one where none does.</summary>
    private void Choose(RankedRows[] truth, int depth)
    {
        foreach (IndexKind kind in IndexChoice.Of(_rows.Rows, _rows.Dim, _queries.Count, _goal))
        {
            _index?.Dispose();
            _index = null;
            _index = IndexBuilder.Build(_rows, _norms, _metric, kind, _kernels, _pass);
            bool meets = Tune(_index, truth, depth);
            if (meets && Work(_index) < IndexCosts.Search(IndexKind.Flat, _rows.Rows, 1, _rows.Dim, 1)) return;
        }
    }

    private double Work(VectorIndex index) => IndexCosts.Search(index.Kind, _rows.Rows, 1, _rows.Dim, index.Parameter);

    /// <summary>Doubles the parameter until the sample says that the goal is met with room to spare.</summary>
    /// <returns>Whether it is.</returns>
    private bool Tune(VectorIndex index, RankedRows[] truth, int depth)
    {
        double target = 1 - ((1 - _goal.RecallAtLeast) / 2);
        int least = index.Kind.LeastOfParameter(depth), most = Math.Max(least, index.Kind.MostOfParameter(_rows.Rows));
        for (long value = least; ; value *= 2)
        {
            index.Set((int)Math.Min(value, most));
            if (Measure(_tuned, truth, depth).Recall >= target) return true;
            if (value >= most) return false;
        }
    }

    private RecallEstimate Measure(int[] which, RankedRows[] truth, int depth)
    {
        RankedRows[] found = Propose(which, depth);
        double[] shares = [.. found.Select((list, i) => RecallEstimate.Share(truth[i], list, _metric, Above))];
        return RecallEstimate.Of(shares, _queries.Count, depth);
    }

    /// <summary>Lists of what the index alone finds, which may be short.</summary>
    private RankedRows[] Propose(int[] which, int depth)
    {
        int dim = _rows.Dim, wanted = Index.Kind.Candidates(depth + 1, _rows.Rows);
        float[] vectors = _queries.Vectors(which), prepared = vectors;
        if (_metric == IndexMetric.Cosine)
        {
            prepared = [.. vectors];
            for (int i = 0; i < which.Length; i++) IndexRows.Normalize(prepared.AsSpan(i * dim, dim));
        }

        int[] found = Index.Search(prepared, wanted, _kernels.Threads, _quiet);
        int[] starts = new int[which.Length + 1], candidates = new int[found.Length];
        int count = 0;
        for (int i = 0; i < which.Length; i++)
        {
            int self = _queries.RowOf(which[i]), before = count;
            foreach (int row in found.AsSpan(i * wanted, wanted))
                if (row >= 0 && row != self) candidates[count++] = row;
            candidates.AsSpan(before, count - before).Sort();
            starts[i + 1] = count;
        }

        double[] scores = new double[count];
        _kernels.ScorePairs(_rows, _norms, vectors, starts, candidates.AsSpan(0, count), _metric == IndexMetric.Cosine ? PairMeasure.Cosine : PairMeasure.SquaredDistance, scores, _quiet);
        RankedRows[] lists = new RankedRows[which.Length];
        for (int i = 0; i < which.Length; i++) lists[i] = Rank(candidates.AsSpan(starts[i]..starts[i + 1]), scores.AsSpan(starts[i]..starts[i + 1]), depth);
        return lists;
    }

    /// <summary>Best first, ties to the lower row, no more than the depth.</summary>
    private RankedRows Rank(ReadOnlySpan<int> rows, ReadOnlySpan<double> scores, int depth)
    {
        // Rows ascend, so that the place decides ties as the row does.
        (double Key, int Place)[] order = new (double, int)[rows.Length];
        for (int i = 0; i < order.Length; i++) order[i] = (_metric == IndexMetric.Cosine ? -scores[i] : scores[i], i);
        Array.Sort(order);
        int length = Math.Min(depth, order.Length);
        int[] best = new int[length];
        double[] of = new double[length];
        for (int i = 0; i < length; i++) (best[i], of[i]) = (rows[order[i].Place], scores[order[i].Place]);
        return new RankedRows(best, of);
    }
}
