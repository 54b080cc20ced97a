using Engine.Native;
using Engine.Native.Faiss;

namespace Engine.Indexes;

/// <summary>Turns what FAISS and the search for it throw into errors with exit codes.</summary>
internal static class FaissGate
{
    /// <summary>FAISS's version, which also tells whether it is there.</summary>
    /// <exception cref="EngineException">It is not. Exit 9.</exception>
    public static string Version => Run(() => FaissNative.Instance.Version);

    /// <summary>Whether FAISS is there.</summary>
    /// <param name="why">What is wrong, or empty.</param>
    public static bool IsThere(out string why)
    {
        try
        {
            why = "";
            _ = FaissNative.Instance;
            return true;
        }
        catch (NativeLibraryMissingException missing)
        {
            why = missing.Message;
            return false;
        }
    }

    /// <summary>Does something with FAISS.</summary>
    /// <exception cref="EngineException">FAISS is missing, too old or refused: exit 9. It found no memory: exit 8.</exception>
    public static T Run<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (NativeLibraryMissingException missing)
        {
            throw new EngineException(new EngineError(ExitCode.Native, "LIBRARY", $"searching with an index needs FAISS. {missing.Message} Or use \"search\": \"exact\", which needs no library."), missing);
        }
        catch (FaissException refused)
        {
            throw new EngineException(new EngineError(ExitCode.Native, "FAISS", $"FAISS refused: {refused.Message.TrimEnd()}. Check the key \"index\", or leave it out and let the engine choose."), refused);
        }
        catch (InsufficientMemoryException none)
        {
            throw new EngineException(new EngineError(ExitCode.Memory, "MEMORY", "FAISS found no memory for the index. Set \"indexMemory\" so that a smaller one is chosen, or use a larger machine."), none);
        }
    }

    /// <inheritdoc cref="Run{T}"/>
    public static void Run(Action work) => Run(() =>
    {
        work();
        return 0;
    });
}
