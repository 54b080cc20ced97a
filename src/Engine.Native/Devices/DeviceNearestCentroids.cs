using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Native.Devices;

/// <summary><see cref="INearestCentroids"/> on devices: every assignment looks at all distances, and rows and their norms stay where they are.</summary>
internal sealed unsafe class DeviceNearestCentroids : INearestCentroids
{
    private const int RowsPerGroup = 8;

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
        Shapes.One(_rows, assignments.Length, nameof(assignments));
        Shapes.One(_rows, squaredDistances.Length, nameof(squaredDistances));
        Shapes.Vectors(_rows, centroids.Length, 1, nameof(centroids));
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
        int k = squares.Length, dim = _rows.Dim;
        using DeviceScratch scratch = new(device);
        DeviceBuffer toNearest = scratch.Room<int>(share.Rows), toDistances = scratch.Room<double>(share.Rows);
        DeviceBuffer held = scratch.Copy<float>(centroids), square = scratch.Copy<float>(squares);
        DeviceProducts products = new(scratch, _rows, held, k, share.Rows);
        DeviceKernel decide = device.Kernel("assign", "assign_decide");
        double gamma = ProposalError.Gamma(products.Roundings) + (4 * ProposalError.Unit), canon = ProposalError.Canonical(dim);
        share.Matrices.Rows(_rows, share.First, share.End).ForEach(share.From, share.To, pass, block =>
        {
            for (int at = 0; at < block.Rows; at += products.Rows)
            {
                pass.Cancel.ThrowIfCancellationRequested();
                DeviceBlock part = block.Part(at, Math.Min(products.Rows, block.Rows - at));
                products.Multiply(part);
                device.Work.Launch(decide, (part.Rows + RowsPerGroup - 1) / RowsPerGroup, DeviceKernels.GroupItems,
                    part.Data, part.First, part.Rows, dim, (int)_rows.Element, part.Scale, products.Buffer, k, held, square, k,
                    facts.Norms, facts.Scales, facts.HasScales, part.FirstRow - share.First, longest, gamma, canon, toNearest, toDistances);
                device.Work.Flush();
                pass.Report("rows", part.FirstRow + part.Rows, _rows.Rows);
            }

            return true;
        });
        device.Work.Read(toNearest, 0, nearest, (long)share.Rows * sizeof(int));
        device.Work.Read(toDistances, 0, distances, (long)share.Rows * sizeof(double));
    }
}
