using Engine.Native;

namespace Engine.Data;

/// <summary>Turns a missing native library into an error with exit code 9.</summary>
internal static class NativeError
{
    /// <summary>A file needs a library that is not there.</summary>
    /// <param name="file">The file as the user wrote it.</param>
    /// <param name="missing">What the search for the library threw.</param>
    /// <param name="remedy">A way to do without the library; begins a sentence.</param>
    public static EngineException Missing(string file, NativeLibraryMissingException missing, string remedy) =>
        new(new EngineError(ExitCode.Native, "LIBRARY", $"reading this file needs {missing.Message} {remedy}", file), missing);
}
