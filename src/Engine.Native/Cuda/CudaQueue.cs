using Engine.Native.Devices;

namespace Engine.Native.Cuda;

/// <summary>A stream of a GPU as a queue.</summary>
internal sealed unsafe class CudaQueue : DeviceQueue, IDisposable
{
    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly CudaStaging _staging;

    /// <summary>Makes one.</summary>
    /// <exception cref="DeviceException">The driver cannot.</exception>
    public CudaQueue(CudaContext context)
    {
        _context = context;
        _stream = new CudaStream(context);
        _staging = new CudaStaging(context, _stream);
    }

    /// <inheritdoc/>
    public override DeviceMark Mark()
    {
        var made = new CudaEvent(_context);
        try
        {
            made.Record(_stream);
        }
        catch
        {
            made.Dispose();
            throw;
        }

        return new CudaMark(made);
    }

    /// <inheritdoc/>
    public override void After(DeviceMark mark)
    {
        CudaNative cuda = _context.Enter();
        _context.Check(cuda.cuStreamWaitEvent(_stream.Value, ((CudaMark)mark).Event.Value, 0), nameof(cuda.cuStreamWaitEvent));
    }

    /// <summary>Does nothing: a stream begins at once.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void Finish()
    {
        CudaNative cuda = _context.Enter();
        _context.Check(cuda.cuStreamSynchronize(_stream.Value), nameof(cuda.cuStreamSynchronize));
    }

    /// <summary>Waits for the stream, whatever came of its work, and gives it back.</summary>
    public void Dispose()
    {
        if (!_stream.IsClosed && !_context.IsClosed) _ = _context.EnterToRelease().cuStreamSynchronize(_stream.Value);
        _staging.Dispose();
        _stream.Dispose();
    }

    /// <inheritdoc/>
    protected override void CopyTo(DeviceBuffer to, long offset, void* from, long bytes, bool pinned)
    {
        CudaNative cuda = _context.Enter();
        bool staged = !pinned && bytes <= CudaStaging.Most;
        if (staged)
        {
            byte* room = _staging.Room(bytes);

            // Room has at least that many bytes, and the caller vouches for its own memory.
            Buffer.MemoryCopy(from, room, bytes, bytes);
            from = room;
        }

        _context.Check(cuda.cuMemcpyHtoDAsync_v2(Address(to) + (nint)offset, from, (nuint)bytes, _stream.Value), nameof(cuda.cuMemcpyHtoDAsync_v2));
        if (!pinned && !staged) Finish();
    }

    /// <inheritdoc/>
    protected override void CopyFrom(DeviceBuffer from, long offset, void* to, long bytes)
    {
        CudaNative cuda = _context.Enter();
        _context.Check(cuda.cuMemcpyDtoHAsync_v2(to, Address(from) + (nint)offset, (nuint)bytes, _stream.Value), nameof(cuda.cuMemcpyDtoHAsync_v2));
        Finish();
    }

    /// <inheritdoc/>
    protected override void Zero(DeviceBuffer buffer, long offset, long bytes)
    {
        CudaNative cuda = _context.Enter();
        _context.Check(cuda.cuMemsetD8Async(Address(buffer) + (nint)offset, 0, (nuint)bytes, _stream.Value), nameof(cuda.cuMemsetD8Async));
    }

    /// <inheritdoc/>
    protected override void Run(DeviceKernel kernel, int groups, int groupSize, ReadOnlySpan<KernelArgument> arguments)
    {
        CudaNative cuda = _context.Enter();
        int count = arguments.Length;
        long* values = stackalloc long[Math.Max(1, count)];
        void** places = stackalloc void*[Math.Max(1, count)];
        for (int i = 0; i < count; i++)
        {
            // Little-endian machines only: a number of 4 bytes is the lower half of its 8.
            values[i] = arguments[i].Buffer is { } buffer ? Address(buffer) : arguments[i].Bits;
            places[i] = values + i;
        }

        nint function = ((CudaKernel)kernel).Function;

        // The driver reads as many arguments as the kernel has, each of the size that its source names; it keeps a copy of them.
        CUresult status = cuda.cuLaunchKernel(function, (uint)groups, 1, 1, (uint)groupSize, 1, 1, 0, _stream.Value, places, null);
        _context.Check(status, $"{nameof(cuda.cuLaunchKernel)}({kernel.Name})");
    }

    private static nint Address(DeviceBuffer buffer)
    {
        ObjectDisposedException.ThrowIf(buffer.IsClosed, buffer);
        return ((CudaBuffer)buffer).Address;
    }
}

/// <summary>An event as a mark.</summary>
/// <param name="made">The event, recorded.</param>
internal sealed class CudaMark(CudaEvent made) : DeviceMark
{
    /// <summary>The event.</summary>
    public CudaEvent Event => made;

    /// <inheritdoc/>
    public override void Wait() => made.Wait();

    /// <inheritdoc/>
    public override void Dispose() => made.Dispose();
}
