using Engine.Kernels;

namespace Engine.Native.Devices;

/// <summary>Rows that stay on the device from pass to pass. They are copied when they are first wanted.</summary>
internal sealed class ResidentRows : DeviceRows
{
    private readonly ComputeDevice _device;
    private readonly RowSource _rows;
    private readonly long _first;
    private readonly long _end;
    private readonly List<DeviceBlock> _blocks = [];
    private readonly long _rowBytes;

    /// <summary>Takes rows over; nothing is copied yet.</summary>
    public ResidentRows(ComputeDevice device, RowSource rows, long first, long end)
    {
        _device = device;
        _rows = rows;
        _first = first;
        _end = end;
        _rowBytes = checked((long)rows.Dim * rows.Element.SizeInBytes());
    }

    /// <summary>Bytes that the rows of a range take on a device.</summary>
    public static long Bytes(RowSource rows, long first, long end) => checked((end - first) * rows.Dim * rows.Element.SizeInBytes());

    /// <inheritdoc/>
    public override void ForEach(long first, long end, Pass pass, Func<DeviceBlock, bool> work)
    {
        Fill(pass);
        foreach (DeviceBlock block in _blocks)
        {
            long from = Math.Max(first, block.FirstRow), to = Math.Min(end, block.FirstRow + block.Rows);
            if (from < to && !work(block.Part((int)(from - block.FirstRow), (int)(to - from)))) return;
        }
    }

    /// <inheritdoc/>
    public override void ForEach(ReadOnlySpan<int> which, Pass pass, GatheredWork work)
    {
        Fill(pass);
        long[] numbers = new long[which.Length];
        for (int from = 0; from < which.Length;)
        {
            // Rows of one block go together; mostly there is one block only.
            DeviceBlock block = _blocks[BlockOf(which[from])];
            int count = 0;
            for (; from + count < which.Length; count++)
            {
                long at = which[from + count] - block.FirstRow;
                if (at < 0 || at >= block.Rows) break;
                numbers[count] = at;
            }

            work(block.Data, block.Scale, from, numbers.AsSpan(0, count));
            from += count;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (DeviceBlock block in _blocks) block.Data.Dispose();
        _blocks.Clear();
    }

    private int BlockOf(long row)
    {
        int block = 0;
        while (row >= _blocks[block].FirstRow + _blocks[block].Rows) block++;
        return block;
    }

    private void Fill(Pass pass)
    {
        long at = _blocks.Count == 0 ? _first : _blocks[^1].FirstRow + _blocks[^1].Rows;
        if (at == _end) return;
        long most = Math.Clamp(_device.Facts.LargestBuffer / _rowBytes, 1, int.MaxValue);
        using RowCopies copies = new(_device, _rows, Math.Min(most, _end - at));
        while (at < _end)
        {
            DeviceBuffer buffer = _device.Allocate(checked(Math.Min(most, _end - at) * _rowBytes));
            try
            {
                int copied = copies.Copy(buffer, 0, at, Math.Min(_end, at + most), pass, out float scale);
                _blocks.Add(new DeviceBlock(buffer, 0, at, copied, scale));
                at += copied;
            }
            catch
            {
                _device.Copies.Finish();
                buffer.Dispose();
                throw;
            }
        }

        _device.Copies.Finish();
    }
}
