using System.Runtime.InteropServices;

namespace Engine.Native.Zstd;

/// <summary>Unpacks a sequence of zstd frames (RFC 8878), piece by piece. Skippable frames give nothing.</summary>
/// <remarks>Memory: the frame's window, at most 128 MiB, and about 200 KiB.</remarks>
internal sealed class ZstdDecoder : IDisposable
{
    /// <summary>Base-2 logarithm of the largest window that is accepted: 128 MiB, what the <c>zstd</c> command accepts unless told otherwise.</summary>
    public const int MaxWindowLog = 27;

    private readonly ContextHandle _context;

    /// <summary>Makes a decoder.</summary>
    /// <exception cref="NativeLibraryMissingException">libzstd is not there.</exception>
    /// <exception cref="InsufficientMemoryException">There is no memory for it.</exception>
    public unsafe ZstdDecoder()
    {
        ZstdNative zstd = ZstdNative.Instance;
        _context = new ContextHandle(zstd);
        zstd.Check(zstd.ZSTD_DCtx_setParameter(_context.DangerousGetHandle(), ZstdNative.ZSTD_d_windowLogMax, MaxWindowLog));
    }

    /// <summary>Whether the last call ended a frame whose text was handed out completely: the only place where input may end.</summary>
    public bool FrameEnded { get; private set; }

    /// <summary>Unpacks as much as one call gives.</summary>
    /// <param name="packed">The next bytes of the frames.</param>
    /// <param name="text">Where the text goes.</param>
    /// <param name="consumed">Bytes of <paramref name="packed"/> that are done with.</param>
    /// <returns>Bytes of <paramref name="text"/> written.</returns>
    /// <exception cref="ZstdException">The data is damaged, is no frame, or wants a window over the limit.</exception>
    /// <exception cref="ObjectDisposedException">The decoder was disposed.</exception>
    public unsafe int Decode(ReadOnlySpan<byte> packed, Span<byte> text, out int consumed)
    {
        bool held = false;
        _context.DangerousAddRef(ref held);
        try
        {
            // Both spans are pinned for the call, and the library stays within the sizes it is given.
            fixed (byte* from = packed, to = text)
            {
                ZstdNative.ZSTD_inBuffer input = new() { src = from, size = (nuint)packed.Length };
                ZstdNative.ZSTD_outBuffer output = new() { dst = to, size = (nuint)text.Length };
                ZstdNative zstd = _context.Library;
                FrameEnded = zstd.Check(zstd.ZSTD_decompressStream(_context.DangerousGetHandle(), &output, &input)) == 0;
                consumed = (int)input.pos;
                return (int)output.pos;
            }
        }
        finally
        {
            _context.DangerousRelease();
        }
    }

    /// <summary>Frees the decoder.</summary>
    public void Dispose() => _context.Dispose();

    private sealed unsafe class ContextHandle : SafeHandle
    {
        public ContextHandle(ZstdNative zstd)
            : base(0, ownsHandle: true)
        {
            Library = zstd;
            SetHandle(zstd.ZSTD_createDCtx());
            if (IsInvalid) throw new InsufficientMemoryException("There is no memory for a zstd decoder.");
        }

        public ZstdNative Library { get; }

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle() => Library.ZSTD_isError(Library.ZSTD_freeDCtx(handle)) == 0;
    }
}
