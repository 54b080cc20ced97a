using Engine.Kernels;

namespace Engine.Native.Devices;

/// <summary>Copies rows of a matrix to a device: packed into pinned memory, and from there by the device's queue for copies while the next are packed.</summary>
internal sealed unsafe class RowCopies : IDisposable
{
    private const long StageBytes = 8 << 20;

    private readonly ComputeDevice _device;
    private readonly RowSource _rows;
    private readonly PinnedMemory[] _stages;
    private readonly DeviceMark?[] _through = new DeviceMark?[2];
    private readonly int _stageRows;
    private int _stage;

    /// <summary>Takes two pieces of pinned memory.</summary>
    /// <param name="device">Where rows go.</param>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="atOnce">Most rows that a copy will have.</param>
    public RowCopies(ComputeDevice device, RowSource rows, long atOnce)
    {
        _device = device;
        _rows = rows;
        RowBytes = checked((long)rows.Dim * rows.Element.SizeInBytes());
        _stageRows = (int)Math.Clamp(StageBytes / RowBytes, 1, Math.Max(1, atOnce));
        _stages = [device.Pin(checked(_stageRows * RowBytes)), device.Pin(checked(_stageRows * RowBytes))];
    }

    /// <summary>Bytes of a row on the device.</summary>
    public long RowBytes { get; }

    /// <summary>Copies consecutive rows, up to the first whose elements have another scale.</summary>
    /// <param name="to">The buffer.</param>
    /// <param name="at">The row of it to begin at.</param>
    /// <param name="first">The first row.</param>
    /// <param name="end">The row after the last one.</param>
    /// <param name="pass">Cancellation.</param>
    /// <param name="scale">The scale of those that were copied.</param>
    /// <returns>How many were copied; the copies may still be under way on the device's queue for copies.</returns>
    public int Copy(DeviceBuffer to, long at, long first, long end, Pass pass, out float scale)
    {
        scale = float.NaN;
        long row = first;
        while (row < end)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            byte* stage = Next();
            int staged = 0;
            bool same = true;
            while (staged < _stageRows && row + staged < end && same)
            {
                using RowBlock block = _rows.Borrow(row + staged, (int)Math.Min(_stageRows - staged, end - row - staged));
                same = float.IsNaN(scale) || block.View.Scale == scale;
                if (!same) break;
                scale = block.View.Scale;
                Pack(block.View, stage + (staged * RowBytes));
                staged += (int)block.View.Rows;
            }

            Send(to, (at + row - first) * RowBytes, staged);
            row += staged;
            if (!same) break;
        }

        _device.Copies.Flush();
        return (int)(row - first);
    }

    /// <summary>Copies rows from wherever they lie, up to the first whose elements have another scale.</summary>
    /// <param name="to">The buffer; the rows go to its beginning, in the order in which they are named.</param>
    /// <param name="rows">Which.</param>
    /// <param name="pass">Cancellation.</param>
    /// <param name="scale">The scale of those that were copied.</param>
    /// <returns>How many were copied.</returns>
    public int Gather(DeviceBuffer to, ReadOnlySpan<int> rows, Pass pass, out float scale)
    {
        scale = float.NaN;
        int copied = 0;
        bool same = true;
        while (copied < rows.Length && same)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            byte* stage = Next();
            int staged = 0;
            for (; staged < _stageRows && copied + staged < rows.Length; staged++)
            {
                using RowBlock block = _rows.Borrow(rows[copied + staged], 1);
                same = float.IsNaN(scale) || block.View.Scale == scale;
                if (!same) break;
                scale = block.View.Scale;
                Pack(block.View, stage + (staged * RowBytes));
            }

            Send(to, copied * RowBytes, staged);
            copied += staged;
        }

        _device.Copies.Flush();
        return copied;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceMark? mark in _through) mark?.Dispose();
        foreach (PinnedMemory stage in _stages) stage.Dispose();
    }

    private byte* Next()
    {
        _stage ^= 1;
        _through[_stage]?.Wait();
        _through[_stage]?.Dispose();
        _through[_stage] = null;
        return _stages[_stage].Pointer;
    }

    private void Send(DeviceBuffer to, long offset, int rows)
    {
        if (rows == 0) return;

        // The stage stays as it is until the mark behind this copy is reached.
        _device.Copies.Write(to, offset, _stages[_stage].Pointer, rows * RowBytes, pinned: true);
        _through[_stage] = _device.Copies.Mark();
    }

    private void Pack(MatrixView view, byte* to)
    {
        // The view's rows were borrowed, and the stage has room for as many as were asked for.
        byte* from = view.DangerousRow(0);
        if (view.StrideBytes == RowBytes)
        {
            Buffer.MemoryCopy(from, to, view.Rows * RowBytes, view.Rows * RowBytes);
            return;
        }

        for (nint r = 0; r < view.Rows; r++) Buffer.MemoryCopy(from + (r * view.StrideBytes), to + (r * RowBytes), RowBytes, RowBytes);
    }
}
