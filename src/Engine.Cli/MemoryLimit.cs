using System.CommandLine;
using System.Globalization;
using Engine.Data;
using Engine.Plans;

namespace Engine.Cli;

/// <summary>What <c>run.memory</c> means for the process: the garbage collector keeps its heap within what the budget leaves it.</summary>
internal static class MemoryLimit
{
    /// <summary>Compiled code, stacks and what native libraries take; the collector never sees it.</summary>
    private const long Unmanaged = 48L << 20;

    /// <summary>Scratch memory of a worker thread.</summary>
    private const long PerThread = 2L << 20;

    /// <summary><c>--memory</c>.</summary>
    public static Option<string?> Word() => new("--memory") { Description = "Memory the run may use beside mapped files, such as 8GiB; short for --set run.memory=SIZE.", HelpName = "size" };

    /// <summary>Reads a size.</summary>
    /// <exception cref="EngineException">It is none. Exit 2.</exception>
    public static long? Parse(string? text)
    {
        if (text is null) return null;
        return MemoryBudget.TryParse(text, out long bytes)
            ? bytes
            : throw new EngineException(new EngineError(ExitCode.CommandLine, "MEMORY", $"found --memory \"{text}\", expected a size such as 512MiB or 8GiB (B, KB, KiB, MB, MiB, GB, GiB, TB, TiB), under 8388608TiB."));
    }

    /// <summary>Bytes as people read them.</summary>
    public static string Text(long bytes) => MemoryBudget.Text(bytes);

    /// <summary>Bounds the managed heap by the plan's budget; a plan without one leaves it to the machine or its control group.</summary>
    /// <exception cref="EngineException">The process already has more than that. Exit 8.</exception>
    public static void Apply(Plan plan)
    {
        if (plan.Run.Memory is not { } budget) return;
        int threads = plan.Run.Threads == 0 ? Environment.ProcessorCount : plan.Run.Threads;
        long heap = budget - Unmanaged - threads * PerThread;
        if (heap < Unmanaged / 2) throw TooSmall(budget, null);
        AppContext.SetData("GCHeapHardLimit", (ulong)heap);
        try
        {
            GC.RefreshMemoryLimit();
        }
        catch (InvalidOperationException refused)
        {
            throw TooSmall(budget, refused);
        }
    }

    private static EngineException TooSmall(long budget, Exception? inner) => new(new EngineError(ExitCode.Memory, "MEMORY",
        string.Create(CultureInfo.InvariantCulture, $"run.memory is {Text(budget)}, but the engine itself takes about {Text(2 * Unmanaged)}. Raise it.")), inner);
}
