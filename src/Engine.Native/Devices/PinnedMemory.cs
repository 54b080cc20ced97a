using System.Runtime.InteropServices;

namespace Engine.Native.Devices;

/// <summary>Host memory that a device copies from or to on its own while the program goes on.</summary>
internal abstract unsafe class PinnedMemory : SafeHandle
{
    /// <summary>Room that a backend has taken.</summary>
    /// <param name="bytes">How many, at least 1.</param>
    protected PinnedMemory(long bytes)
        : base(0, ownsHandle: true)
    {
        Bytes = bytes;
    }

    /// <summary>How many bytes it has.</summary>
    public long Bytes { get; }

    /// <summary>Where it begins.</summary>
    public byte* Pointer => (byte*)handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;
}
