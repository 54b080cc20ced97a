using Engine.Native.Devices;

namespace Engine.Native.Cuda;

/// <summary>Pinned memory that small writes go through, so that the caller's memory is free when they return and nothing waits for the stream.</summary>
/// <remarks>
/// The driver may copy from pageable memory later than the call returns, on machines whose GPU reads it by itself. Two halves: one takes writes while the copies from the
/// other are under way.
/// </remarks>
/// <param name="context">The GPU.</param>
/// <param name="stream">The stream that copies from it.</param>
internal sealed unsafe class CudaStaging(CudaContext context, CudaStream stream) : IDisposable
{
    /// <summary>Most bytes that one write may have.</summary>
    public const long Most = 1 << 18;

    private readonly Half[] _halves = new Half[2];
    private int _current;
    private long _used;

    /// <summary>Room for a write, valid until <see cref="Most"/> bytes more were asked for.</summary>
    /// <exception cref="DeviceException">There is no pinned memory, or an earlier copy failed.</exception>
    public byte* Room(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Most);
        if (_used + bytes > Most)
        {
            _halves[_current].Copied!.Record(stream);
            _halves[_current].Recorded = true;
            _current = 1 - _current;
            _used = 0;
            if (_halves[_current].Recorded) _halves[_current].Copied!.Wait();
        }

        ref Half half = ref _halves[_current];
        half.Memory ??= new CudaPinnedMemory(context, Most);
        half.Copied ??= new CudaEvent(context);
        byte* room = half.Memory.Pointer + _used;
        _used += bytes;
        return room;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Half half in _halves)
        {
            half.Memory?.Dispose();
            half.Copied?.Dispose();
        }
    }

    private struct Half
    {
        public CudaPinnedMemory? Memory;
        public CudaEvent? Copied;
        public bool Recorded;
    }
}
