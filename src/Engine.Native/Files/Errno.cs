using System.Runtime.InteropServices;

namespace Engine.Native.Files;

/// <summary>The system's error numbers that callers tell apart, and the one gate that turns a number into an exception.</summary>
/// <remarks>The exception's <see cref="Exception.HResult"/> is the number itself, as .NET's own file calls have it on Unix.</remarks>
internal static class Errno
{
    internal const int NoEntry = 2;
    internal const int Interrupted = 4;
    internal const int BadDescriptor = 9;
    internal const int TryAgain = 11;
    internal const int Access = 13;
    internal const int NotDirectory = 20;
    internal const int Invalid = 22;
    internal const int NoLocks = 37;
    internal const int NotSupported = 95;

    /// <summary>The exception for the last failed call.</summary>
    /// <param name="doing">What was tried, such as <c>open</c>.</param>
    /// <param name="path">The file, or null.</param>
    internal static IOException Last(string doing, string? path) => For(Marshal.GetLastPInvokeError(), doing, path);

    /// <summary>The exception for a known error number.</summary>
    internal static IOException For(int errno, string doing, string? path)
    {
        string where = path is null ? "" : $" '{path}'";
        return new IOException($"cannot {doing}{where}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})", errno);
    }
}
