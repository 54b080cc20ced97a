using Engine.Kernels;

namespace Engine.Native.Devices;

/// <summary>The matrices that a device keeps: passes over the same rows find them there. Those used longest ago go when room is wanted.</summary>
/// <param name="device">The device.</param>
internal sealed class DeviceMatrices(ComputeDevice device) : IDisposable
{
    // What a pass needs beside the rows: centroids, queries, products, candidates.
    private const int ScratchShare = 4;
    private const int StreamShare = 4;
    private const long MostStreamed = 512L << 20;

    private readonly List<(RowSource Rows, long First, long End, ResidentRows Kept)> _kept = [];

    /// <summary>The device.</summary>
    public ComputeDevice Device => device;

    /// <summary>Rows for a pass that will be followed by others over the same rows: kept where three quarters of the budget hold them, else streamed.</summary>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="first">The first row of the device's share.</param>
    /// <param name="end">The row after its last one.</param>
    public DeviceRows Rows(RowSource rows, long first, long end)
    {
        int at = _kept.FindIndex(kept => ReferenceEquals(kept.Rows, rows) && kept.First == first && kept.End == end);
        if (at >= 0)
        {
            _kept.Add(_kept[at]);
            _kept.RemoveAt(at);
            return _kept[^1].Kept;
        }

        long bytes = ResidentRows.Bytes(rows, first, end), reserve = device.Budget / ScratchShare;
        if (bytes > device.Budget - reserve) return Streamed(rows);
        while (_kept.Count > 0 && bytes > device.Spare - reserve) Forget(0);
        ResidentRows resident = new(device, rows, first, end);
        _kept.Add((rows, first, end, resident));
        return resident;
    }

    /// <summary>Rows for one pass.</summary>
    public DeviceRows Streamed(RowSource rows)
    {
        long wanted = Math.Min(MostStreamed, device.Budget / StreamShare);
        while (_kept.Count > 0 && device.Spare < 2 * wanted) Forget(0);
        return new StreamedRows(device, rows, wanted);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_kept.Count > 0) Forget(0);
    }

    private void Forget(int at)
    {
        _kept[at].Kept.Dispose();
        _kept.RemoveAt(at);
    }
}
