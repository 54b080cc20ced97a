namespace Engine.Native.Devices;

/// <summary>Work for a device, done in the order in which it was given. The caller does not wait, except where a member says so.</summary>
/// <remarks>One thread at a time. A fault may show at a later call than the one that caused it.</remarks>
internal abstract unsafe class DeviceQueue
{
    /// <summary>Copies from the host. Pinned memory must stay as it is until the copy is through; anything else is copied before this returns.</summary>
    /// <param name="to">The buffer.</param>
    /// <param name="offset">The byte of it to begin at.</param>
    /// <param name="from">Host memory.</param>
    /// <param name="bytes">How many; 0 does nothing.</param>
    /// <param name="pinned">Whether <paramref name="from"/> lies in <see cref="PinnedMemory"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The buffer is smaller.</exception>
    public void Write(DeviceBuffer to, long offset, void* from, long bytes, bool pinned = false)
    {
        Check(to, offset, bytes);
        if (bytes > 0) CopyTo(to, offset, from, bytes, pinned);
    }

    /// <summary>Copies to the host and waits for it.</summary>
    /// <inheritdoc cref="Write(DeviceBuffer, long, void*, long, bool)"/>
    public void Read(DeviceBuffer from, long offset, void* to, long bytes)
    {
        Check(from, offset, bytes);
        if (bytes > 0) CopyFrom(from, offset, to, bytes);
    }

    /// <summary>Copies a span from the host; it may change as soon as this returns.</summary>
    public void Write<T>(DeviceBuffer to, ReadOnlySpan<T> from, long offset = 0)
        where T : unmanaged
    {
        fixed (T* at = from) Write(to, offset, at, (long)sizeof(T) * from.Length);
    }

    /// <summary>Fills a span from the device and waits for it.</summary>
    public void Read<T>(DeviceBuffer from, Span<T> to, long offset = 0)
        where T : unmanaged
    {
        fixed (T* at = to) Read(from, offset, at, (long)sizeof(T) * to.Length);
    }

    /// <summary>Sets bytes to zero.</summary>
    public void Clear(DeviceBuffer buffer, long offset, long bytes)
    {
        Check(buffer, offset, bytes);
        if (bytes > 0) Zero(buffer, offset, bytes);
    }

    /// <summary>Runs a kernel on a line of groups.</summary>
    /// <param name="kernel">A kernel of the same device.</param>
    /// <param name="groups">Groups; 0 does nothing.</param>
    /// <param name="groupSize">Work-items in a group.</param>
    /// <param name="arguments">As the source lists them.</param>
    public void Launch(DeviceKernel kernel, long groups, int groupSize, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (groups > int.MaxValue) throw new ArgumentOutOfRangeException(nameof(groups), groups, "A line has 2^31 - 1 groups at most.");
        if (groups > 0) Run(kernel, (int)groups, groupSize, arguments);
    }

    /// <summary>A mark behind everything given so far.</summary>
    public abstract DeviceMark Mark();

    /// <summary>What is given from now on begins after the mark of another queue of the device.</summary>
    public abstract void After(DeviceMark mark);

    /// <summary>Sees to it that work begins, and does not wait.</summary>
    public abstract void Flush();

    /// <summary>Waits until everything given is done.</summary>
    /// <exception cref="DeviceException">Some of it failed.</exception>
    public abstract void Finish();

    /// <summary>Does <see cref="Write(DeviceBuffer, long, void*, long, bool)"/> for a range within the buffer.</summary>
    protected abstract void CopyTo(DeviceBuffer to, long offset, void* from, long bytes, bool pinned);

    /// <summary>Does <see cref="Read(DeviceBuffer, long, void*, long)"/> for a range within the buffer.</summary>
    protected abstract void CopyFrom(DeviceBuffer from, long offset, void* to, long bytes);

    /// <summary>Does <see cref="Clear"/> for a range within the buffer.</summary>
    protected abstract void Zero(DeviceBuffer buffer, long offset, long bytes);

    /// <summary>Does <see cref="Launch"/> for at least one group.</summary>
    protected abstract void Run(DeviceKernel kernel, int groups, int groupSize, ReadOnlySpan<KernelArgument> arguments);

    private static void Check(DeviceBuffer buffer, long offset, long bytes)
    {
        if (offset < 0 || bytes < 0 || offset > buffer.Bytes - bytes)
            throw new ArgumentOutOfRangeException(nameof(bytes), $"Bytes {offset} to {offset + bytes} are not within a buffer of {buffer.Bytes}.");
    }
}

/// <summary>A point in a queue.</summary>
internal abstract class DeviceMark : IDisposable
{
    /// <summary>Waits until everything before it is done.</summary>
    /// <exception cref="DeviceException">Some of it failed.</exception>
    public abstract void Wait();

    /// <inheritdoc/>
    public abstract void Dispose();
}
