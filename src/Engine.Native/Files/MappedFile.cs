using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Engine.Native.Files;

/// <summary>How a mapped range will be read; a hint to the kernel's read-ahead.</summary>
internal enum MapAdvice
{
    /// <summary>Nothing is known.</summary>
    Normal = 0,

    /// <summary>Here and there: no read-ahead.</summary>
    Random = 1,

    /// <summary>From front to back: read far ahead.</summary>
    Sequential = 2,

    /// <summary>Soon: begin reading now.</summary>
    WillNeed = 3,
}

/// <summary>A whole file mapped read-only into memory. It owns the map; the file itself may be closed.</summary>
/// <remarks>
/// A borrow (<see cref="Lease"/>) holds the map in place: disposing the file while blocks are on loan unmaps it when the last one comes back,
/// so no reader ever touches an address that is gone. Truncating a mapped file elsewhere is fatal to the process (SIGBUS); callers check sizes first and
/// publish results only after the input was found unchanged.
/// </remarks>
internal sealed class MappedFile : SafeHandle
{
    private readonly Loan _loan;

    private MappedFile(nint address, long length)
        : base(0, ownsHandle: true)
    {
        SetHandle(address);
        Length = length;
        _loan = new Loan(this);
    }

    /// <summary>Bytes mapped.</summary>
    public long Length { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Maps a file from its first byte.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="length">Bytes, at least 1; the file has as many.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="IOException">The system refuses.</exception>
    public static MappedFile Open(SafeFileHandle file, long length, string path)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        nint address = LibC.MMap(0, checked((nuint)length), LibC.ProtRead, LibC.MapShared, file, 0);
        return address == -1 ? throw Errno.Last("map", path) : new MappedFile(address, length);
    }

    /// <summary>Keeps the map in place and gives its first byte's address. Dispose the lease exactly once.</summary>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    internal unsafe byte* Lease(out IDisposable lease)
    {
        bool added = false;
        DangerousAddRef(ref added);
        lease = _loan;
        return (byte*)handle;
    }

    /// <summary>Tells the kernel how a range will be read. A kernel that does not care is no error.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes; the range lies in the file.</param>
    /// <param name="advice">How.</param>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public void Advise(long offset, long length, MapAdvice advice)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        bool added = false;
        DangerousAddRef(ref added);
        try
        {
            // The kernel wants a page's start; advising the rest of that page as well does no harm.
            long start = offset - offset % Environment.SystemPageSize;
            _ = LibC.MAdvise(handle + (nint)start, (nuint)(length + offset - start), (int)advice);
        }
        finally
        {
            DangerousRelease();
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.MUnmap(handle, (nuint)Length) == 0;

    // One object serves every borrow: each Dispose gives back one reference.
    private sealed class Loan(MappedFile file) : IDisposable
    {
        public void Dispose() => file.DangerousRelease();
    }
}
