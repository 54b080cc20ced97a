using Engine.Plans;

namespace Engine.Runs;

/// <summary>Which device a plan asks for, and how an engine for it is made.</summary>
public static class RunDevice
{
    /// <summary>The options of an engine that runs the plan as it asks.</summary>
    public static EngineOptions Options(Plan plan) =>
        new() { Threads = plan.Run.Threads, Seed = plan.Seed, Device = plan.Run.Device, DeviceMemory = plan.Run.DeviceMemory };

    /// <summary>Checks the words for a device where no plan has been read.</summary>
    /// <param name="device">As in <c>run.device</c>.</param>
    /// <exception cref="EngineException">They mean nothing: exit 2.</exception>
    public static void Check(string device)
    {
        if (DeviceWord.Parse(device) is null)
            throw new EngineException(new EngineError(ExitCode.CommandLine, "DEVICE", $"found --device {device}, expected {DeviceWord.Expectation}."));
    }
}
