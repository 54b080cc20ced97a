using System.Runtime.InteropServices;

namespace Engine.Kernels.Cpu;

/// <summary>Pages of 2 MiB: the first touch of memory costs a quarter of what it does with pages of 4 KiB, and rows that lie anywhere are found faster.</summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes of a page, which begins at a multiple of them.</summary>
    public const nuint Bytes = 2 << 20;

    /// <summary>Bytes from which memory is put on them: what lies before the first page and behind the last is small beside it.</summary>
    public const nuint Worthwhile = 2 * Bytes;

    private const int UseHugePages = 14;

    /// <summary>Asks for huge pages where memory is touched from here on. A system that has none goes on with small ones.</summary>
    /// <param name="start">A multiple of <see cref="Bytes"/>.</param>
    /// <param name="bytes">Any length.</param>
    public static void Advise(byte* start, nuint bytes)
    {
        if (OperatingSystem.IsLinux()) _ = Advise(start, bytes, UseHugePages);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* start, nuint bytes, int advice);
}
