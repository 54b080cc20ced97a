using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>One thread's part in a similarity pass: it proposes with 8-bit estimates or a float32 product, and scores canonically what a derived class wants of each row.</summary>
/// <remarks>
/// Where they pay, estimates come first, and only rows for which they leave too many queries go on to the float32 product. A tile's candidates are scored
/// together, so that the next row's queries are on their way from memory meanwhile.
/// </remarks>
internal abstract unsafe class SimilarityWorker<TLanes, TFloat, TDouble, TElement> : RowWorker
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    /// <summary>The group of all queries together.</summary>
    private const int Everything = -1;

    /// <summary>With so many candidates waiting, they are scored before the next row: enough to look ahead, few enough to stay in cache.</summary>
    private const int ManyCandidates = 1024;

    /// <summary>How many errors below the highest estimate queries still are candidates for the highest cosine.</summary>
    private const double Reach = 1.125;

    /// <summary>A canonical cosine of a row with one query costs about as much as the float32 products with so many.</summary>
    private const double CanonicalCost = 5;

    private readonly SimilarityQueries<TLanes, TFloat, TDouble> _queries;
    private readonly double* _norms;
    private readonly double* _highest;
    private readonly Pass _pass;
    private readonly RowTile<TLanes, TFloat, TDouble, TElement> _tile;
    private readonly RowEstimates<TLanes, TFloat, TDouble>? _estimates;
    private readonly EstimatePayoff? _payoff;
    private readonly int[] _repeated;
    private readonly List<int> _doubtful = [];
    private readonly Visit[] _visits;
    private readonly List<Question> _questions = [];
    private readonly int[] _candidates;
    private readonly double[] _cosines;
    private int _visited;
    private int _count;
    private long _decided;
    private long _rowsEstimated;
    private long _rowsRepeated;

    protected SimilarityWorker(SimilarityPass<TLanes, TFloat, TDouble> job)
        : base(job.Rows, job.Pass)
    {
        _queries = job.Queries;
        _norms = job.Norms;
        _highest = job.Highest;
        _pass = job.Pass;
        _tile = new RowTile<TLanes, TFloat, TDouble, TElement>(job.Queries.Columns);
        _visits = new Visit[_tile.Capacity];
        _repeated = new int[_tile.Capacity];
        if (job.IsEstimated && job.Queries.Bytes is { } bytes)
        {
            _estimates = new RowEstimates<TLanes, TFloat, TDouble>(bytes.Centre, _tile.Capacity);
            _payoff = new EstimatePayoff(job.Queries.Columns.Columns, CanonicalCost);
        }

        // A row's candidates are each query once for its group and once for the highest of all.
        _candidates = new int[checked(ManyCandidates + (2 * job.Queries.Columns.Columns))];
        _cosines = new double[_candidates.Length];
    }

    protected override void Close()
    {
        _tile.Dispose();
        if (_estimates is null) return;
        _estimates.Dispose();
        _queries.Count(_rowsEstimated, _rowsRepeated);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Block(MatrixView view, long firstRow)
    {
        for (nint at = 0; at < view.Rows; at += _tile.Capacity)
        {
            _pass.Cancel.ThrowIfCancellationRequested();
            int count = (int)Math.Min(_tile.Capacity, view.Rows - at), row = (int)(firstRow + at);
            for (int r = 0; r < count; r++) _tile.Load(r, view, at + r);
            if (_payoff is { IsDue: true }) Estimate(row, count);
            else Multiply(row, count);
            Answer();
        }
    }

    /// <summary>Asks for the canonical scores of what a row may be good for.</summary>
    protected abstract void Propose(in Proposals proposals);

    /// <summary>Takes an answer; a row's come in the order in which they were asked for.</summary>
    /// <param name="row">The row.</param>
    /// <param name="group">The group.</param>
    /// <param name="score">The row's canonical score in the group: the highest cosine of its queries.</param>
    /// <param name="query">The lowest query that has it.</param>
    protected abstract void Decide(int row, int group, double score, int query);

    /// <summary>The highest proposal among queries from .. to - 1.</summary>
    protected static double Highest(in Proposals proposals, int from, int to) => HighestDot(proposals.Dots, from, to) * (double)proposals.Inverse;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float HighestDot(float* dots, int from, int to)
    {
        float highest = float.NegativeInfinity;
        if (to - from >= 16)
        {
            TFloat lanes = TLanes.Broadcast(highest);
            for (; from + 16 <= to; from += 16) lanes = TLanes.Max(lanes, TLanes.LoadF32(dots + from));
            highest = TLanes.Highest(lanes);
        }

        for (; from < to; from++) highest = Math.Max(highest, dots[from]);
        return highest;
    }

    /// <summary>Asks for a row's canonical score in a group. Candidates are the queries within twice the error of the highest proposal.</summary>
    /// <param name="proposals">The row's proposals.</param>
    /// <param name="group">The group.</param>
    /// <param name="threshold">A lower score is of no use, so that queries that cannot reach it are no candidates, and the answer may be too low where the score is lower.</param>
    protected void Nominate(in Proposals proposals, int group, double threshold = double.NegativeInfinity) =>
        Ask(proposals, group, _queries.Starts[group], _queries.Starts[group + 1], threshold);

    /// <summary>Asks for a row's canonical cosine with one query, as if that were a group of the same number.</summary>
    protected void NominateOne(int query)
    {
        _candidates[_count++] = query;
        _questions.Add(new Question(query, _count));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Ask(in Proposals proposals, int group, int from, int to, double threshold)
    {
        int before = _count;
        if (to - from == 1)
        {
            _candidates[_count++] = from;
        }
        else
        {
            // What roundings could take from twice the error, the room within the error covers.
            double least = Math.Max(Highest(proposals, from, to) - (2 * proposals.Error), threshold - proposals.Error);
            NominateFrom(proposals, least, from, to);
        }

        if (_count > before) _questions.Add(new Question(group, _count));
    }

    /// <summary>Adds the queries from .. to - 1 whose proposal is at least so much to the candidates.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void NominateFrom(in Proposals proposals, double least, int from, int to)
    {
        // In the unit of the dot products.
        float bound = ProposalError.RoundDown(least / proposals.Inverse);
        TFloat lanes = TLanes.Broadcast(bound);
        for (; from + 16 <= to; from += 16)
        {
            for (uint mask = TLanes.AtLeast(TLanes.LoadF32(proposals.Dots + from), lanes); mask != 0; mask &= mask - 1)
                _candidates[_count++] = from + BitOperations.TrailingZeroCount(mask);
        }

        for (; from < to; from++)
            if (proposals.Dots[from] >= bound) _candidates[_count++] = from;
    }

    /// <summary>Takes a tile of loaded rows through the float32 product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(int firstRow, int count)
    {
        long before = _decided;
        _tile.Multiply(count);
        for (int r = 0; r < count; r++)
        {
            Look(r, firstRow + r, _tile.Dots(r));
            if (_count >= ManyCandidates) Answer();
        }

        _payoff?.Multiplied(count, _decided + _count - before);
    }

    /// <summary>Takes a tile of loaded rows through 8-bit estimates, and through the float32 product where these leave too many queries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Estimate(int firstRow, int count)
    {
        long before = _decided;
        int repeated = 0;
        _estimates!.Set(0, _tile.Row(0), _tile.Stride, new ReadOnlySpan<double>(_norms + firstRow, count));
        _estimates.Multiply(count, _queries.Bytes!, _tile.Dots(0));
        for (int r = 0; r < count; r++)
        {
            if (!LookAtEstimates(r, firstRow + r)) _repeated[repeated++] = r;
            if (_count >= ManyCandidates) Answer();
        }

        Answer();
        int doubtful = _doubtful.Count;
        if (repeated + doubtful > 0)
        {
            // Nobody looks at the estimates again, so the products take their place.
            _doubtful.CopyTo(_repeated, repeated);
            _doubtful.Clear();
            _tile.MultiplySome(_repeated.AsSpan(0, repeated + doubtful), 0, _queries.Columns.Panels, _tile.Dots(0));
            for (int i = 0; i < repeated + doubtful; i++)
            {
                Look(_repeated[i], firstRow + _repeated[i], _tile.Dots(i), isListed: i >= repeated);
                if (_count >= ManyCandidates) Answer();
            }

            repeated += doubtful;
        }

        _rowsEstimated += count - repeated;
        _rowsRepeated += repeated;
        _payoff!.Estimated(count, _decided + _count - before, repeated);
    }

    /// <summary>Asks for what a row may be good for by its float32 products.</summary>
    /// <param name="place">The row's place in the tile.</param>
    /// <param name="row">The row.</param>
    /// <param name="dots">The products.</param>
    /// <param name="isListed">Whether only the highest cosine is still unknown.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Look(int place, int row, float* dots, bool isListed = false)
    {
        double norm = _norms[row];
        if (!(norm > 0)) throw new ArgumentException($"Row {row} has no direction: its norm is {norm}.");
        double error = _queries.Error(norm);

        // Without a bound the products may be infinite or NaN; zeros with an infinite error let every query through.
        if (double.IsPositiveInfinity(error)) new Span<float>(dots, _queries.Columns.Width).Clear();
        Proposals proposals = new(row, dots, (float)Math.Min(1 / norm, float.MaxValue), error);
        int before = _count;
        if (_highest != null) Ask(proposals, Everything, 0, _queries.Columns.Columns, double.NegativeInfinity);
        if (!isListed) Propose(proposals);
        if (_count > before) _visits[_visited++] = new Visit(place, row, _questions.Count, _count);
    }

    /// <summary>Asks for what a row may be good for by its estimates.</summary>
    /// <param name="place">The row's place in the tile.</param>
    /// <param name="row">The row.</param>
    /// <returns>False, and nothing is asked, when the float32 product is needed first.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool LookAtEstimates(int place, int row)
    {
        double error = _estimates!.Error(place, _queries.Bytes!);
        if (double.IsPositiveInfinity(error)) return false;
        double norm = _norms[row];
        Proposals proposals = new(row, _tile.Dots(place), (float)(1 / norm), error);
        int before = _count, questions = _questions.Count;
        if (_highest != null)
        {
            // The best query's estimate may be twice the error below the highest, but estimates are much better than that: it is enough to look
            // a little farther than the error, as long as the best cosine found is then above all that the others may have.
            double least = Highest(proposals, 0, _queries.Columns.Columns) - (Reach * error);
            NominateFrom(proposals, least, 0, _queries.Columns.Columns);
            _questions.Add(new Question(Everything, _count, least + error));
        }

        Propose(proposals);
        if (_count - before > _payoff!.Few)
        {
            _count = before;
            _questions.RemoveRange(questions, _questions.Count - questions);
            return false;
        }

        if (_count > before) _visits[_visited++] = new Visit(place, row, _questions.Count, _count);
        return true;
    }

    /// <summary>Computes the canonical cosines of all candidates that wait, and hands over the best of each group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Answer()
    {
        int question = 0, from = 0;
        for (int v = 0; v < _visited; v++)
        {
            Visit visit = _visits[v];
            if (v + 1 < _visited) _queries.Prefetch(_candidates.AsSpan(visit.Candidates.._visits[v + 1].Candidates));
            Span<double> cosines = _cosines.AsSpan(from, visit.Candidates - from);
            _queries.Rescore(_tile.Row(visit.Place), _norms[visit.Row], _candidates.AsSpan(from, cosines.Length), cosines);
            for (; question < visit.Questions; question++)
            {
                Question asked = _questions[question];
                int best = Best(from, asked.Candidates);
                from = asked.Candidates;
                if (asked.Group != Everything) Decide(visit.Row, asked.Group, _cosines[best], _candidates[best]);
                else if (_cosines[best] >= asked.Enough) _highest[visit.Row] = _cosines[best];
                else _doubtful.Add(visit.Place);
            }
        }

        _decided += _count;
        _questions.Clear();
        _visited = _count = 0;
    }

    /// <summary>The candidate from .. to - 1 of the highest cosine: the first of several, which is the lowest query, as candidates ascend and every query that has it is among them.</summary>
    private int Best(int from, int to)
    {
        int best = from;
        for (int i = from + 1; i < to; i++)
            if (_cosines[i] > _cosines[best]) best = i;
        return best;
    }

    /// <summary>What the estimates or the float32 product say about one row: cosine with query q = Dots[q] * Inverse, give or take Error.</summary>
    protected readonly struct Proposals(int row, float* dots, float inverse, double error)
    {
        public readonly int Row = row;
        public readonly float* Dots = dots;
        public readonly float Inverse = inverse;
        public readonly double Error = error;
    }

    /// <summary>A row with candidates: where it is in the tile, and where its questions and candidates end.</summary>
    private readonly record struct Visit(int Place, int Row, int Questions, int Candidates);

    /// <summary>A group whose score is wanted, where its candidates end, and the score with which none that is no candidate can compete.</summary>
    private readonly record struct Question(int Group, int Candidates, double Enough = double.NegativeInfinity);
}

/// <summary>What all workers of a similarity pass share.</summary>
internal sealed unsafe class SimilarityPass<TLanes, TFloat, TDouble>(RowSource rows, double* norms, SimilarityQueries<TLanes, TFloat, TDouble> queries, Pass pass, double* highest = null, bool isEstimated = true)
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
{
    /// <summary>The matrix.</summary>
    public RowSource Rows => rows;

    /// <summary>[rows], Euclidean norms.</summary>
    public double* Norms => norms;

    /// <summary>The packed queries.</summary>
    public SimilarityQueries<TLanes, TFloat, TDouble> Queries => queries;

    /// <summary>Cancellation and progress.</summary>
    public Pass Pass => pass;

    /// <summary>[rows], where each row's highest cosine of any query goes, or null.</summary>
    public double* Highest => highest;

    /// <summary>Whether rows may be estimated first.</summary>
    public bool IsEstimated => isEstimated;

    /// <summary>The same pass without the highest cosines.</summary>
    public SimilarityPass<TLanes, TFloat, TDouble> ForLists() => new(rows, norms, queries, pass);

    /// <summary>The same pass for a forecast: without the highest cosines, and with the closest proposals there are.</summary>
    public SimilarityPass<TLanes, TFloat, TDouble> ForForecast() => new(rows, norms, queries, pass, isEstimated: false);
}
