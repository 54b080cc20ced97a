namespace Engine.Native.Devices;

/// <summary>Rows of a matrix on a device, packed one behind the other.</summary>
/// <param name="Data">Where they are.</param>
/// <param name="First">The row of the buffer that the block begins with.</param>
/// <param name="FirstRow">The row of the matrix that this is.</param>
/// <param name="Rows">How many there are.</param>
/// <param name="Scale">What an 8-bit element is multiplied by; 1 for every other type.</param>
internal readonly record struct DeviceBlock(DeviceBuffer Data, long First, long FirstRow, int Rows, float Scale)
{
    /// <summary>A part of the block.</summary>
    /// <param name="at">Its first row, counted from the block's.</param>
    /// <param name="rows">Its rows.</param>
    public DeviceBlock Part(int at, int rows) => this with { First = First + at, FirstRow = FirstRow + at, Rows = rows };
}
