using Engine.Native.Devices;

namespace Engine.Runs;

/// <summary>Turns what a device says into an error: exit 8 where its memory does not suffice, else exit 9.</summary>
internal static class DeviceError
{
    public static EngineException Of(DeviceException fault) =>
        new(new EngineError(fault.Fault == DeviceFault.OutOfMemory ? ExitCode.Memory : ExitCode.Native, "DEVICE", fault.Message), fault);
}
