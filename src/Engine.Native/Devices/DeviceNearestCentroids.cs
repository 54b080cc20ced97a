using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Native.Devices;

/// <summary><see cref="INearestCentroids"/> on devices: every assignment looks at all distances, and rows and their norms stay where they are.</summary>
internal sealed unsafe class DeviceNearestCentroids : INearestCentroids
{
    private const int RowsPerSettling = 16;
    private const int RowsPerDecision = 8;
    private const int MostRows = 1 << 20;

    private readonly DeviceShares _shares;
    private readonly RowSource _rows;
    private readonly double[] _scales;
    private readonly ShareFacts?[] _facts;

    /// <summary>Prepares; nothing is computed yet.</summary>
    public DeviceNearestCentroids(DeviceShares shares, RowSource rows, double[] rowScales)
    {
        (_shares, _rows, _scales) = (shares, rows, rowScales);
        _facts = new ShareFacts?[shares.Count];
    }

    /// <inheritdoc/>
    public long DistancesComputed { get; private set; }

    /// <inheritdoc/>
    public void Assign(ReadOnlySpan<float> centroids, Span<int> assignments, Span<double> squaredDistances, Pass pass)
    {
        Shapes.Assignment(_rows, _scales.Length, centroids.Length, assignments.Length, squaredDistances.Length);
        int k = centroids.Length / _rows.Dim;
        float[] copy = centroids.ToArray(), squares = new float[k];
        double longest = 0;
        for (int c = 0; c < k; c++)
        {
            double square = CanonicalRow.SquaredNorm(copy.AsSpan(c * _rows.Dim, _rows.Dim));
            squares[c] = (float)square;
            longest = Math.Max(longest, square);
        }

        longest = Math.Sqrt(longest) * (1 + 1e-9);
        fixed (int* nearest = assignments)
        fixed (double* distances = squaredDistances)
        {
            // Every share writes rows of its own, and both spans stay fixed until all are through.
            int* allNearest = nearest;
            double* allDistances = distances;
            _shares.Run(_rows.Rows, 0, _rows.Rows, share => Assign(share, copy, squares, longest, allNearest + share.First, allDistances + share.First, pass));
        }

        DistancesComputed = checked(DistancesComputed + (_rows.Rows * k));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ShareFacts? facts in _facts) facts?.Dispose();
    }

    private void Assign(Share share, float[] centroids, float[] squares, double longest, int* nearest, double* distances, Pass pass)
    {
        ComputeDevice device = share.Device;
        ShareFacts facts = _facts[share.Number] ??= new ShareFacts(share, _rows, _scales, pass);
        using DeviceScratch scratch = new(device);
        Assignment assignment = new(scratch, share, _rows, facts, centroids, squares, longest);
        share.Matrices.Rows(_rows, share.First, share.End).ForEach(share.From, share.To, pass, block =>
        {
            for (int at = 0; at < block.Rows; at += assignment.Rows)
            {
                pass.Cancel.ThrowIfCancellationRequested();
                DeviceBlock part = block.Part(at, Math.Min(assignment.Rows, block.Rows - at));
                assignment.Assign(part);
                pass.Report("rows", part.FirstRow + part.Rows, _rows.Rows);
            }

            return true;
        });
        device.Work.Read(assignment.Nearest, 0, nearest, (long)share.Rows * sizeof(int));
        device.Work.Read(assignment.Distances, 0, distances, (long)share.Rows * sizeof(double));
    }

    /// <summary>One assignment on one device.</summary>
    private sealed class Assignment
    {
        private readonly ComputeDevice _device;
        private readonly Share _share;
        private readonly RowSource _rows;
        private readonly ShareFacts _facts;
        private readonly DeviceColumns _columns;
        private readonly DeviceProducts _products;
        private readonly DeviceBuffer _centroids;
        private readonly DeviceBuffer _squares;
        private readonly DeviceBuffer _least;
        private readonly DeviceBuffer _second;
        private readonly DeviceBuffer _which;
        private readonly DeviceBuffer _open;
        private readonly DeviceBuffer _list;
        private readonly int _k;
        private readonly double _longest;
        private readonly double _gamma;
        private readonly double _canon;

        public Assignment(DeviceScratch scratch, Share share, RowSource rows, ShareFacts facts, float[] centroids, float[] squares, double longest)
        {
            (_device, _share, _rows, _facts, _k, _longest) = (share.Device, share, rows, facts, squares.Length, longest);
            Rows = (int)Math.Clamp(_device.Budget / 256, 1, Math.Min(share.Rows, MostRows));
            _columns = new DeviceColumns(scratch, rows, _k);
            _columns.Set(centroids, 0);
            _products = new DeviceProducts(scratch, rows, _columns, _k, Rows);
            _centroids = scratch.Copy<float>(centroids);
            _squares = scratch.Copy<float>(squares);
            (_least, _second, _which) = (scratch.Room<float>(Rows), scratch.Room<float>(Rows), scratch.Room<int>(Rows));
            (_open, _list) = (scratch.Room<int>(1), scratch.Room<int>(Rows));
            (Nearest, Distances) = (scratch.Room<int>(share.Rows), scratch.Room<double>(share.Rows));
            _gamma = _columns.Gamma(longest) + (4 * ProposalError.Unit);
            _canon = ProposalError.Canonical(rows.Dim);
        }

        /// <summary>Rows at a time.</summary>
        public int Rows { get; }

        /// <summary>[rows of the share] int32.</summary>
        public DeviceBuffer Nearest { get; }

        /// <summary>[rows of the share] float64.</summary>
        public DeviceBuffer Distances { get; }

        public void Assign(DeviceBlock block)
        {
            int dim = _rows.Dim, element = (int)_rows.Element;
            long fact = block.FirstRow - _share.First;
            _device.Work.Clear(_open, 0, sizeof(int));
            _device.Work.Launch(_device.Kernel(_columns.File, "nearest"), DeviceProducts.Tiles(block.Rows, 1), DeviceKernels.GroupItems,
                block.Data, block.First, block.Rows, dim, element, block.Scale, _columns.Buffer, _columns.Low, _columns.Unit, _k,
                _squares, _facts.Scales, _facts.HasScales, fact, _least, _second, _which);
            _device.Work.Launch(_device.Kernel("assign", "assign_settle"), (block.Rows + RowsPerSettling - 1) / RowsPerSettling, DeviceKernels.GroupItems,
                block.Data, block.First, block.Rows, dim, element, block.Scale, _least, _second, _which,
                _centroids, _facts.Norms, _facts.Scales, _facts.HasScales, fact, _longest, _gamma, _canon, _columns.Underflow, Nearest, Distances, _open, _list);

            // Rows with several centroids within the margin: their proposals are stored and scanned. The order of the list is left to chance and changes nothing.
            Span<int> open = stackalloc int[1];
            _device.Work.Read(_open, open);
            for (int from = 0; from < open[0]; from += _products.Rows)
            {
                int count = Math.Min(_products.Rows, open[0] - from);
                _products.Multiply(block, _list, from, count);
                _device.Work.Launch(_device.Kernel("assign", "assign_decide"), (count + RowsPerDecision - 1) / RowsPerDecision, DeviceKernels.GroupItems,
                    block.Data, block.First, _list, from, count, dim, element, block.Scale, _products.Buffer, _centroids, _squares, _k,
                    _facts.Norms, _facts.Scales, _facts.HasScales, fact, _longest, _gamma, _canon, _columns.Underflow, Nearest, Distances);
            }
        }
    }
}
