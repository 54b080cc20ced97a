using System.Runtime.InteropServices;

namespace Engine.Native.Zstd;

/// <summary>The functions of libzstd (1.4 or later) that unpacking needs, under their own names.</summary>
/// <remarks>Source: zstd.h, the stable part of the interface, and zstd_errors.h.</remarks>
internal sealed unsafe class ZstdNative
{
    /// <summary>ZSTD_d_windowLogMax.</summary>
    internal const int ZSTD_d_windowLogMax = 100;

    /// <summary>ZSTD_error_frameParameter_windowTooLarge.</summary>
    internal const int ZSTD_error_frameParameter_windowTooLarge = 16;

    /// <summary>ZSTD_error_memory_allocation.</summary>
    internal const int ZSTD_error_memory_allocation = 64;

    /// <summary>Where it is looked for.</summary>
    internal static readonly NativeLibraryQuery Query = new(
        "libzstd", "ENGINE_LIBZSTD", ["libzstd.so.1", "libzstd.so"],
        ["ZSTD_createDCtx", "ZSTD_freeDCtx", "ZSTD_DCtx_setParameter", "ZSTD_decompressStream", "ZSTD_isError", "ZSTD_getErrorCode", "ZSTD_getErrorName"],
        "apt-get install libzstd1 (or dnf install libzstd)");

    // A failure is not kept: the user of a long-lived program may install the library and try again.
    private static readonly Lazy<ZstdNative> Loaded = new(() => new ZstdNative(NativeLibraries.Load(Query)), LazyThreadSafetyMode.PublicationOnly);

    internal readonly delegate* unmanaged<nint> ZSTD_createDCtx;
    internal readonly delegate* unmanaged<nint, nuint> ZSTD_freeDCtx;
    internal readonly delegate* unmanaged<nint, int, int, nuint> ZSTD_DCtx_setParameter;
    internal readonly delegate* unmanaged<nint, ZSTD_outBuffer*, ZSTD_inBuffer*, nuint> ZSTD_decompressStream;
    internal readonly delegate* unmanaged<nuint, uint> ZSTD_isError;
    internal readonly delegate* unmanaged<nuint, int> ZSTD_getErrorCode;
    internal readonly delegate* unmanaged<nuint, byte*> ZSTD_getErrorName;

    private ZstdNative(LoadedLibrary library)
    {
        Library = library;
        ZSTD_createDCtx = (delegate* unmanaged<nint>)library.Export("ZSTD_createDCtx");
        ZSTD_freeDCtx = (delegate* unmanaged<nint, nuint>)library.Export("ZSTD_freeDCtx");
        ZSTD_DCtx_setParameter = (delegate* unmanaged<nint, int, int, nuint>)library.Export("ZSTD_DCtx_setParameter");
        ZSTD_decompressStream = (delegate* unmanaged<nint, ZSTD_outBuffer*, ZSTD_inBuffer*, nuint>)library.Export("ZSTD_decompressStream");
        ZSTD_isError = (delegate* unmanaged<nuint, uint>)library.Export("ZSTD_isError");
        ZSTD_getErrorCode = (delegate* unmanaged<nuint, int>)library.Export("ZSTD_getErrorCode");
        ZSTD_getErrorName = (delegate* unmanaged<nuint, byte*>)library.Export("ZSTD_getErrorName");
    }

    /// <summary>The library, loaded when it is first asked for.</summary>
    /// <exception cref="NativeLibraryMissingException">It is not there.</exception>
    public static ZstdNative Instance => Loaded.Value;

    /// <summary>Where it came from.</summary>
    public LoadedLibrary Library { get; }

    /// <summary>The one gate from a status to an exception.</summary>
    /// <returns>The status, which is no error.</returns>
    /// <exception cref="ZstdException">It is one.</exception>
    /// <exception cref="InsufficientMemoryException">The library found no memory.</exception>
    public nuint Check(nuint status)
    {
        if (ZSTD_isError(status) == 0) return status;
        string name = Marshal.PtrToStringUTF8((nint)ZSTD_getErrorName(status)) ?? "unknown error";
        int code = ZSTD_getErrorCode(status);
        if (code == ZSTD_error_memory_allocation) throw new InsufficientMemoryException($"libzstd: {name}");
        throw new ZstdException(name, windowTooLarge: code == ZSTD_error_frameParameter_windowTooLarge);
    }

    /// <summary>struct ZSTD_inBuffer_s.</summary>
    internal struct ZSTD_inBuffer
    {
        internal byte* src;
        internal nuint size;
        internal nuint pos;
    }

    /// <summary>struct ZSTD_outBuffer_s.</summary>
    internal struct ZSTD_outBuffer
    {
        internal byte* dst;
        internal nuint size;
        internal nuint pos;
    }
}

/// <summary>libzstd refused.</summary>
/// <param name="name">The library's name for the error.</param>
/// <param name="windowTooLarge">Whether the frame wants more memory than is allowed.</param>
internal sealed class ZstdException(string name, bool windowTooLarge) : Exception(name)
{
    /// <summary>Whether the frame wants more memory than is allowed.</summary>
    public bool WindowTooLarge { get; } = windowTooLarge;
}
