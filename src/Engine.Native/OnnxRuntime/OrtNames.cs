using System.Runtime.InteropServices;

namespace Engine.Native.OnnxRuntime;

/// <summary>Names as the library takes them: an array of addresses of UTF-8 texts that end with a zero.</summary>
internal sealed unsafe class OrtNames : IDisposable
{
    private byte** _names;

    /// <summary>Copies the names.</summary>
    public OrtNames(IEnumerable<string> names)
    {
        string[] all = [.. names];
        Count = all.Length;
        _names = (byte**)NativeMemory.AllocZeroed((nuint)Math.Max(1, Count), (nuint)sizeof(byte*));
        for (int i = 0; i < Count; i++) _names[i] = (byte*)Marshal.StringToCoTaskMemUTF8(all[i]);
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>The first of <see cref="Count"/> addresses, valid until disposed.</summary>
    public byte** Pointer => _names;

    /// <summary>Frees them.</summary>
    public void Dispose()
    {
        if (_names == null) return;
        for (int i = 0; i < Count; i++) Marshal.FreeCoTaskMem((nint)_names[i]);
        NativeMemory.Free(_names);
        _names = null;
    }
}
