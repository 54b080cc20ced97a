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

/// <summary>What became of a map.</summary>
internal enum MapState
{
    /// <summary>It shows the file.</summary>
    Sound,

    /// <summary>It was given up, because somebody wanted to write to the file.</summary>
    Revoked,

    /// <summary>Pages of it were gone; zeros took their place.</summary>
    Faulted,
}

/// <summary>A whole file mapped read-only into memory. It owns the map; the file itself may be closed.</summary>
/// <remarks>
/// <para>A borrow (<see cref="Lease"/>) holds the map in place: disposing the file while blocks are on loan unmaps it when the last one comes back,
/// so no reader ever touches an address that is gone.</para>
/// <para>Reading a page that was truncated away would end the process (SIGBUS). Where the system grants a <see cref="FileLease"/>, whoever wants to write waits until the
/// blocks on loan are back and the map is gone; later borrows throw. Where it does not, <see cref="BusErrors"/> covers the map if its library is there. Callers publish results only
/// after the input was found unchanged.</para>
/// </remarks>
internal sealed class MappedFile : SafeHandle
{
    private readonly Lock _taking = new();
    private readonly Loan _loan;
    private readonly Func<MapState, Exception> _unusable;
    private FileLease? _lease;
    private BusErrors.CoveredRange? _cover;
    private volatile MapState _state;

    private MappedFile(nint address, long length, Func<MapState, Exception> unusable)
        : base(0, ownsHandle: true)
    {
        SetHandle(address);
        Length = length;
        _unusable = unusable;
        _loan = new Loan(this);
    }

    /// <summary>Bytes mapped.</summary>
    public long Length { get; }

    /// <summary>Whether the map still shows the file; for one that was disposed, whether it did until then.</summary>
    public MapState State
    {
        get
        {
            bool added = false;
            try
            {
                DangerousAddRef(ref added);
                CountFaults();
            }
            catch (ObjectDisposedException)
            {
                // The faults were counted when it was unmapped.
            }
            finally
            {
                if (added) DangerousRelease();
            }

            return _state;
        }
    }

    /// <summary>True when whoever wants to write to the file must wait for the map to go.</summary>
    public bool IsLeased => _lease is not null;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Maps a file from its first byte.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="length">Bytes, at least 1; the file has as many.</param>
    /// <param name="path">For messages.</param>
    /// <param name="unusable">Makes what a borrow throws when the map no longer shows the file; null for an <see cref="IOException"/>.</param>
    /// <exception cref="IOException">The system refuses.</exception>
    public static MappedFile Open(SafeFileHandle file, long length, string path, Func<MapState, Exception>? unusable = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        nint address = LibC.MMap(0, checked((nuint)length), LibC.ProtRead, LibC.MapShared, file, 0);
        if (address == -1) throw Errno.Last("map", path);
        var map = new MappedFile(address, length, unusable ?? (_ => new IOException($"'{path}' changed while it was mapped.")));
        map._cover = BusErrors.Cover(address, (nuint)length);
        lock (map._taking) map._lease = FileLease.TryTake(file, map.Revoke);
        return map;
    }

    /// <summary>Keeps the map in place and gives its first byte's address. Dispose the lease exactly once.</summary>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    internal unsafe byte* Lease(out IDisposable lease)
    {
        bool added = false;
        try
        {
            DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException) when (_state == MapState.Revoked)
        {
            throw _unusable(_state);
        }

        CountFaults();
        if (_state != MapState.Sound)
        {
            DangerousRelease();
            throw _unusable(_state);
        }

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
    protected override bool ReleaseHandle()
    {
        CountFaults();
        _cover?.Dispose();
        bool unmapped = LibC.MUnmap(handle, (nuint)Length) == 0;
        _lease?.Dispose();
        return unmapped;
    }

    // Only while a reference is held: later the cover counts for another map.
    private void CountFaults()
    {
        if (_state == MapState.Sound && _cover is { Faults: > 0 }) _state = MapState.Faulted;
    }

    // Somebody waits to write: no block is lent out any more, and when the last one is back the map goes and the lease with it.
    private void Revoke()
    {
        // The lease may be wanted back before it was noted.
        lock (_taking) _state = MapState.Revoked;
        Dispose();
    }

    // One object serves every borrow: each Dispose gives back one reference.
    private sealed class Loan(MappedFile file) : IDisposable
    {
        public void Dispose() => file.DangerousRelease();
    }
}
