using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Native.Devices;

/// <summary><see cref="IMinDistances"/> on devices. A traversal asks for few rows often and for many now and then: calls with little work go to the host, which has the same bits sooner.</summary>
internal sealed class DeviceMinDistances : IMinDistances
{
    private const int RowsPerGroup = 64;

    private readonly DeviceShares _shares;
    private readonly RowSource _rows;
    private readonly double[] _scales;
    private readonly IMinDistances _host;
    private readonly long _leastWork;
    private readonly DeviceCentres _centres;
    private readonly DeviceCentres.Copy?[] _copies;
    private readonly ShareFacts?[] _facts;
    private long _computed;
    private long _read;

    /// <summary>Prepares; nothing is computed yet.</summary>
    /// <param name="shares">The devices.</param>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="rowScales">[rows] or empty.</param>
    /// <param name="host">The same on the host; taken over.</param>
    /// <param name="leastWork">Multiplications below which the host computes.</param>
    public DeviceMinDistances(DeviceShares shares, RowSource rows, double[] rowScales, IMinDistances host, long leastWork)
    {
        (_shares, _rows, _scales, _host, _leastWork) = (shares, rows, rowScales, host, leastWork);
        _centres = new DeviceCentres(rows.Dim);
        _copies = new DeviceCentres.Copy?[shares.Count];
        _facts = new ShareFacts?[shares.Count];
    }

    /// <inheritdoc/>
    public int Count => _centres.Count;

    /// <inheritdoc/>
    public long DistancesComputed => _host.DistancesComputed + _computed;

    /// <inheritdoc/>
    public long RowsRead => _host.RowsRead + _read;

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<double> centre, int label)
    {
        _host.Add(centre, label);
        _centres.Add(centre, label);
    }

    /// <inheritdoc/>
    public void Clear()
    {
        _host.Clear();
        _centres.Clear();
    }

    /// <inheritdoc/>
    public void Relax(ReadOnlySpan<int> which, double enough, Span<int> seen, Span<double> minSquared, Span<int> nearest, Pass pass)
    {
        Shapes.Relaxation(_rows, seen.Length, minSquared.Length, nearest.Length);
        long pairs = Shapes.Unseen(_rows, which, seen, Count);
        if (pairs < _leastWork / _rows.Dim)
        {
            _host.Relax(which, enough, seen, minSquared, nearest, pass);
            return;
        }

        pass.Cancel.ThrowIfCancellationRequested();
        if (Count == 0) return;
        int[] open = Open(which, enough, seen, minSquared);
        int[] seenNow = new int[open.Length], labels = new int[open.Length];
        double[] least = new double[open.Length];
        for (int i = 0; i < open.Length; i++) (seenNow[i], least[i], labels[i]) = (seen[open[i]], minSquared[open[i]], nearest.IsEmpty ? -1 : nearest[open[i]]);
        try
        {
            _shares.Run(_rows.Rows, 0, _rows.Rows, share =>
            {
                int[] mine = _shares.Count == 1 ? open : [.. open.Where(row => row >= share.First && row < share.End)];
                int[] places = _shares.Count == 1 ? [] : [.. Enumerable.Range(0, open.Length).Where(i => open[i] >= share.First && open[i] < share.End)];
                Relax(share, mine, places, enough, seenNow, least, labels, pass);
            });
        }
        finally
        {
            // Of a call that was cut short some rows stand behind their part; each of them is whole.
            _read += open.Length;
            for (int i = 0; i < open.Length; i++)
            {
                _computed += seenNow[i] - seen[open[i]];
                (seen[open[i]], minSquared[open[i]]) = (seenNow[i], least[i]);
                if (!nearest.IsEmpty) nearest[open[i]] = labels[i];
            }
        }
    }

    /// <inheritdoc/>
    public void Lead(ReadOnlySpan<int> places) => _host.Lead(places);

    /// <inheritdoc/>
    public void RelaxAbove(double threshold, Span<int> seen, Span<double> minSquared, Span<int> nearest, List<int> stayed, Pass pass)
    {
        Shapes.Relaxation(_rows, seen.Length, minSquared.Length, nearest.Length);
        long pairs = 0;
        for (int row = 0; row < minSquared.Length; row++)
            if (minSquared[row] >= threshold) pairs += Count - seen[row];
        if (pairs < _leastWork / _rows.Dim) _host.RelaxAbove(threshold, seen, minSquared, nearest, stayed, pass);
        else IMinDistances.LookUpAndRelax(this, threshold, seen, minSquared, nearest, stayed, pass);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _host.Dispose();
        foreach (DeviceCentres.Copy? copy in _copies) copy?.Dispose();
        foreach (ShareFacts? facts in _facts) facts?.Dispose();
    }

    /// <summary>The rows that have a step to go, ordered by their first step and then by row: a group's rows then need the same centres.</summary>
    private int[] Open(ReadOnlySpan<int> which, double enough, ReadOnlySpan<int> seen, ReadOnlySpan<double> least)
    {
        int items = which.IsEmpty ? seen.Length : which.Length, count = 0;
        long[] keys = new long[items];
        for (int i = 0; i < items; i++)
        {
            int row = which.IsEmpty ? i : which[i];
            if (seen[row] < Count && !(least[row] < enough)) keys[count++] = ((long)(seen[row] / IMinDistances.Step) << 32) | (uint)row;
        }

        Array.Sort(keys, 0, count);
        return [.. keys.AsSpan(0, count).ToArray().Select(key => (int)(uint)key)];
    }

    /// <summary>Relaxes a share's rows.</summary>
    /// <param name="share">The share.</param>
    /// <param name="rows">Its open rows.</param>
    /// <param name="places">The place of each in the arrays, or empty when they are the same.</param>
    /// <param name="enough">A row below this goes no further.</param>
    /// <param name="seen">By place; raised.</param>
    /// <param name="least">By place; lowered.</param>
    /// <param name="labels">By place.</param>
    /// <param name="pass">Cancellation.</param>
    private void Relax(Share share, int[] rows, int[] places, double enough, int[] seen, double[] least, int[] labels, Pass pass)
    {
        if (rows.Length == 0) return;
        ComputeDevice device = share.Device;
        ShareFacts facts = _facts[share.Number] ??= new ShareFacts(share, _rows, _scales, pass);
        DeviceCentres.Copy centres = _copies[share.Number] ??= new DeviceCentres.Copy(device);
        centres.Update(_centres, _rows);
        DeviceKernel relax = device.Kernel(centres.Columns!.File, "relax");
        int dim = _rows.Dim;
        double gamma = centres.Columns.Gamma(_centres.Longest) + (6 * ProposalError.Unit), canon = ProposalError.Canonical(dim);
        int most = (int)Math.Clamp(device.Budget / 512, 64, 1 << 20);
        long done = 0;
        share.Matrices.Rows(_rows, share.First, share.End).ForEach(rows, pass, (data, scale, from, numbers) =>
        {
            for (int at = 0; at < numbers.Length; at += most)
            {
                pass.Cancel.ThrowIfCancellationRequested();
                int count = Math.Min(most, numbers.Length - at), first = from + at;
                using DeviceScratch scratch = new(device);
                Standing standing = new(scratch, count);
                int[] entries = places.Length == 0 ? [.. Enumerable.Range(first, count)] : places[first..(first + count)];
                standing.Write(numbers.Slice(at, count), rows.AsSpan(first, count), share.First, entries, seen, least, labels);
                device.Work.Launch(relax, (count + RowsPerGroup - 1) / RowsPerGroup, DeviceKernels.GroupItems,
                    data, dim, (int)_rows.Element, scale, standing.Numbers, standing.Places, count,
                    centres.Values!, centres.Columns.Buffer, centres.Columns.Low, centres.Columns.Unit, centres.Squares!, centres.Labels!, Count,
                    facts.Norms, facts.Scales, facts.HasScales, _centres.Longest, gamma, canon, centres.Columns.Underflow, enough, standing.Seen, standing.Least, standing.Labels);
                standing.Read(entries, seen, least, labels);
                done += count;
                pass.Report("rows", done, rows.Length);
            }
        });
    }

    /// <summary>Where some rows stand, on a device.</summary>
    private sealed class Standing(DeviceScratch scratch, int count)
    {
        public DeviceBuffer Numbers { get; } = scratch.Room<long>(count);

        public DeviceBuffer Places { get; } = scratch.Room<long>(count);

        public DeviceBuffer Seen { get; } = scratch.Room<int>(count);

        public DeviceBuffer Least { get; } = scratch.Room<double>(count);

        public DeviceBuffer Labels { get; } = scratch.Room<int>(count);

        public void Write(ReadOnlySpan<long> numbers, ReadOnlySpan<int> rows, long first, int[] at, int[] seen, double[] least, int[] labels)
        {
            DeviceQueue work = scratch.Device.Work;
            long[] places = new long[count];
            for (int i = 0; i < count; i++) places[i] = rows[i] - first;
            work.Write(Numbers, numbers);
            work.Write(Places, (ReadOnlySpan<long>)places);
            work.Write(Seen, (ReadOnlySpan<int>)Array.ConvertAll(at, i => seen[i]));
            work.Write(Least, (ReadOnlySpan<double>)Array.ConvertAll(at, i => least[i]));
            work.Write(Labels, (ReadOnlySpan<int>)Array.ConvertAll(at, i => labels[i]));
        }

        public void Read(int[] at, int[] seen, double[] least, int[] labels)
        {
            DeviceQueue work = scratch.Device.Work;
            int[] seenNow = new int[count], labelsNow = new int[count];
            double[] leastNow = new double[count];
            work.Read(Seen, seenNow.AsSpan());
            work.Read(Least, leastNow.AsSpan());
            work.Read(Labels, labelsNow.AsSpan());
            for (int i = 0; i < count; i++) (seen[at[i]], least[at[i]], labels[at[i]]) = (seenNow[i], leastNow[i], labelsNow[i]);
        }
    }
}
