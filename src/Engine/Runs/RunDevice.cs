using Engine.Plans;

namespace Engine.Runs;

/// <summary>Which device a plan asks for, and how an engine for it is made.</summary>
public static class RunDevice
{
    /// <summary>The options of an engine that runs the plan as it asks.</summary>
    /// <exception cref="EngineException">The plan asks for a device that this build cannot drive. Exit 9.</exception>
    public static EngineOptions Options(Plan plan)
    {
        if (plan.Run.Device is not ("auto" or "cpu"))
        {
            throw new EngineException(new EngineError(ExitCode.Native, "DEVICE",
                $"found run.device \"{plan.Run.Device}\", but this build has kernels for the CPU only. Use --device cpu, or auto.", plan.File));
        }

        return new EngineOptions { Threads = plan.Run.Threads, Seed = plan.Seed };
    }
}
