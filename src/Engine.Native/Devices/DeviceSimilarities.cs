using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Native.Devices;

/// <summary>The passes over cosines on devices: best rows, ranges, and every row's highest.</summary>
/// <remarks>
/// Lists of single cosines take pairs of a row and a query whose float32 proposal, plus its error, reaches the list's threshold; their canonical dot products come back,
/// and the lists decide. Until a list is full every pair comes back, so blocks begin small. Means over groups, ranges and highest cosines take the canonical score
/// of every row and group, which proposals narrow down to mostly one dot product.
/// </remarks>
internal sealed class DeviceSimilarities
{
    private const int MostPairs = 4 << 20;
    private const int MostScores = 1 << 20;
    private const int MostRows = 1 << 20;

    private readonly DeviceScratch _scratch;
    private readonly Share _share;
    private readonly ComputeDevice _device;
    private readonly RowSource _rows;
    private readonly Queries _queries;
    private readonly Pass _pass;
    private readonly DeviceBuffer _vectors;
    private readonly DeviceBuffer _queryNorms;
    private readonly DeviceBuffer _norms;
    private readonly DeviceColumns _columns;
    private readonly double _error;
    private readonly double _underflow;

    /// <summary>Copies queries and norms to the share's device, where the scratch keeps them.</summary>
    /// <remarks>The error of a proposal is derived above <see cref="SimilarityQueries{TLanes, TFloat, TDouble}"/>; to it comes what the columns lost.</remarks>
    public DeviceSimilarities(DeviceScratch scratch, Share share, RowSource rows, ReadOnlySpan<double> norms, Queries queries, Pass pass)
    {
        (_scratch, _share, _device, _rows, _queries, _pass) = (scratch, share, share.Device, rows, queries, pass);
        _vectors = scratch.Copy<float>(queries.Vectors);
        _queryNorms = scratch.Copy<double>(queries.Norms);
        _norms = scratch.Copy(norms[(int)share.From..(int)share.To]);
        _columns = new DeviceColumns(scratch, rows, queries.Count);
        _columns.Set(queries.Unit, 0);
        _error = 1.01 * (ProposalError.Gamma(_columns.Roundings) + _columns.Lost + (6 * ProposalError.Unit) + ProposalError.Canonical(rows.Dim));
        _underflow = 1.01 * rows.Dim * _columns.Underflow;
    }

    /// <summary>Offers rows to the lists of single cosines, one a group.</summary>
    /// <param name="norms">[rows] of the whole matrix.</param>
    /// <param name="lists">One a group.</param>
    /// <param name="isEnough">Asked before every block but the first; true ends the work. Or null.</param>
    /// <returns>The row after the last one that was looked at.</returns>
    public unsafe long Offer(double* norms, TopList[] lists, Func<bool>? isEnough)
    {
        long pairs = checked((_share.To - _share.From) * _queries.Count);
        int capacity = (int)Math.Min(pairs, Math.Max(Math.Min(MostPairs, _device.Budget / 128), _queries.Count));
        Candidates candidates = new(_scratch, capacity);
        DeviceBuffer bounds = _scratch.Room<float>(_queries.Count);
        DeviceKernel select = _device.Kernel(_columns.File, "select_pairs"), score = _device.Kernel("top", "top_score");
        float[] bound = new float[_queries.Count];
        int atOnce = Math.Max(1, capacity / _queries.Count);
        long reached = _share.From;
        _share.Matrices.Rows(_rows, _share.First, _share.End).ForEach(_share.From, _share.To, _pass, block =>
        {
            for (int at = 0; at < block.Rows;)
            {
                _pass.Cancel.ThrowIfCancellationRequested();
                if (reached > _share.From && isEnough is not null && isEnough()) return false;
                DeviceBlock part = block.Part(at, Math.Min(atOnce, block.Rows - at));
                for (int g = 0; g < lists.Length; g++)
                    bound.AsSpan(_queries.Starts[g].._queries.Starts[g + 1]).Fill(ProposalError.RoundDown(lists[g].Threshold));
                _device.Work.Write(bounds, (ReadOnlySpan<float>)bound);
                candidates.Clear();
                _device.Work.Launch(select, DeviceProducts.Tiles(part.Rows, _queries.Count), DeviceKernels.GroupItems,
                    part.Data, part.First, part.Rows, _rows.Dim, (int)_rows.Element, part.Scale, _columns.Buffer, _columns.Low, _columns.Unit, _queries.Count,
                    _norms, part.FirstRow - _share.From, bounds, _error, _underflow,
                    candidates.Total, capacity, candidates.Pairs);
                int found = candidates.Count();
                if (found > capacity)
                {
                    // More pairs than there is room for: fewer rows at once. One row always fits.
                    atOnce = Math.Max(1, part.Rows / 2);
                    continue;
                }

                if (found > 0)
                {
                    _device.Work.Launch(score, (found + DeviceKernels.GroupItems - 1) / DeviceKernels.GroupItems, DeviceKernels.GroupItems,
                        part.Data, part.First, _rows.Dim, (int)_rows.Element, part.Scale, _vectors, candidates.Pairs, found, candidates.Dots);
                    Decide(candidates, found, part.FirstRow, norms, lists);
                }

                at += part.Rows;
                reached = part.FirstRow + part.Rows;
                if (found < capacity / 4) atOnce = (int)Math.Min(MostRows, 2L * atOnce);
                _pass.Report("rows", reached, _rows.Rows);
            }

            return true;
        });
        return reached;
    }

    /// <summary>The canonical score of every row and every group.</summary>
    /// <param name="starts">Group boundaries among the queries.</param>
    /// <param name="seen">Told the first row of a block and [rows x groups] scores; true to go on.</param>
    public void Scores(int[] starts, Func<long, double[], int, bool> seen)
    {
        int groups = starts.Length - 1, atOnce = Math.Clamp(MostScores / groups, 1, DeviceProducts.RowsAtOnce(_device, _queries.Count, _share.To - _share.From));
        DeviceBuffer boundaries = _scratch.Copy<int>(starts), scores = _scratch.Room<double>((long)atOnce * groups);
        DeviceProducts products = new(_scratch, _rows, _columns, _queries.Count, atOnce);
        DeviceKernel decide = _device.Kernel("top", "top_groups");
        double[] found = new double[atOnce * groups];
        _share.Matrices.Rows(_rows, _share.First, _share.End).ForEach(_share.From, _share.To, _pass, block =>
        {
            for (int at = 0; at < block.Rows; at += atOnce)
            {
                _pass.Cancel.ThrowIfCancellationRequested();
                DeviceBlock part = block.Part(at, Math.Min(atOnce, block.Rows - at));
                products.Multiply(part);
                long items = (long)part.Rows * groups;
                _device.Work.Launch(decide, (items + DeviceKernels.GroupItems - 1) / DeviceKernels.GroupItems, DeviceKernels.GroupItems,
                    part.Data, part.First, _rows.Dim, (int)_rows.Element, part.Scale, products.Buffer, part.Rows,
                    _vectors, _queryNorms, _queries.Count, boundaries, groups, _norms, part.FirstRow - _share.From, _error, _underflow, scores);
                _device.Work.Read(scores, found.AsSpan(0, (int)items));
                if (!seen(part.FirstRow, found, part.Rows)) return false;
                _pass.Report("rows", part.FirstRow + part.Rows, _rows.Rows);
            }

            return true;
        });
    }

    private unsafe void Decide(Candidates candidates, int found, long firstRow, double* norms, TopList[] lists)
    {
        (long[] keys, double[] dots) = candidates.Ordered(found);
        int group = 0, best = -1;
        long row = -1;
        double highest = 0;
        for (int i = 0; i < found; i++)
        {
            int query = (int)(uint)keys[i];
            long at = keys[i] >> 32;
            if (at != row) Close(0);
            if (best >= 0 && query >= _queries.Starts[group + 1]) Close(group);
            while (query >= _queries.Starts[group + 1]) group++;
            row = at;
            double cosine = dots[i] / (norms[firstRow + at] * _queries.Norms[query]);
            if (best < 0 || cosine > highest) (best, highest) = (query, cosine);
        }

        Close(0);

        void Close(int next)
        {
            if (best >= 0) lists[group].Offer(highest, (int)(firstRow + row), best);
            best = -1;
            group = next;
        }
    }

    /// <summary>Queries as the kernels want them.</summary>
    internal sealed class Queries
    {
        /// <summary>Prepares them.</summary>
        /// <exception cref="ArgumentException">A query is zero or not finite.</exception>
        public Queries(QueryGroups queries, int[] starts)
        {
            (Vectors, Starts, Count) = (queries.Vectors, starts, queries.Count);
            int dim = queries.Dim;
            Norms = new double[Count];
            Unit = new float[Vectors.Length];
            for (int q = 0; q < Count; q++)
            {
                ReadOnlySpan<float> vector = Vectors.AsSpan(q * dim, dim);
                Norms[q] = Math.Sqrt(CanonicalRow.SquaredNorm(vector));
                if (!(Norms[q] > 0) || !double.IsFinite(Norms[q])) throw new ArgumentException($"Query {q} has no direction: its norm is {Norms[q]}.", nameof(queries));
                for (int j = 0; j < dim; j++) Unit[(q * dim) + j] = (float)(vector[j] / Norms[q]);
            }
        }

        /// <summary>[queries x dim] as they were given.</summary>
        public float[] Vectors { get; }

        /// <summary>[queries x dim], each divided by its norm and rounded.</summary>
        public float[] Unit { get; }

        /// <summary>[queries], canonical.</summary>
        public double[] Norms { get; }

        /// <summary>Group boundaries.</summary>
        public int[] Starts { get; }

        /// <summary>Queries.</summary>
        public int Count { get; }
    }

    /// <summary>Pairs that a block proposed.</summary>
    private sealed class Candidates(DeviceScratch scratch, int capacity)
    {
        private int[] _pairs = [];
        private double[] _dots = [];
        private long[] _keys = [];

        public DeviceBuffer Total { get; } = scratch.Room<int>(1);

        public DeviceBuffer Pairs { get; } = scratch.Room<int>(2L * capacity);

        public DeviceBuffer Dots { get; } = scratch.Room<double>(capacity);

        public void Clear() => scratch.Device.Work.Clear(Total, 0, sizeof(int));

        public int Count()
        {
            Span<int> total = stackalloc int[1];
            scratch.Device.Work.Read(Total, total);
            return total[0];
        }

        /// <summary>Row and query of every pair, ordered, with its dot product: the order in which a device finds them is left to chance.</summary>
        public (long[] Keys, double[] Dots) Ordered(int count)
        {
            if (_keys.Length < count) (_pairs, _dots, _keys) = (new int[2 * count], new double[count], new long[count]);
            scratch.Device.Work.Read(Pairs, _pairs.AsSpan(0, 2 * count));
            scratch.Device.Work.Read(Dots, _dots.AsSpan(0, count));
            for (int i = 0; i < count; i++) _keys[i] = ((long)_pairs[2 * i] << 32) | (uint)_pairs[(2 * i) + 1];
            Array.Sort(_keys, _dots, 0, count);
            return (_keys, _dots);
        }
    }
}
