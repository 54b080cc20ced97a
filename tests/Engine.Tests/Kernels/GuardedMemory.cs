using System.Runtime.InteropServices;

namespace Engine.Tests.Kernels;

/// <summary>Memory between two pages that nobody may touch: one byte read too far on either side ends the process.</summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int ReadWrite = 3;
    private const int Nothing = 0;
    private const int PrivateAnonymous = 0x22;

    private readonly nint _map;
    private readonly nuint _length;

    /// <param name="bytes">Bytes wanted.</param>
    /// <param name="atEnd">Whether they end at the page behind; otherwise they begin at the page before.</param>
    public GuardedMemory(long bytes, bool atEnd)
    {
        long page = Environment.SystemPageSize;
        long room = Math.Max(1, (bytes + page - 1) / page) * page;
        _length = (nuint)(room + (2 * page));
        _map = Map(0, _length, ReadWrite, PrivateAnonymous, -1, 0);
        if (_map == -1) throw new InvalidOperationException($"mmap gave error {Marshal.GetLastPInvokeError()}.");
        if (Protect(_map, (nuint)page, Nothing) != 0 || Protect((nint)(_map + page + room), (nuint)page, Nothing) != 0)
            throw new InvalidOperationException($"mprotect gave error {Marshal.GetLastPInvokeError()}.");
        Pointer = (byte*)(_map + page + (atEnd ? room - bytes : 0));
    }

    public byte* Pointer { get; }

    public void Dispose() => _ = Unmap(_map, _length);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
