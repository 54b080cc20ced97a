namespace Engine.Kernels.Cpu;

/// <summary>Sixteen columns of four 8-bit elements each, in whatever registers a machine has: what the product of quantised rows and columns is made of.</summary>
/// <remarks>All results are exact as long as they fit; <see cref="ByteColumns"/> sees to it that they do. Column i is 32-bit lane i.</remarks>
/// <typeparam name="TBytes">64 bytes: sixteen times four elements, sixteen times two 16-bit sums, or sixteen 32-bit totals.</typeparam>
internal unsafe interface IByteLanes<TBytes>
    where TBytes : unmanaged
{
    /// <summary>Whether <typeparamref name="TBytes"/> is one register out of 32, so that a tile of 6 rows by 32 columns fits.</summary>
    static abstract bool Wide { get; }

    /// <summary>64 bytes at any address.</summary>
    static abstract TBytes Load(byte* at);

    /// <summary>Four elements of a row, the same for every column.</summary>
    static abstract TBytes Broadcast(byte* at);

    /// <summary>Sums of two products each, 16-bit: unsigned elements of a row times signed ones of columns. They saturate.</summary>
    static abstract TBytes Multiply(TBytes row, TBytes columns);

    /// <summary>16-bit sums, modulo 2^16.</summary>
    static abstract TBytes Add(TBytes x, TBytes y);

    /// <summary>32-bit totals plus both 16-bit sums of each column.</summary>
    static abstract TBytes AddPairs(TBytes totals, TBytes sums);

    /// <summary>Writes total * rowScale * columnScales + share * offsets in float32, sixteen values.</summary>
    static abstract void Store(TBytes totals, float rowScale, float* columnScales, float share, float* offsets, float* to);
}
