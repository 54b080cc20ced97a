using System.Runtime.ExceptionServices;

namespace Engine.Native.Devices;

/// <summary>The devices of a kernel set and how rows are shared among them: one run of consecutive rows each, always the same for one matrix, so that rows stay where they are.</summary>
/// <param name="devices">At least one.</param>
internal sealed class DeviceShares(IReadOnlyList<ComputeDevice> devices) : IDisposable
{
    private readonly DeviceMatrices[] _matrices = [.. devices.Select(device => new DeviceMatrices(device))];

    /// <summary>Devices.</summary>
    public int Count => _matrices.Length;

    /// <summary>A device and what it keeps.</summary>
    public DeviceMatrices this[int device] => _matrices[device];

    /// <summary>Works on all rows of a range, every device on its share of them at the same time.</summary>
    /// <param name="rows">Rows in the matrix.</param>
    /// <param name="first">The first row of the range.</param>
    /// <param name="end">The row after its last one.</param>
    /// <param name="work">A device, its share of the matrix, and the part of the range that lies in it; called from several threads.</param>
    public void Run(long rows, long first, long end, Action<Share> work)
    {
        Share[] shares = [.. Enumerable.Range(0, Count).Select(i => Of(i, rows, first, end)).Where(share => share.From < share.To)];
        if (shares.Length == 1)
        {
            work(shares[0]);
            return;
        }

        Exception?[] faults = new Exception?[shares.Length];
        Parallel.For(0, shares.Length, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, shares.Length) }, i =>
        {
            try
            {
                work(shares[i]);
            }
            catch (Exception fault)
            {
                faults[i] = fault;
            }
        });

        // Of several failures that of the first share is told, and to the caller it looks like its own.
        if (faults.FirstOrDefault(fault => fault is not null) is { } told) ExceptionDispatchInfo.Throw(told);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceMatrices matrices in _matrices)
        {
            matrices.Dispose();
            matrices.Device.Dispose();
        }
    }

    private Share Of(int device, long rows, long first, long end)
    {
        long begin = Boundary(device), stop = Boundary(device + 1);
        return new Share(device, _matrices[device], begin, stop, Math.Max(first, begin), Math.Min(end, stop));

        long Boundary(int place) => (rows / Count * place) + Math.Min(place, rows % Count);
    }
}

/// <summary>A device's share of a matrix and the part of it that a pass is about.</summary>
/// <param name="Number">The device's place among those of the set.</param>
/// <param name="Matrices">The device and what it keeps.</param>
/// <param name="First">The first row of the share.</param>
/// <param name="End">The row after its last one.</param>
/// <param name="From">The first row of the part.</param>
/// <param name="To">The row after its last one.</param>
internal readonly record struct Share(int Number, DeviceMatrices Matrices, long First, long End, long From, long To)
{
    /// <summary>The device.</summary>
    public ComputeDevice Device => Matrices.Device;

    /// <summary>Rows of the share.</summary>
    public int Rows => checked((int)(End - First));
}
