using Engine.Kernels;

namespace Engine.Native.Devices;

/// <summary><see cref="IKernels.Inspect"/> on devices.</summary>
internal static unsafe class DeviceInspection
{
    private const int RowsPerGroup = 16;
    private const int MostRows = 1 << 20;

    /// <summary>Inspects all rows; shapes have been checked.</summary>
    public static RowFacts Run(DeviceShares shares, RowSource rows, Span<double> norms, Pass pass)
    {
        Facts facts = new();
        bool wanted = !norms.IsEmpty;
        fixed (double* to = norms)
        {
            double* all = to;
            shares.Run(rows.Rows, 0, rows.Rows, share => Inspect(share, rows, pass, (firstRow, found, largest) =>
            {
                facts.See(firstRow, found, largest);

                // Every block writes rows of its own, and the norms stay fixed until all are through.
                if (wanted) found.CopyTo(new Span<double>(all + firstRow, found.Length));
            }));
        }

        return facts.Found;
    }

    /// <summary>Norms of a share's rows, left on the device: [rows of the share] float64.</summary>
    public static DeviceBuffer Norms(DeviceScratch scratch, Share share, RowSource rows, Pass pass)
    {
        DeviceBuffer all = scratch.Room<double>(share.Rows);
        Inspect(share with { From = share.First, To = share.End }, rows, pass, (firstRow, found, _) =>
            share.Device.Work.Write(all, (ReadOnlySpan<double>)found, checked((firstRow - share.First) * sizeof(double))));
        return all;
    }

    private static void Inspect(Share share, RowSource rows, Pass pass, Inspected seen)
    {
        if (share.From == share.To) return;
        ComputeDevice device = share.Device;
        DeviceKernel inspect = device.Kernel("inspect", "inspect");
        int most = (int)Math.Min(MostRows, share.To - share.From);
        using DeviceScratch scratch = new(device);
        DeviceBuffer norms = scratch.Room<double>(most), largest = scratch.Room<float>(most);
        double[] norm = new double[most];
        float[] high = new float[most];
        share.Matrices.Rows(rows, share.First, share.End).ForEach(share.From, share.To, pass, block =>
        {
            for (int at = 0; at < block.Rows; at += most)
            {
                pass.Cancel.ThrowIfCancellationRequested();
                DeviceBlock part = block.Part(at, Math.Min(most, block.Rows - at));
                device.Work.Launch(inspect, (part.Rows + RowsPerGroup - 1) / RowsPerGroup, DeviceKernels.GroupItems,
                    part.Data, part.First, part.Rows, rows.Dim, (int)rows.Element, part.Scale, norms, largest);
                device.Work.Read(norms, norm.AsSpan(0, part.Rows));
                device.Work.Read(largest, high.AsSpan(0, part.Rows));
                seen(part.FirstRow, norm.AsSpan(0, part.Rows), high.AsSpan(0, part.Rows));
                pass.Report("rows", part.FirstRow + part.Rows, rows.Rows);
            }

            return true;
        });
    }

    private delegate void Inspected(long firstRow, Span<double> norms, ReadOnlySpan<float> largest);

    private sealed class Facts
    {
        private readonly Lock _gate = new();
        private long _nonFinite = long.MaxValue;
        private long _zero = long.MaxValue;
        private float _largest;

        public RowFacts Found => new(_nonFinite == long.MaxValue ? -1 : _nonFinite, _zero == long.MaxValue ? -1 : _zero, _largest);

        public void See(long firstRow, Span<double> norms, ReadOnlySpan<float> largest)
        {
            lock (_gate)
            {
                for (int r = 0; r < norms.Length; r++)
                {
                    _largest = Math.Max(_largest, largest[r]);
                    if (double.IsFinite(norms[r]) && norms[r] != 0) continue;
                    if (norms[r] == 0) _zero = Math.Min(_zero, firstRow + r);
                    else _nonFinite = Math.Min(_nonFinite, firstRow + r);

                    // One NaN for all devices: the hardware's has a sign and a payload.
                    if (double.IsNaN(norms[r])) norms[r] = double.NaN;
                }
            }
        }
    }
}
