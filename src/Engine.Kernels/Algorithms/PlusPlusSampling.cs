namespace Engine.Kernels.Algorithms;

/// <summary>k-means++: rows drawn one after the other, each with probability proportional to its squared distance to the nearest row drawn before.</summary>
/// <remarks>
/// <para>Exact D² sampling without a pass over the matrix per centroid. What a row's distance was some draws ago bounds it from above, so a row is
/// proposed in proportion to these bounds, brought up to date, and accepted with probability distance / bound; otherwise another one is proposed.
/// Accepted rows have exactly the distribution of plain sampling. All rows are brought up to date together when the proposals since the last time
/// have cost half of what that costs.</para>
/// <para>Time: at worst 1.5 times the rows * k distances of plain sampling; where the total distance falls slowly, little more than one pass.
/// Proposals are found by prefix sums over fixed blocks of 4096 rows, in order, so the rows drawn depend on nothing but the data and the stream.
/// Source: Arthur and Vassilvitskii 2007 for the distribution.</para>
/// </remarks>
/// <param name="rows">[rows x dim].</param>
/// <param name="scales">[rows] or empty for 1.</param>
/// <param name="kernels">Who computes distances.</param>
/// <param name="pass">Cancellation.</param>
internal sealed class PlusPlusSampling(RowSource rows, double[] scales, IKernels kernels, Pass pass)
{
    /// <summary>What proposing a row costs beyond its distances, in distances.</summary>
    private const int ProposalCost = 64;

    private const int None = -1;

    private readonly int[] _seen = new int[rows.Rows];
    private readonly double[] _squared = new double[rows.Rows];
    private readonly double[] _blockSums = new double[(rows.Rows + KMeans.SumBlock - 1) / KMeans.SumBlock];
    private readonly double[] _centre = new double[rows.Dim];
    private IMinDistances _distances = null!;
    private int _count;
    private int _seenByAll;
    private long _spent;
    private int _accepted = None;
    private bool _relaxing;

    /// <summary>What share of the cost of bringing all rows up to date may be spent on proposals first. Changes which numbers are drawn, never their distribution.</summary>
    internal double Patience { get; init; } = .5;

    /// <summary>k distinct row numbers in the order they were drawn. Once every row lies on a drawn one, the lowest rows left follow.</summary>
    /// <param name="k">How many, 1 .. rows.</param>
    /// <param name="stream">Who draws.</param>
    /// <param name="resume">Where to begin and where positions go, or null.</param>
    public int[] Sample(int k, RandomStream stream, IResumePoint<SeedingPosition>? resume = null)
    {
        int[] drawn = new int[k];
        bool[] isDrawn = new bool[_squared.Length];
        int lowestLeft = 0;
        using IMinDistances distances = _distances = kernels.MinDistances(rows, scales);
        Array.Fill(_squared, double.PositiveInfinity);
        if (resume?.From is { } from) Restore(from, drawn, isDrawn, stream);

        // One small act at a time, so that whatever is cut short can be kept and done again.
        try
        {
            while (_count < k)
            {
                if (resume is { IsDue: true }) resume.Keep(Position(drawn, stream));
                pass.Cancel.ThrowIfCancellationRequested();
                if (_relaxing) RelaxAll();
                else if (_accepted >= 0) AddCentre(drawn, isDrawn);
                else if (_count == 0) _accepted = (int)stream.NextBelow(_squared.Length);
                else Draw(stream, isDrawn, ref lowestLeft);
            }
        }
        catch (OperationCanceledException) when (resume is not null)
        {
            resume.Keep(Position(drawn, stream));
            throw;
        }

        return drawn;
    }

    private void AddCentre(int[] drawn, bool[] isDrawn)
    {
        int row = _accepted;
        _accepted = None;
        MakeCentre(row);
        drawn[_count++] = row;
        isDrawn[row] = true;
        _squared[row] = 0;
        if (_count == 1) _relaxing = true;
        else SumBlockOf(row);
    }

    /// <summary>Proposes a row and accepts it with probability distance / bound; when all distances are 0 the lowest row left is next.</summary>
    private void Draw(RandomStream stream, bool[] isDrawn, ref int lowestLeft)
    {
        int row = Propose(stream);
        if (row < 0)
        {
            while (isDrawn[lowestLeft]) lowestLeft++;
            row = lowestLeft;
        }
        else if (_seen[row] != _count)
        {
            double bound = _squared[row];
            _spent += _count - _seen[row] + ProposalCost;
            Relax([row], Pass.Unwatched);
            SumBlockOf(row);
            _relaxing = _spent > Patience * UnseenDistances();
            if (!(stream.NextDouble() * bound < _squared[row])) return;
        }

        _accepted = row;
    }

    /// <summary>A row with probability proportional to its bound, or -1 when all bounds are 0.</summary>
    private int Propose(RandomStream stream)
    {
        double total = 0;
        foreach (double sum in _blockSums) total += sum;
        if (total == 0) return -1;

        double target = stream.NextDouble() * total;
        double before = 0;
        int last = -1;
        for (int block = 0; block < _blockSums.Length; block++)
        {
            // The sums of whole blocks are passed over; they are the ones the total was made of, so the prefix ends exactly on it.
            if (before + _blockSums[block] <= target && block + 1 < _blockSums.Length)
            {
                before += _blockSums[block];
                continue;
            }

            double within = 0;
            int start = block * KMeans.SumBlock;
            int end = start + Math.Min(KMeans.SumBlock, _squared.Length - start);
            for (int row = start; row < end; row++)
            {
                if (_squared[row] == 0) continue;
                within += _squared[row];
                last = row;
                if (before + within > target) return row;
            }

            before += within;
        }

        // Reached only when rounding put the target on the total; then the last row that has a distance, wherever its block is.
        return last >= 0 ? last : Array.FindLastIndex(_squared, squared => squared > 0);
    }

    private double UnseenDistances() => (double)_squared.Length * (_count - _seenByAll);

    private void RelaxAll()
    {
        Relax([], pass);
        _seenByAll = _count;
        _spent = 0;
        _relaxing = false;
        SumAllBlocks();
    }

    private void Relax(ReadOnlySpan<int> which, Pass stop) => _distances.Relax(which, 0, _seen, _squared, [], stop);

    private void MakeCentre(int row)
    {
        RowNumbers.CopyScaled(rows, scales, row, _centre);
        _distances.Add(_centre, row);
    }

    private void SumAllBlocks()
    {
        for (int block = 0; block < _blockSums.Length; block++) SumBlockOf(block * KMeans.SumBlock);
    }

    private void SumBlockOf(int row)
    {
        int block = row / KMeans.SumBlock;
        int start = block * KMeans.SumBlock;
        double sum = 0;
        foreach (double squared in _squared.AsSpan(start, Math.Min(KMeans.SumBlock, _squared.Length - start))) sum += squared;
        _blockSums[block] = sum;
    }

    private SeedingPosition Position(int[] drawn, RandomStream stream) =>
        new(drawn[.._count], _accepted, _relaxing, stream.State, _seen, _squared, _seenByAll, _spent);

    private void Restore(SeedingPosition from, int[] drawn, bool[] isDrawn, RandomStream stream)
    {
        foreach (int row in from.Drawn)
        {
            MakeCentre(row);
            drawn[_count++] = row;
            isDrawn[row] = true;
        }

        from.Seen.CopyTo(_seen, 0);
        from.Squared.CopyTo(_squared, 0);
        (_accepted, _relaxing, _seenByAll, _spent) = (from.Accepted, from.Relaxing, from.SeenByAll, from.Spent);
        stream.State = from.Stream;
        SumAllBlocks();
    }
}
