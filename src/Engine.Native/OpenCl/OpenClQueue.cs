using Engine.Native.Devices;

namespace Engine.Native.OpenCl;

/// <summary>An in-order command queue.</summary>
/// <param name="handle">The queue; this object gives it back.</param>
/// <param name="device">The device in words.</param>
internal sealed unsafe class OpenClQueue(OpenClQueueHandle handle, string device) : DeviceQueue, IDisposable
{
    private const uint False = 0;
    private const uint True = 1;

    private static OpenClNative Cl => OpenClNative.Instance;

    private nint Queue => handle.DangerousGetHandle();

    /// <inheritdoc/>
    public override DeviceMark Mark()
    {
        nint mark;
        OpenClStatus.Check(Cl.clEnqueueMarkerWithWaitList(Queue, 0, null, &mark), nameof(Cl.clEnqueueMarkerWithWaitList), device);
        return new OpenClMark(mark, device);
    }

    /// <inheritdoc/>
    public override void After(DeviceMark mark)
    {
        nint before = ((OpenClMark)mark).Event;
        OpenClStatus.Check(Cl.clEnqueueBarrierWithWaitList(Queue, 1, &before, null), nameof(Cl.clEnqueueBarrierWithWaitList), device);
    }

    /// <inheritdoc/>
    public override void Flush() => OpenClStatus.Check(Cl.clFlush(Queue), nameof(Cl.clFlush), device);

    /// <inheritdoc/>
    public override void Finish() => OpenClStatus.Check(Cl.clFinish(Queue), nameof(Cl.clFinish), device);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    /// <inheritdoc/>
    protected override void CopyTo(DeviceBuffer to, long offset, void* from, long bytes, bool pinned) => OpenClStatus.Check(
        Cl.clEnqueueWriteBuffer(Queue, to.DangerousGetHandle(), pinned ? False : True, (nuint)offset, (nuint)bytes, from, 0, null, null), nameof(Cl.clEnqueueWriteBuffer), device);

    /// <inheritdoc/>
    protected override void CopyFrom(DeviceBuffer from, long offset, void* to, long bytes) => OpenClStatus.Check(
        Cl.clEnqueueReadBuffer(Queue, from.DangerousGetHandle(), True, (nuint)offset, (nuint)bytes, to, 0, null, null), nameof(Cl.clEnqueueReadBuffer), device);

    /// <inheritdoc/>
    protected override void Zero(DeviceBuffer buffer, long offset, long bytes)
    {
        byte zero = 0;
        OpenClStatus.Check(
            Cl.clEnqueueFillBuffer(Queue, buffer.DangerousGetHandle(), &zero, sizeof(byte), (nuint)offset, (nuint)bytes, 0, null, null), nameof(Cl.clEnqueueFillBuffer), device);
    }

    /// <inheritdoc/>
    protected override void Run(DeviceKernel kernel, int groups, int groupSize, ReadOnlySpan<KernelArgument> arguments)
    {
        nint function = ((OpenClKernel)kernel).Handle.DangerousGetHandle();
        for (int i = 0; i < arguments.Length; i++)
        {
            // A buffer is passed as the address of its handle, a number as the address of its lowest bytes.
            long bits = arguments[i].Buffer is { } buffer ? buffer.DangerousGetHandle() : arguments[i].Bits;
            int bytes = arguments[i].Buffer is null ? arguments[i].Bytes : sizeof(nint);
            int status = Cl.clSetKernelArg(function, (uint)i, (nuint)bytes, &bits);
            if (status != OpenClNative.CL_SUCCESS) OpenClStatus.Check(status, $"clSetKernelArg({kernel.Name}, {i})", device);
        }

        nuint global = (nuint)groups * (nuint)groupSize, local = (nuint)groupSize;
        int given = Cl.clEnqueueNDRangeKernel(Queue, function, 1, null, &global, &local, 0, null, null);
        if (given != OpenClNative.CL_SUCCESS) OpenClStatus.Check(given, $"clEnqueueNDRangeKernel({kernel.Name})", device);
    }

    private sealed class OpenClMark(nint mark, string device) : DeviceMark
    {
        private nint _mark = mark;

        public nint Event => _mark;

        public override void Wait()
        {
            nint waited = _mark;
            OpenClStatus.Check(Cl.clWaitForEvents(1, &waited), nameof(Cl.clWaitForEvents), device);
        }

        public override void Dispose()
        {
            if (_mark != 0) _ = Cl.clReleaseEvent(_mark);
            _mark = 0;
        }
    }
}
