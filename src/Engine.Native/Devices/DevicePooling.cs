using Engine.Kernels;

namespace Engine.Native.Devices;

/// <summary><see cref="IKernels.Pool"/> on devices, for the pooling modes that add tokens up.</summary>
internal static unsafe class DevicePooling
{
    private const long BatchBytes = 64 << 20;
    private const int SegmentFields = 4;
    private const int RecordsPerGroup = 16;

    /// <summary>Pools every record; shapes and offsets have been checked.</summary>
    /// <exception cref="ArgumentException">A record pools to zero and is to be normalised.</exception>
    public static void Run(DeviceShares shares, RowSource tokens, ReadOnlySpan<long> offsets, Pooling pooling, bool normalize, Span<float> pooled, Pass pass)
    {
        int records = offsets.Length - 1;
        long firstZero = long.MaxValue;
        Lock gate = new();
        fixed (long* starts = offsets)
        fixed (float* to = pooled)
        {
            // Every share writes records of its own, and both spans stay fixed until all are through.
            long* begins = starts;
            float* all = to;
            shares.Run(records, 0, records, share =>
            {
                using DeviceScratch scratch = new(share.Device);
                Batch batch = new(scratch, share, tokens, pooling, normalize, pass);
                for (long record = share.From; record < share.To; record += batch.Records)
                {
                    int count = (int)Math.Min(batch.Records, share.To - record);
                    long zero = batch.Pool(begins + record, count, all + checked(record * tokens.Dim));
                    if (zero >= 0)
                    {
                        lock (gate) firstZero = Math.Min(firstZero, record + zero);
                    }

                    pass.Report("records", record + count, records);
                }
            });
        }

        if (normalize && firstZero != long.MaxValue) throw new ArgumentException($"Record {firstZero} pools to a zero vector, which cannot be normalised.", nameof(tokens));
    }

    /// <summary>As many records at a time as their sums fit a small part of the device.</summary>
    private sealed class Batch
    {
        private readonly ComputeDevice _device;
        private readonly Share _share;
        private readonly RowSource _tokens;
        private readonly bool _weighted;
        private readonly bool _normalize;
        private readonly Pass _pass;
        private readonly DeviceBuffer _sums;
        private readonly DeviceBuffer _pooled;
        private readonly DeviceBuffer _weights;
        private readonly DeviceBuffer _norms;
        private readonly DeviceBuffer _segments;
        private readonly double[] _norm;

        public Batch(DeviceScratch scratch, Share share, RowSource tokens, Pooling pooling, bool normalize, Pass pass)
        {
            (_share, _device, _tokens, _weighted, _normalize, _pass) = (share, share.Device, tokens, pooling == Pooling.WeightedMean, normalize, pass);
            long recordBytes = checked((long)tokens.Dim * (sizeof(double) + sizeof(float)));
            Records = (int)Math.Clamp(Math.Min(BatchBytes, _device.Budget / 8) / recordBytes, 1, Math.Max(1, share.To - share.From));
            _sums = scratch.Room<double>(checked((long)Records * tokens.Dim));
            _pooled = scratch.Room<float>(checked((long)Records * tokens.Dim));
            _weights = scratch.Room<double>(Records);
            _norms = scratch.Room<double>(Records);
            _segments = scratch.Room<long>((long)Records * SegmentFields);
            _norm = new double[Records];
        }

        /// <summary>Records at a time.</summary>
        public int Records { get; }

        /// <summary>Pools some records.</summary>
        /// <param name="starts">[count + 1], their tokens.</param>
        /// <param name="count">How many.</param>
        /// <param name="pooled">[count x dim].</param>
        /// <returns>The first of them that pools to zero, or -1.</returns>
        public long Pool(long* starts, int count, float* pooled)
        {
            int dim = _tokens.Dim, record = 0;
            _device.Work.Clear(_sums, 0, checked((long)count * dim * sizeof(double)));
            DeviceKernel add = _device.Kernel("pool", "pool_add"), finish = _device.Kernel("pool", "pool_finish");
            List<long> segments = [];
            int groups = (dim + DeviceKernels.GroupItems - 1) / DeviceKernels.GroupItems;
            _share.Matrices.Streamed(_tokens).ForEach(starts[0], starts[count], _pass, block =>
            {
                segments.Clear();
                long end = block.FirstRow + block.Rows;
                while (starts[record + 1] <= block.FirstRow) record++;
                for (int r = record; r < count && starts[r] < end; r++)
                {
                    long from = Math.Max(starts[r], block.FirstRow), to = Math.Min(starts[r + 1], end);
                    segments.AddRange([r, block.First + from - block.FirstRow, to - from, _weighted ? from - starts[r] + 1 : 1]);
                }

                int listed = segments.Count / SegmentFields;
                _device.Work.Write(_segments, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(segments));
                _device.Work.Launch(add, (long)listed * groups, DeviceKernels.GroupItems,
                    block.Data, dim, (int)_tokens.Element, block.Scale, _segments, listed, _weighted ? 1 : 0, _sums);
                return true;
            });

            double[] weights = new double[count];
            for (int r = 0; r < count; r++)
            {
                double length = starts[r + 1] - starts[r];
                weights[r] = _weighted ? length * (length + 1) / 2 : length;
            }

            _device.Work.Write(_weights, (ReadOnlySpan<double>)weights);
            _device.Work.Launch(finish, (count + RecordsPerGroup - 1) / RecordsPerGroup, DeviceKernels.GroupItems,
                _sums, _weights, count, dim, _normalize ? 1 : 0, _pooled, _norms);
            _device.Work.Read(_pooled, 0, pooled, checked((long)count * dim * sizeof(float)));
            _device.Work.Read(_norms, _norm.AsSpan(0, count));
            return _norm.AsSpan(0, count).IndexOf(0.0);
        }
    }
}
