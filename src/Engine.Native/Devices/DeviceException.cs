namespace Engine.Native.Devices;

/// <summary>What went wrong with a device.</summary>
internal enum DeviceFault
{
    /// <summary>There is no such device, or no driver for it.</summary>
    Absent,

    /// <summary>The device, or the budget on it, has no room left.</summary>
    OutOfMemory,

    /// <summary>The device stopped answering: it was reset, removed, or a kernel of somebody's ended its context.</summary>
    Lost,

    /// <summary>The driver could not make a kernel of the source or the PTX that it was given.</summary>
    Build,

    /// <summary>The device lacks something that the same bits need.</summary>
    Unsuitable,

    /// <summary>The driver refused a call.</summary>
    Refused,
}

/// <summary>A device cannot go on.</summary>
/// <param name="fault">What went wrong.</param>
/// <param name="message">What was found on which device, and what to do.</param>
/// <param name="inner">The cause, or null.</param>
internal sealed class DeviceException(DeviceFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What went wrong.</summary>
    public DeviceFault Fault => fault;
}
