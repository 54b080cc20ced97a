namespace Engine.Kernels.Cpu;

/// <summary>One thread's part in a similarity pass: it proposes with a float32 product and hands each row, with its error bound, to a derived class.</summary>
internal abstract unsafe class SimilarityWorker<TLanes, TFloat, TDouble, TElement> : RowWorker
    where TLanes : struct, ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
    where TElement : struct, IElement
{
    private readonly SimilarityQueries<TLanes, TFloat, TDouble> _queries;
    private readonly double* _norms;
    private readonly Pass _pass;
    private readonly RowTile<TLanes, TFloat, TDouble, TElement> _tile;
    private readonly int[] _candidates;
    private readonly double[] _cosines;
    private int _count;

    protected SimilarityWorker(SimilarityPass<TLanes, TFloat, TDouble> job)
        : base(job.Rows, job.Pass)
    {
        _queries = job.Queries;
        _norms = job.Norms;
        _pass = job.Pass;
        _tile = new RowTile<TLanes, TFloat, TDouble, TElement>(job.Queries.Columns);
        _candidates = new int[job.Queries.Columns.Columns];
        _cosines = new double[job.Queries.Columns.Columns];
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
                long row = firstRow + at + r;
                double norm = _norms[row];
                if (!(norm > 0)) throw new ArgumentException($"Row {row} has no direction: its norm is {norm}.");
                double error = _queries.Error(norm);

                // Without a bound the products may be infinite or NaN; zeros with an infinite error let every query through.
                if (double.IsPositiveInfinity(error)) new Span<float>(_tile.Dots(r), _queries.Columns.Width).Clear();
                Proposals proposals = new(_tile.Row(r), _tile.Dots(r), norm, (float)Math.Min(1 / norm, float.MaxValue), error);
                _count = 0;
                Row((int)row, proposals);
            }
        }
    }

    /// <summary>Decides what a row is good for.</summary>
    protected abstract void Row(int row, in Proposals proposals);

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

    /// <summary>Notes the queries of a group that can be its canonical best: those within twice the error of the highest proposal.</summary>
    /// <returns>The end of the group's candidates, for <see cref="Best"/>.</returns>
    protected int Nominate(in Proposals proposals, int group, double highest)
    {
        double least = highest - (2 * proposals.Error);
        for (int q = _queries.Starts[group]; q < _queries.Starts[group + 1]; q++)
            if (proposals.Dots[q] * (double)proposals.Inverse >= least) _candidates[_count++] = q;
        return _count;
    }

    /// <summary>Computes the canonical cosines of all candidates.</summary>
    protected void Rescore(in Proposals proposals)
        => _queries.Rescore(proposals.Row, proposals.Norm, _candidates.AsSpan(0, _count), _cosines.AsSpan(0, _count));

    /// <summary>The highest canonical cosine among candidates from .. to - 1, a group's score, and the lowest query that has it.</summary>
    protected double Best(int from, int to, out int query)
    {
        // Candidates ascend, and every query with the highest cosine is among them.
        int best = from;
        for (int i = from + 1; i < to; i++)
            if (_cosines[i] > _cosines[best]) best = i;
        query = _candidates[best];
        return _cosines[best];
    }

    /// <summary>What the float32 product says about one row: cosine with query q = Dots[q] * Inverse, give or take Error.</summary>
    protected readonly struct Proposals(float* row, float* dots, double norm, float inverse, double error)
    {
        public readonly float* Row = row;
        public readonly float* Dots = dots;
        public readonly double Norm = norm;
        public readonly float Inverse = inverse;
        public readonly double Error = error;
    }
}

/// <summary>What all workers of a similarity pass share.</summary>
internal sealed unsafe class SimilarityPass<TLanes, TFloat, TDouble>(RowSource rows, double* norms, SimilarityQueries<TLanes, TFloat, TDouble> queries, Pass pass)
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
}
