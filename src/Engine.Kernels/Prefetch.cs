using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels;

/// <summary>Asks for memory before it is needed. It reads nothing, so any address will do.</summary>
internal static unsafe class Prefetch
{
    private const int LineBytes = 64;

    /// <summary>Beyond this much of a row the processor has noticed the stream itself.</summary>
    private const int MostBytes = 4096;

    /// <summary>Asks for a row, or the beginning of a long one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row(byte* row, nint bytes)
    {
        if (!Sse.IsSupported) return;
        for (nint at = 0; at < Math.Min(bytes, MostBytes); at += LineBytes) Sse.Prefetch0(row + at);
    }

    /// <summary>Asks for something that is not needed at once: it comes as near as the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Later(byte* at, nint bytes)
    {
        if (!Sse.IsSupported) return;
        for (nint i = 0; i < Math.Min(bytes, MostBytes); i += LineBytes) Sse.Prefetch1(at + i);
    }
}
