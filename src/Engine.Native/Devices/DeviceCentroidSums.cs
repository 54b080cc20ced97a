using Engine.Kernels;

namespace Engine.Native.Devices;

/// <summary><see cref="IKernels.AccumulateCentroids"/> on devices: rows are put in the order of their clusters, and work-items add integers.</summary>
internal static unsafe class DeviceCentroidSums
{
    private const int RowsPerRun = 64;
    private const int MostRows = 1 << 20;

    /// <summary>Adds; shapes and assignments have been checked.</summary>
    public static void Run(
        DeviceShares shares, RowSource rows, ReadOnlySpan<double> rowScales, ReadOnlySpan<int> assignments, ReadOnlySpan<int> previous, int fractionBits, Span<long> sums, Pass pass)
    {
        double unit = Math.ScaleB(1.0, fractionBits);
        List<long[]> parts = [];
        int clusters = sums.Length / rows.Dim, length = sums.Length;
        bool hasScales = !rowScales.IsEmpty, hasPrevious = !previous.IsEmpty;
        fixed (double* scales = rowScales)
        fixed (int* now = assignments)
        fixed (int* before = previous)
        {
            // All spans stay fixed until every share is through.
            double* allScales = scales;
            int* allNow = now, allBefore = before;
            shares.Run(rows.Rows, 0, rows.Rows, share =>
            {
                long[] added = Add(share, rows, hasScales ? allScales : null, allNow, hasPrevious ? allBefore : null, clusters, unit, length, pass);
                lock (parts) parts.Add(added);
            });
        }

        foreach (long[] part in parts)
        {
            for (int i = 0; i < length; i++) sums[i] += part[i];
        }
    }

    private static long[] Add(Share share, RowSource rows, double* scales, int* now, int* before, int clusters, double unit, int length, Pass pass)
    {
        ComputeDevice device = share.Device;
        int most = (int)Math.Clamp(Math.Min(device.Budget / 64, MostRows), 1, share.Rows), dim = rows.Dim;
        using DeviceScratch scratch = new(device);
        DeviceBuffer sums = scratch.Room<long>(length), order = scratch.Room<int>(most), cluster = scratch.Room<int>(most), held = scratch.Room<double>(scales == null ? 0 : most);
        device.Work.Clear(sums, 0, sums.Bytes);
        DeviceKernel accumulate = device.Kernel("accumulate", "accumulate");
        ClusterOrder sorted = new(clusters, most);
        share.Matrices.Rows(rows, share.First, share.End).ForEach(share.From, share.To, pass, block =>
        {
            for (int at = 0; at < block.Rows; at += most)
            {
                pass.Cancel.ThrowIfCancellationRequested();
                DeviceBlock part = block.Part(at, Math.Min(most, block.Rows - at));
                int* to = now + part.FirstRow, from = before == null ? null : before + part.FirstRow;
                if (scales != null) device.Work.Write(held, 0, scales + part.FirstRow, (long)part.Rows * sizeof(double));
                Queue(part, to, from, unit);
                if (from != null) Queue(part, from, to, -unit);
                pass.Report("rows", part.FirstRow + part.Rows, rows.Rows);
            }

            return true;
        });
        long[] result = new long[length];
        device.Work.Read(sums, result.AsSpan());
        return result;

        void Queue(DeviceBlock part, int* joined, int* left, double by)
        {
            int count = sorted.Sort(joined, left, part.Rows);
            if (count == 0) return;
            device.Work.Write(order, sorted.Rows(count));
            device.Work.Write(cluster, sorted.Clusters(count));
            long groups = (count + RowsPerRun - 1L) / RowsPerRun * ((dim + DeviceKernels.GroupItems - 1) / DeviceKernels.GroupItems);
            device.Work.Launch(accumulate, groups, DeviceKernels.GroupItems,
                part.Data, part.First, dim, (int)rows.Element, part.Scale, order, cluster, count, held, scales == null ? 0 : 1, 0L, by, sums);
        }
    }

    /// <summary>Rows in the order of their clusters, by counting.</summary>
    private sealed class ClusterOrder(int clusters, int most)
    {
        private readonly int[] _starts = new int[clusters + 1];
        private readonly int[] _rows = new int[most];
        private readonly int[] _clusters = new int[most];

        /// <summary>Orders those of the rows that are in a cluster, and in another one than the sums hold them in.</summary>
        /// <param name="joined">[rows], the clusters; negative for none.</param>
        /// <param name="other">[rows], the other ones, or null.</param>
        /// <param name="rows">How many rows.</param>
        /// <returns>How many were ordered.</returns>
        public int Sort(int* joined, int* other, int rows)
        {
            Array.Clear(_starts);
            for (int r = 0; r < rows; r++)
                if (Counts(r)) _starts[joined[r] + 1]++;
            for (int c = 0; c < clusters; c++) _starts[c + 1] += _starts[c];
            int count = _starts[clusters];
            for (int r = 0; r < rows; r++)
            {
                if (!Counts(r)) continue;
                int place = _starts[joined[r]]++;
                (_rows[place], _clusters[place]) = (r, joined[r]);
            }

            return count;

            bool Counts(int r) => joined[r] >= 0 && (other == null || other[r] != joined[r]);
        }

        public ReadOnlySpan<int> Rows(int count) => _rows.AsSpan(0, count);

        public ReadOnlySpan<int> Clusters(int count) => _clusters.AsSpan(0, count);
    }
}
