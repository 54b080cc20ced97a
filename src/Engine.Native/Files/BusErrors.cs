namespace Engine.Native.Files;

/// <summary>Keeps the process alive when a mapped page turns out to be gone: zeros take its place, and the map says that they did. Optional: a small C library.</summary>
/// <remarks>Needed where a lease cannot be had: another program has the file open for writing already, owns it, or serves it over a network.</remarks>
internal static unsafe class BusErrors
{
    private static readonly NativeLibraryQuery Query = new(
        "libengine-sigbus", "ENGINE_LIBSIGBUS", ["libengine-sigbus.so"], ["engine_sigbus_cover", "engine_sigbus_faults", "engine_sigbus_uncover"], "build the engine where a C compiler (cc) is");

    private static readonly Lazy<Functions?> Library = new(Load);

    /// <summary>True when the library is there.</summary>
    public static bool AreCovered => Library.Value is not null;

    /// <summary>Covers a mapped range.</summary>
    /// <param name="address">Its first byte.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>What counts its faults, or null when it cannot be covered. Dispose it before the range is unmapped, exactly once.</returns>
    internal static CoveredRange? Cover(nint address, nuint length)
    {
        if (Library.Value is not { } functions) return null;
        int number = functions.Cover(address, length);
        return number < 0 ? null : new CoveredRange(functions, number);
    }

    private static Functions? Load()
    {
        try
        {
            return new Functions(NativeLibraries.Load(Query));
        }
        catch (NativeLibraryMissingException)
        {
            // Without it leases and the checks of a file's identity remain.
            return null;
        }
    }

    /// <summary>A covered range.</summary>
    internal sealed class CoveredRange(Functions functions, int number) : IDisposable
    {
        /// <summary>How often zeros had to take the place of its pages.</summary>
        public ulong Faults => functions.Faults(number);

        /// <inheritdoc/>
        public void Dispose() => functions.Uncover(number);
    }

    /// <summary>The library's functions under their own names.</summary>
    internal sealed class Functions(LoadedLibrary library)
    {
        private readonly delegate* unmanaged<nint, nuint, int> _cover = (delegate* unmanaged<nint, nuint, int>)library.Export("engine_sigbus_cover");
        private readonly delegate* unmanaged[SuppressGCTransition]<int, ulong> _faults = (delegate* unmanaged[SuppressGCTransition]<int, ulong>)library.Export("engine_sigbus_faults");
        private readonly delegate* unmanaged<int, void> _uncover = (delegate* unmanaged<int, void>)library.Export("engine_sigbus_uncover");

        public int Cover(nint address, nuint length) => _cover(address, length);

        public ulong Faults(int number) => _faults(number);

        public void Uncover(int number) => _uncover(number);
    }
}
