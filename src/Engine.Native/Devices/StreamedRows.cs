using Engine.Kernels;

namespace Engine.Native.Devices;

/// <summary>Rows that do not stay on the device: they go through two buffers, one being filled while kernels read the other.</summary>
/// <param name="device">The device.</param>
/// <param name="rows">[rows x dim].</param>
/// <param name="bytes">Most bytes that the two buffers take together; each holds a row at least.</param>
internal sealed class StreamedRows(ComputeDevice device, RowSource rows, long bytes) : DeviceRows
{
    private readonly long _rowBytes = checked((long)rows.Dim * rows.Element.SizeInBytes());

    /// <inheritdoc/>
    public override void ForEach(long first, long end, Pass pass, Func<DeviceBlock, bool> work)
    {
        if (first == end) return;
        int most = RowsAtOnce(end - first);
        using RowCopies copies = new(device, rows, most);
        using Buffers buffers = new(device, most * _rowBytes);
        Task<(DeviceBlock Block, DeviceMark Copied)>? next = Ahead(() => Load(0, first));
        try
        {
            for (int at = 0; next is not null; at ^= 1)
            {
                (DeviceBlock block, DeviceMark copied) = next.GetAwaiter().GetResult();
                using (copied) device.Work.After(copied);
                long following = block.FirstRow + block.Rows;
                int other = at ^ 1;
                next = following < end ? Ahead(() => Load(other, following)) : null;
                if (!work(block)) return;
                buffers.Release(at);
            }
        }
        finally
        {
            // Whatever failed: the buffers must not go while a copy to them is under way.
            if (next is not null) Abandon(next);
            device.Copies.Finish();
        }

        (DeviceBlock, DeviceMark) Load(int buffer, long row)
        {
            buffers.Await(buffer);
            int copied = copies.Copy(buffers[buffer], 0, row, Math.Min(end, row + most), pass, out float scale);
            return (new DeviceBlock(buffers[buffer], 0, row, copied, scale), device.Copies.Mark());
        }
    }

    /// <inheritdoc/>
    public override void ForEach(ReadOnlySpan<int> which, Pass pass, GatheredWork work)
    {
        if (which.IsEmpty) return;
        int most = RowsAtOnce(which.Length);
        using RowCopies copies = new(device, rows, most);
        using Buffers buffers = new(device, most * _rowBytes);
        long[] numbers = [.. Enumerable.Range(0, most).Select(i => (long)i)];
        int at = 0;
        try
        {
            for (int from = 0; from < which.Length; at ^= 1)
            {
                buffers.Await(at);
                int copied = copies.Gather(buffers[at], which.Slice(from, Math.Min(most, which.Length - from)), pass, out float scale);
                using (DeviceMark mark = device.Copies.Mark()) device.Work.After(mark);
                work(buffers[at], scale, from, numbers.AsSpan(0, copied));
                buffers.Release(at);
                from += copied;
            }
        }
        finally
        {
            device.Copies.Finish();
        }
    }

    /// <summary>Nothing stays between passes.</summary>
    public override void Dispose()
    {
    }

    private int RowsAtOnce(long wanted) => (int)Math.Clamp(Math.Min(bytes / 2, device.Facts.LargestBuffer) / _rowBytes, 1, Math.Min(wanted, int.MaxValue));

    /// <summary>Loads on a thread of its own: a caller that blocks a thread of the pool must not wait for another of its threads.</summary>
    private static Task<(DeviceBlock Block, DeviceMark Copied)> Ahead(Func<(DeviceBlock Block, DeviceMark Copied)> load) =>
        Task.Factory.StartNew(load, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Abandon(Task<(DeviceBlock Block, DeviceMark Copied)> load)
    {
        // Its own failure is not the one that counts; it is looked at so that it does not surface elsewhere.
        load.ContinueWith(static done => done.Exception, TaskScheduler.Default).Wait();
        if (load.IsCompletedSuccessfully) load.Result.Copied.Dispose();
    }

    /// <summary>Two buffers and the marks behind the kernels that read them.</summary>
    private sealed class Buffers : IDisposable
    {
        private readonly ComputeDevice _device;
        private readonly DeviceBuffer[] _buffers;
        private readonly DeviceMark?[] _read = new DeviceMark?[2];

        public Buffers(ComputeDevice device, long bytes)
        {
            _device = device;
            DeviceBuffer first = device.Allocate(bytes);
            try
            {
                _buffers = [first, device.Allocate(bytes)];
            }
            catch
            {
                first.Dispose();
                throw;
            }
        }

        public DeviceBuffer this[int which] => _buffers[which];

        public void Release(int which)
        {
            _read[which] = _device.Work.Mark();
            _device.Work.Flush();
        }

        public void Await(int which)
        {
            if (_read[which] is not { } mark) return;
            _device.Copies.After(mark);
            mark.Dispose();
            _read[which] = null;
        }

        public void Dispose()
        {
            foreach (DeviceMark? mark in _read) mark?.Dispose();
            _device.Work.Finish();
            foreach (DeviceBuffer buffer in _buffers) buffer.Dispose();
        }
    }
}
