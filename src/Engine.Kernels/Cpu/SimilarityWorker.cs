using System.Numerics;

namespace Engine.Kernels.Cpu;

/// <summary>One thread's part in a similarity pass: it proposes with a float32 product, and scores canonically what a derived class wants of each row.</summary>
/// <remarks>A tile's candidates are scored together, so that the next row's queries are on their way from memory meanwhile.</remarks>
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

    private readonly SimilarityQueries<TLanes, TFloat, TDouble> _queries;
    private readonly double* _norms;
    private readonly double* _highest;
    private readonly Pass _pass;
    private readonly RowTile<TLanes, TFloat, TDouble, TElement> _tile;
    private readonly Visit[] _visits;
    private readonly List<Question> _questions = [];
    private readonly int[] _candidates;
    private readonly double[] _cosines;
    private int _visited;
    private int _count;

    protected SimilarityWorker(SimilarityPass<TLanes, TFloat, TDouble> job)
        : base(job.Rows, job.Pass)
    {
        _queries = job.Queries;
        _norms = job.Norms;
        _highest = job.Highest;
        _pass = job.Pass;
        _tile = new RowTile<TLanes, TFloat, TDouble, TElement>(job.Queries.Columns);
        _visits = new Visit[_tile.Capacity];

        // A row's candidates are each query once for its group and once for the highest of all.
        _candidates = new int[checked(ManyCandidates + (2 * job.Queries.Columns.Columns))];
        _cosines = new double[_candidates.Length];
    }

    protected override void Close() => _tile.Dispose();

    protected override void Block(MatrixView view, long firstRow)
    {
        for (nint at = 0; at < view.Rows; at += _tile.Capacity)
        {
            _pass.Cancel.ThrowIfCancellationRequested();
            int count = (int)Math.Min(_tile.Capacity, view.Rows - at);
            _tile.Multiply(view, at, count);
            for (int r = 0; r < count; r++)
            {
                Look(r, (int)(firstRow + at + r));
                if (_count >= ManyCandidates) Answer();
            }

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
    protected static double Highest(in Proposals proposals, int from, int to)
    {
        float highest = float.NegativeInfinity;
        if (to - from >= 16)
        {
            TFloat lanes = TLanes.Broadcast(highest);
            for (; from + 16 <= to; from += 16) lanes = TLanes.Max(lanes, TLanes.LoadF32(proposals.Dots + from));
            highest = TLanes.Highest(lanes);
        }

        for (; from < to; from++) highest = Math.Max(highest, proposals.Dots[from]);
        return highest * (double)proposals.Inverse;
    }

    /// <summary>Asks for a row's canonical score in a group. Candidates are the queries within twice the error of the highest proposal.</summary>
    protected void Nominate(in Proposals proposals, int group) => Ask(proposals, group, _queries.Starts[group], _queries.Starts[group + 1]);

    /// <summary>Asks for a row's canonical cosine with one query, as if that were a group of the same number.</summary>
    protected void NominateOne(int query)
    {
        _candidates[_count++] = query;
        _questions.Add(new Question(query, _count));
    }

    private void Ask(in Proposals proposals, int group, int from, int to)
    {
        if (to - from == 1) _candidates[_count++] = from;
        else NominateBest(proposals, from, to);
        _questions.Add(new Question(group, _count));
    }

    private void NominateBest(in Proposals proposals, int from, int to)
    {
        // In the unit of the dot products; what its roundings could take from twice the error, the room within the error covers.
        float least = ProposalError.RoundDown((Highest(proposals, from, to) - (2 * proposals.Error)) / proposals.Inverse);
        TFloat lanes = TLanes.Broadcast(least);
        for (; from + 16 <= to; from += 16)
        {
            for (uint mask = TLanes.AtLeast(TLanes.LoadF32(proposals.Dots + from), lanes); mask != 0; mask &= mask - 1)
                _candidates[_count++] = from + BitOperations.TrailingZeroCount(mask);
        }

        for (; from < to; from++)
            if (proposals.Dots[from] >= least) _candidates[_count++] = from;
    }

    private void Look(int place, int row)
    {
        double norm = _norms[row];
        if (!(norm > 0)) throw new ArgumentException($"Row {row} has no direction: its norm is {norm}.");
        double error = _queries.Error(norm);

        // Without a bound the products may be infinite or NaN; zeros with an infinite error let every query through.
        float* dots = _tile.Dots(place);
        if (double.IsPositiveInfinity(error)) new Span<float>(dots, _queries.Columns.Width).Clear();
        Proposals proposals = new(row, dots, (float)Math.Min(1 / norm, float.MaxValue), error);
        int before = _count;
        if (_highest != null) Ask(proposals, Everything, 0, _queries.Columns.Columns);
        Propose(proposals);
        if (_count > before) _visits[_visited++] = new Visit(place, row, _questions.Count, _count);
    }

    /// <summary>Computes the canonical cosines of all candidates that wait, and hands over the best of each group.</summary>
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
                if (asked.Group == Everything) _highest[visit.Row] = _cosines[best];
                else Decide(visit.Row, asked.Group, _cosines[best], _candidates[best]);
            }
        }

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

    /// <summary>What the float32 product says about one row: cosine with query q = Dots[q] * Inverse, give or take Error.</summary>
    protected readonly struct Proposals(int row, float* dots, float inverse, double error)
    {
        public readonly int Row = row;
        public readonly float* Dots = dots;
        public readonly float Inverse = inverse;
        public readonly double Error = error;
    }

    /// <summary>A row with candidates: where it is in the tile, and where its questions and candidates end.</summary>
    private readonly record struct Visit(int Place, int Row, int Questions, int Candidates);

    /// <summary>A group whose score is wanted, and where its candidates end.</summary>
    private readonly record struct Question(int Group, int Candidates);
}

/// <summary>What all workers of a similarity pass share.</summary>
internal sealed unsafe class SimilarityPass<TLanes, TFloat, TDouble>(RowSource rows, double* norms, SimilarityQueries<TLanes, TFloat, TDouble> queries, Pass pass, double* highest = null)
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

    /// <summary>The same pass without the highest cosines.</summary>
    public SimilarityPass<TLanes, TFloat, TDouble> ForLists() => new(rows, norms, queries, pass);
}
