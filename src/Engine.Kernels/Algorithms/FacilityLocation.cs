namespace Engine.Kernels.Algorithms;

/// <summary>Rows in the order picked, with the value of the objective at each pick.</summary>
/// <param name="Rows">The picks.</param>
/// <param name="Values">The objective for the set so far with the quality of the last pick.</param>
/// <param name="Evaluations">Gains computed; plain greedy computes one for every row not yet picked at every pick.</param>
public sealed record FacilityLocationResult(int[] Rows, double[] Values, long Evaluations);

/// <summary>Picks rows that are good and that stand for the whole matrix: greedy on (1 - a) * facility location + a * quality.</summary>
/// <remarks>
/// Facility location of a set S is F(S) = sum over all rows r of max over i in S of cos(r, i). Each pick maximises (1 - a) F(S + i) + a quality(i), ties to the lower row.
/// Gains F(S + i) - F(S) never grow as S does, so a gain from an earlier pick is an upper bound: a row is evaluated again only when its bound reaches the top (lazy
/// greedy, Minoux 1978). The picks are those of plain greedy. Gains are sums of canonical cosines in 64-bit fixed point. The first bounds cost one pass,
/// sum over r of cos(r, i) = i/|i| . sum over r of r/|r|; the second pick evaluates nearly every row: time O(rows² dim) there, then O(rows dim) for each
/// row that is looked at again. Memory O(rows).
/// Source: QDIT (Bukharin and Zhao 2024), methods 5.4.
/// </remarks>
public static class FacilityLocation
{
    private const int LeastBatch = 16;
    private const int MostBatch = 1024;

    /// <summary>Picks greedily.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="norms">[rows], Euclidean norms, all above 0.</param>
    /// <param name="quality">[rows], finite.</param>
    /// <param name="alpha">The weight of quality, from 0 to 1.</param>
    /// <param name="count">Rows wanted, 1 .. rows.</param>
    /// <param name="kernels">Who computes.</param>
    /// <param name="pass">Cancellation and progress.</param>
    public static FacilityLocationResult Select(RowSource rows, double[] norms, double[] quality, double alpha, int count, IKernels kernels, Pass pass)
    {
        int total = RowNumbers.CountOf(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, total);
        var greedy = new LazyGreedy(rows, norms, quality, alpha, kernels, new Pass(cancel: pass.Cancel));
        int[] picks = new int[count];
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            pass.Report("picks", i, count);
            (picks[i], values[i]) = greedy.Pick();
        }

        return new FacilityLocationResult(picks, values, greedy.Evaluations);
    }

    private sealed class LazyGreedy
    {
        private readonly RowSource _rows;
        private readonly double[] _norms;
        private readonly double[] _quality;
        private readonly double _alpha;
        private readonly IKernels _kernels;
        private readonly Pass _pass;
        private readonly double[] _covered;
        private readonly double[] _cosines;
        private readonly long[] _gains;
        private readonly int[] _evaluatedAt;
        private readonly PriorityQueue<int, (double Bound, int Row)> _queue;
        private readonly int _fractionBits;
        private long _reached;
        private int _picks;

        public LazyGreedy(RowSource rows, double[] norms, double[] quality, double alpha, IKernels kernels, Pass pass)
        {
            (_rows, _norms, _quality, _alpha, _kernels, _pass) = (rows, norms, quality, alpha, kernels, pass);
            int count = norms.Length;
            _covered = new double[count];
            Array.Fill(_covered, -1);
            _cosines = new double[count];
            _gains = new long[count];
            _evaluatedAt = new int[count];
            Array.Fill(_evaluatedAt, -1);

            // No gain is over 2 for a row, so all together stay below 2^62.
            _fractionBits = Math.Min(50, 60 - (int)Math.Ceiling(Math.Log2(count + 1.0)));
            _queue = new PriorityQueue<int, (double Bound, int Row)>(count, Comparer<(double Bound, int Row)>.Create(
                static (a, b) => a.Bound != b.Bound ? b.Bound.CompareTo(a.Bound) : a.Row.CompareTo(b.Row)));
            double[] bounds = FirstBounds();
            for (int row = 0; row < count; row++) _queue.Enqueue(row, (((1 - alpha) * bounds[row]) + (alpha * quality[row]), row));
        }

        public long Evaluations { get; private set; }

        public (int Row, double Value) Pick()
        {
            int batch = LeastBatch;
            while (true)
            {
                if (_evaluatedAt[_queue.Peek()] == _picks) break;

                // What is evaluated now is compared with exact values; bounds that still reach the top come next, in larger batches.
                List<int> open = [];
                while (open.Count < batch && _queue.Count > 0 && _evaluatedAt[_queue.Peek()] != _picks) open.Add(_queue.Dequeue());
                Evaluate([.. open]);
                batch = Math.Min(2 * batch, MostBatch);
            }

            int row = _queue.Dequeue();
            _reached += _gains[row];
            Cover(row);
            _picks++;
            double location = Math.ScaleB(_reached, -_fractionBits) - _norms.Length;
            return (row, ((1 - _alpha) * location) + (_alpha * _quality[row]));
        }

        private void Evaluate(int[] open)
        {
            long[] gains = new long[open.Length];
            _kernels.CoverageGains(_rows, _norms, _covered, open, _fractionBits, gains, _pass);
            Evaluations += open.Length;
            for (int i = 0; i < open.Length; i++)
            {
                int row = open[i];
                _gains[row] = gains[i];
                _evaluatedAt[row] = _picks;
                _queue.Enqueue(row, (((1 - _alpha) * Math.ScaleB(gains[i], -_fractionBits)) + (_alpha * _quality[row]), row));
            }
        }

        private void Cover(int row)
        {
            float[] pick = new float[_rows.Dim];
            _rows.CopyRow(row, pick);
            _kernels.DotProducts(_rows, Array.ConvertAll(pick, x => (double)x), _cosines, _pass);
            for (int r = 0; r < _cosines.Length; r++) _covered[r] = Math.Max(_covered[r], _cosines[r] / (_norms[r] * _norms[row]));
        }

        /// <summary>At least the gain of every row as a first pick: sum over r of cos(r, i) + 1, with room for every rounding on the way.</summary>
        private double[] FirstBounds()
        {
            int count = _norms.Length, dim = _rows.Dim;
            int bits = Math.Min(40, 61 - (int)Math.Ceiling(Math.Log2(count + 1.0)));
            long[] sums = new long[dim];
            _kernels.AccumulateCentroids(_rows, RowNumbers.UnitScales(_norms), new int[count], bits, sums, _pass);
            double[] bounds = new double[count];
            _kernels.DotProducts(_rows, Array.ConvertAll(sums, sum => Math.ScaleB(sum, -bits)), bounds, _pass);
            double room = count * ((dim * Math.ScaleB(1, -bits)) + ((dim + 64.0) * Math.ScaleB(1, -50)) + Math.ScaleB(1, -_fractionBits));
            for (int row = 0; row < count; row++) bounds[row] = (bounds[row] / _norms[row]) + count + room;
            return bounds;
        }
    }
}
