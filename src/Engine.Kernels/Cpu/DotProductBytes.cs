using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static Engine.Kernels.Cpu.MachineCode.Register;

namespace Engine.Kernels.Cpu;

/// <summary>The product with AVX-512 VNNI: one instruction multiplies bytes and adds to 32 bits, so that nothing overflows and nothing but multiplying takes time.</summary>
/// <remarks>.NET 10 has no intrinsic for it, so the tile is a function in machine code, called on Linux. Elsewhere, and where a system lets no program make code, <see cref="ByteProduct{TBytes, TRegister}"/> serves.</remarks>
internal sealed unsafe class DotProductBytes : ByteProduct
{
    /// <summary>The only one there need be, or null where it cannot be had.</summary>
    public static readonly ByteProduct? Instance = Create();

    private const int Line = 64;
    private const int TileRows = 6;
    private const int TileColumns = 32;

    /// <summary>Six rows by 32 columns: rows, stride, the columns' two panels, steps of four elements, and where the 32-bit products go, [6 x 32].</summary>
    private readonly delegate* unmanaged[SuppressGCTransition]<byte*, nint, byte*, byte*, nint, int*, void> _tile;

    private DotProductBytes(void* tile) => _tile = (delegate* unmanaged[SuppressGCTransition]<byte*, nint, byte*, byte*, nint, int*, void>)tile;

    /// <inheritdoc/>
    public override int RowLimit => sbyte.MaxValue;

    /// <inheritdoc/>
    public override int StepsPerSum => int.MaxValue;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Multiply(byte* rows, nint stride, float* scales, float* shares, int rowCount, ByteColumns columns, float* dots)
    {
        Vector512<int>* products = stackalloc Vector512<int>[TileRows * TileColumns / Vector512<int>.Count];
        for (int panel = 0; panel < columns.Panels; panel += 2)
        {
            // A last panel without a second is multiplied twice.
            bool pair = panel + 1 < columns.Panels;
            byte* left = columns.Panel(panel), right = pair ? columns.Panel(panel + 1) : left;
            float* columnScales = columns.Scales + (panel * PackedColumns.PanelColumns), offsets = columns.Offsets + (panel * PackedColumns.PanelColumns);
            for (int r = 0; r < rowCount; r += TileRows)
            {
                _tile(rows + (r * stride), stride, left, right, columns.Steps, (int*)products);
                float* to = dots + ((nint)r * columns.Width) + (panel * PackedColumns.PanelColumns);
                for (int i = 0; i < TileRows; i++, to += columns.Width)
                {
                    ByteLanes512.Store(products[2 * i].AsByte(), scales[r + i], columnScales, shares[r + i], offsets, to);
                    if (pair) ByteLanes512.Store(products[(2 * i) + 1].AsByte(), scales[r + i], columnScales + PackedColumns.PanelColumns, shares[r + i], offsets + PackedColumns.PanelColumns, to + PackedColumns.PanelColumns);
                }
            }
        }
    }

    private static DotProductBytes? Create()
    {
        const int Leaf = 7, Vnni = 1 << 11;
        bool has = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && Avx512BW.IsSupported && X86Base.CpuId(0, 0).Eax >= Leaf && (X86Base.CpuId(Leaf, 0).Ecx & Vnni) != 0;
        void* tile = has ? Tile() : null;
        return tile == null ? null : new DotProductBytes(tile);
    }

    /// <summary>Arguments come in rdi, rsi, rdx, rcx, r8 and r9; rax and all vector registers are free. Sums are zmm0 to zmm11: row i's left and right ones are 2i and 2i + 1.</summary>
    private static void* Tile()
    {
        const int Left = 12, Right = 13, Row = 14;
        MachineCode code = new();
        code.Raw(0xF3, 0x0F, 0x1E, 0xFA);   // endbr64
        for (int i = 0; i < TileRows; i++)
        {
            code.Load(2 * i, Rdx);
            code.Load((2 * i) + 1, Rcx);
        }

        code.Raw(0x48, 0x8D, 0x04, 0x77);   // lea rax, [rdi + 2 rsi]
        code.Raw(0x48, 0x01, 0xF0);         // add rax, rsi: the fourth row
        int step = code.Length;
        code.Raw(0x48, 0x83, 0xC2, Line);   // add rdx, 64
        code.Raw(0x48, 0x83, 0xC1, Line);   // add rcx, 64
        code.Load(Left, Rdx);
        code.Load(Right, Rcx);
        foreach ((MachineCode.Register from, int row) in new[] { (Rdi, Row), (Rax, Row + 3) })
        {
            code.Broadcast(row, from);
            code.Broadcast(row + 1, from, Rsi);
            code.Broadcast(row + 2, from, Rsi, twice: true);
        }

        for (int i = 0; i < TileRows; i++)
        {
            code.AddProducts(2 * i, Row + i, Left);
            code.AddProducts((2 * i) + 1, Row + i, Right);
        }

        code.Raw(0x48, 0x83, 0xC7, 4);      // add rdi, 4
        code.Raw(0x48, 0x83, 0xC0, 4);      // add rax, 4
        code.Raw(0x49, 0xFF, 0xC8);         // dec r8
        int back = step - (code.Length + 6);
        code.Raw(0x0F, 0x85, (byte)back, (byte)(back >> 8), (byte)(back >> 16), (byte)(back >> 24));    // jnz step
        for (int i = 0; i < 2 * TileRows; i++) code.Store(i, R9, i);
        code.Raw(0xC5, 0xF8, 0x77);         // vzeroupper
        code.Raw(0xC3);                     // ret
        return code.Finish();
    }
}
