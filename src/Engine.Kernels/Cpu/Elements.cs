using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Something a canonical kernel can read sixteen float64 lanes from.</summary>
internal unsafe interface IOperand
{
    /// <summary>Bytes one element takes.</summary>
    static abstract int Size { get; }

    /// <summary>Whether every element is a float32 exactly.</summary>
    static virtual bool IsFloat32 => true;

    /// <summary>Sixteen elements, widened exactly to float64.</summary>
    static abstract TDouble LoadWide<TLanes, TFloat, TDouble>(byte* at, float scale)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged;
}

/// <summary>A matrix element type. The four differ in how sixteen of them are loaded and widened, and in nothing else.</summary>
internal unsafe interface IElement : IOperand
{
    /// <summary>Sixteen elements, widened exactly to float32.</summary>
    static abstract TFloat Load<TLanes, TFloat, TDouble>(byte* at, float scale)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged;
}

/// <summary>binary32.</summary>
internal readonly unsafe struct Float32Element : IElement
{
    public static int Size => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat Load<TLanes, TFloat, TDouble>(byte* at, float scale)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged => TLanes.LoadF32((float*)at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TDouble LoadWide<TLanes, TFloat, TDouble>(byte* at, float scale)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged => TLanes.LoadWideF32((float*)at);
}

/// <summary>binary16.</summary>
internal readonly unsafe struct Float16Element : IElement
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat Load<TLanes, TFloat, TDouble>(byte* at, float scale)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged => TLanes.LoadF16((ushort*)at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TDouble LoadWide<TLanes, TFloat, TDouble>(byte* at, float scale)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged => TLanes.Widen(TLanes.LoadF16((ushort*)at));
}

/// <summary>The upper half of a binary32.</summary>
internal readonly unsafe struct BFloat16Element : IElement
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat Load<TLanes, TFloat, TDouble>(byte* at, float scale)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged => TLanes.LoadBF16((ushort*)at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TDouble LoadWide<TLanes, TFloat, TDouble>(byte* at, float scale)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged => TLanes.Widen(TLanes.LoadBF16((ushort*)at));
}

/// <summary>A signed 8-bit integer times the matrix's scale.</summary>
internal readonly unsafe struct Int8Element : IElement
{
    public static int Size => sizeof(sbyte);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat Load<TLanes, TFloat, TDouble>(byte* at, float scale)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged => TLanes.LoadI8((sbyte*)at, scale);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TDouble LoadWide<TLanes, TFloat, TDouble>(byte* at, float scale)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged => TLanes.Widen(TLanes.LoadI8((sbyte*)at, scale));
}

/// <summary>binary64: no matrix is stored so, but scaled centres are.</summary>
internal readonly unsafe struct Float64Operand : IOperand
{
    public static int Size => sizeof(double);

    public static bool IsFloat32 => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TDouble LoadWide<TLanes, TFloat, TDouble>(byte* at, float scale)
        where TLanes : struct, ILanes<TFloat, TDouble>
        where TFloat : unmanaged
        where TDouble : unmanaged => TLanes.LoadF64((double*)at);
}
