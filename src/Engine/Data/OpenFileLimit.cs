using Engine.Native.Files;

namespace Engine.Data;

/// <summary>How many files a process may have open. The runtime holds one for each of its libraries, and without one left it can neither load code nor say what is wrong.</summary>
internal static class OpenFileLimit
{
    /// <summary>What the runtime, the engine and a plan with a few files need; files of more are refused one by one.</summary>
    public const ulong Least = 96;

    /// <summary>Refuses a limit that a run would die of.</summary>
    /// <exception cref="EngineException">It is too low: exit 7.</exception>
    public static void Check()
    {
        if (LibC.GetResourceLimit(LibC.ResourceOpenFiles, out LibC.ResourceLimit limit) != 0 || limit.Current >= Least) return;
        throw new EngineException(new EngineError(ExitCode.Io, "OPEN_FILES",
            $"the process may have {limit.Current} files open, but the runtime and the engine need {Least}. Raise the limit of open files (ulimit -n)."));
    }
}
