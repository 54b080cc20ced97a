using System.Runtime.InteropServices;

namespace Engine.Kernels.Cpu;

/// <summary>A function of instructions that .NET has no intrinsic for, written instruction by instruction: x86-64, and of AVX-512 what is encoded with an EVEX prefix.</summary>
/// <remarks>Registers go by their numbers in the encoding. Source: Intel's Software Developer's Manual, volume 2, 2.7.</remarks>
internal sealed unsafe partial class MachineCode
{
    private const int Readable = 1, Writable = 2, Executable = 4, Private = 2, Anonymous = 0x20;
    private readonly List<byte> _code = [];

    /// <summary>A general register.</summary>
    public enum Register
    {
        Rax,
        Rcx,
        Rdx,
        Rsi = 6,
        Rdi,
        R8,
        R9,
    }

    /// <summary>Bytes so far: where the next instruction begins.</summary>
    public int Length => _code.Count;

    /// <summary>An instruction as its bytes.</summary>
    public void Raw(params ReadOnlySpan<byte> bytes) => _code.AddRange(bytes);

    /// <summary>VMOVDQU64 zmm, [from].</summary>
    public void Load(int to, Register from) => Memory(prefix: 2, wide: true, opcode: 0x6F, map: 1, to, from, index: null, twice: false, lines: 0);

    /// <summary>VMOVDQU64 [to + 64 lines], zmm.</summary>
    public void Store(int from, Register to, int lines) => Memory(prefix: 2, wide: true, opcode: 0x7F, map: 1, from, to, index: null, twice: false, lines);

    /// <summary>VPBROADCASTD zmm, [from], [from + index] or [from + 2 index].</summary>
    public void Broadcast(int to, Register from, Register? index = null, bool twice = false) => Memory(prefix: 1, wide: false, opcode: 0x58, map: 2, to, from, index, twice, lines: 0);

    /// <summary>VPDPBUSD: each 32-bit lane of the sum grows by four products of unsigned bytes with signed ones.</summary>
    public void AddProducts(int sum, int unsigned, int signed)
    {
        Prefix(prefix: 1, wide: false, map: 2, sum, unsigned, (signed & 8) != 0, (signed & 16) != 0);
        _code.Add(0x50);
        _code.Add((byte)(0xC0 | ((sum & 7) << 3) | (signed & 7)));
    }

    /// <summary>Makes a function of what was written, for as long as the process lives.</summary>
    /// <returns>Its address, or null where the system allows none.</returns>
    public void* Finish()
    {
        nint size = _code.Count;
        void* memory = Map(null, size, Readable | Writable, Private | Anonymous, -1, 0);
        if ((nint)memory == -1) return null;
        CollectionsMarshal.AsSpan(_code).CopyTo(new Span<byte>(memory, _code.Count));
        if (Protect(memory, size, Readable | Executable) == 0) return memory;
        _ = Unmap(memory, size);
        return null;
    }

    /// <summary>An instruction with a vector register and memory: at a base, which may be followed by an index (the SIB byte) and by lines. No base here ends in 101, which would mean something else.</summary>
    private void Memory(int prefix, bool wide, byte opcode, int map, int vector, Register at, Register? index, bool twice, int lines)
    {
        const int None = 4;
        int place = index is { } register ? (int)register : None;
        Prefix(prefix, wide, map, vector, other: 0, (int)at > 7, index is not null && place > 7);
        _code.Add(opcode);
        _code.Add((byte)((lines == 0 ? 0 : 0x40) | ((vector & 7) << 3) | 4));
        _code.Add((byte)((twice ? 0x40 : 0) | ((place & 7) << 3) | ((int)at & 7)));
        if (lines != 0) _code.Add((byte)lines);
    }

    /// <summary>The EVEX prefix of an instruction on 512 bits, without a mask. The upper bits of register numbers are stored in it, inverted.</summary>
    private void Prefix(int prefix, bool wide, int map, int vector, int other, bool baseHigh, bool indexHigh)
    {
        _code.Add(0x62);
        _code.Add((byte)(map | ((vector & 8) != 0 ? 0 : 0x80) | (indexHigh ? 0 : 0x40) | (baseHigh ? 0 : 0x20) | ((vector & 16) != 0 ? 0 : 0x10)));
        _code.Add((byte)((wide ? 0x80 : 0) | ((~other & 15) << 3) | 4 | prefix));
        _code.Add((byte)(0x40 | ((other & 16) != 0 ? 0 : 8)));
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* at, nint size, int access, int kind, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* at, nint size, int access);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* at, nint size);
}
