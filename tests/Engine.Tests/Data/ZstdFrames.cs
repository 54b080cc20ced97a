using System.Runtime.InteropServices;

namespace Engine.Tests.Data;

/// <summary>A test that needs libzstd. Without it the test is left out and says so, unless ENGINE_REQUIRE_NATIVE=1 makes that a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ZstdFactAttribute : FactAttribute
{
    public ZstdFactAttribute() => Skip = OptionalPart.WhyNot(NativeLibrary.TryLoad(ZstdFrames.Library, out _), $"{ZstdFrames.Library} is not installed.");
}

/// <summary>Makes zstd frames with libzstd's own compressor, and wrong ones by hand.</summary>
internal static unsafe partial class ZstdFrames
{
    public const string Library = "libzstd.so.1";
    private const int ChecksumFlag = 201;

    /// <summary>One frame with a checksum.</summary>
    public static byte[] Pack(ReadOnlySpan<byte> text)
    {
        nint context = ZSTD_createCCtx();
        try
        {
            Assert.Equal(0u, ZSTD_isError(ZSTD_CCtx_setParameter(context, ChecksumFlag, 1)));
            byte[] packed = new byte[(int)ZSTD_compressBound((nuint)text.Length)];
            fixed (byte* to = packed, from = text)
            {
                nuint size = ZSTD_compress2(context, to, (nuint)packed.Length, from, (nuint)text.Length);
                Assert.Equal(0u, ZSTD_isError(size));
                return packed[..(int)size];
            }
        }
        finally
        {
            _ = ZSTD_freeCCtx(context);
        }
    }

    /// <summary>A frame of one raw block whose header asks for a window of 2^windowLog bytes (RFC 8878, 3.1.1).</summary>
    public static byte[] Raw(ReadOnlySpan<byte> text, int windowLog)
    {
        int block = text.Length << 3 | 1;
        return [0x28, 0xb5, 0x2f, 0xfd, 0, (byte)(windowLog - 10 << 3), (byte)block, (byte)(block >> 8), (byte)(block >> 16), .. text];
    }

    /// <summary>A frame of one raw block without checksum whose header says how many bytes of text it has, rightly or not.</summary>
    public static byte[] Sized(ReadOnlySpan<byte> text, int size)
    {
        int block = text.Length << 3 | 1;
        return [0x28, 0xb5, 0x2f, 0xfd, 0x20, (byte)size, (byte)block, (byte)(block >> 8), (byte)(block >> 16), .. text];
    }

    /// <summary>A skippable frame.</summary>
    public static byte[] Skippable(ReadOnlySpan<byte> content) => [0x53, 0x2a, 0x4d, 0x18, .. BitConverter.GetBytes(content.Length), .. content];

    [LibraryImport(Library)]
    private static partial nint ZSTD_createCCtx();

    [LibraryImport(Library)]
    private static partial nuint ZSTD_freeCCtx(nint context);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_CCtx_setParameter(nint context, int parameter, int value);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_compressBound(nuint size);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_compress2(nint context, byte* to, nuint capacity, byte* from, nuint size);

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint status);
}
