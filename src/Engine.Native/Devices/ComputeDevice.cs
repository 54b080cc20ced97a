namespace Engine.Native.Devices;

/// <summary>A device that runs the kernels of <c>kernels/</c>: its memory, its two queues, and the kernels built for it.</summary>
/// <remarks>One thread at a time. CUDA and OpenCL implement it; what the kernels compute does not depend on which.</remarks>
internal abstract class ComputeDevice : IDisposable
{
    private readonly Dictionary<(string File, string Kernel), DeviceKernel> _kernels = [];
    private long _taken;

    /// <summary>A device with a budget.</summary>
    /// <param name="facts">What its driver tells of it.</param>
    /// <param name="budget">Most bytes that buffers may have together; 0 for nine tenths of the device.</param>
    protected ComputeDevice(DeviceFacts facts, long budget)
    {
        Facts = facts;
        Budget = budget == 0 ? facts.MemoryBytes / 10 * 9 : Math.Min(budget, facts.MemoryBytes);
    }

    /// <summary>What its driver tells of it.</summary>
    public DeviceFacts Facts { get; }

    /// <summary>Most bytes that buffers may have together.</summary>
    public long Budget { get; }

    /// <summary>Bytes of the budget that no buffer has.</summary>
    public long Spare => Budget - Interlocked.Read(ref _taken);

    /// <summary>The queue for kernels and small copies.</summary>
    public abstract DeviceQueue Work { get; }

    /// <summary>The queue for blocks of a matrix, which are copied while kernels run.</summary>
    public abstract DeviceQueue Copies { get; }

    /// <summary>Whether rows of 16 bits are multiplied by <c>tile_mma.cu</c>.</summary>
    public virtual bool HasTensorCores => false;

    /// <summary>Takes memory on the device.</summary>
    /// <param name="bytes">How many; at least one is taken.</param>
    /// <exception cref="DeviceException">The budget or the device has no room (<see cref="DeviceFault.OutOfMemory"/>).</exception>
    public DeviceBuffer Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        bytes = Math.Max(1, bytes);
        if (bytes > Spare)
        {
            throw new DeviceException(DeviceFault.OutOfMemory,
                $"{Facts} has no room for {bytes} bytes: {Budget - Spare} of the {Budget} that it may use are taken. Raise run.deviceMemory, or use --device cpu.");
        }

        if (bytes > Facts.LargestBuffer)
            throw new DeviceException(DeviceFault.OutOfMemory, $"{Facts} has no buffers of {bytes} bytes; its largest has {Facts.LargestBuffer}. Use --device cpu.");
        DeviceBuffer buffer = Take(bytes).Own(this);
        Interlocked.Add(ref _taken, bytes);
        return buffer;
    }

    /// <summary>Takes host memory that the device copies from on its own.</summary>
    /// <exception cref="DeviceException">There is none (<see cref="DeviceFault.OutOfMemory"/>).</exception>
    public abstract PinnedMemory Pin(long bytes);

    /// <summary>A kernel, built when it is first asked for.</summary>
    /// <param name="file">The source in <c>kernels/</c>, without its extension.</param>
    /// <param name="kernel">Its name there.</param>
    /// <exception cref="DeviceException">The driver cannot build it (<see cref="DeviceFault.Build"/>).</exception>
    public DeviceKernel Kernel(string file, string kernel)
    {
        if (!_kernels.TryGetValue((file, kernel), out DeviceKernel? built)) _kernels.Add((file, kernel), built = Build(file, kernel));
        return built;
    }

    /// <summary>Gives everything back. Buffers must have been given back before.</summary>
    public abstract void Dispose();

    /// <summary>Does <see cref="Allocate"/> once the budget allows it.</summary>
    protected abstract DeviceBuffer Take(long bytes);

    /// <summary>Does <see cref="Kernel"/> for the first time.</summary>
    protected abstract DeviceKernel Build(string file, string kernel);

    /// <summary>A buffer was given back.</summary>
    internal virtual void Returned(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
