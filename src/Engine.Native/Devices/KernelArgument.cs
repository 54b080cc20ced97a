namespace Engine.Native.Devices;

/// <summary>One argument of a kernel: a buffer, or a number of 4 or 8 bytes.</summary>
internal readonly struct KernelArgument
{
    private KernelArgument(DeviceBuffer? buffer, long bits, int bytes) => (Buffer, Bits, Bytes) = (buffer, bits, bytes);

    /// <summary>The buffer, or null for a number.</summary>
    public DeviceBuffer? Buffer { get; }

    /// <summary>The number's bits, in the lowest <see cref="Bytes"/>.</summary>
    public long Bits { get; }

    /// <summary>The number's size; 0 for a buffer.</summary>
    public int Bytes { get; }

    /// <summary>A buffer, which must outlive the launch.</summary>
    public static implicit operator KernelArgument(DeviceBuffer buffer) => new(buffer, 0, 0);

    /// <summary>A 32-bit integer.</summary>
    public static implicit operator KernelArgument(int value) => new(null, value, sizeof(int));

    /// <summary>A 64-bit integer.</summary>
    public static implicit operator KernelArgument(long value) => new(null, value, sizeof(long));

    /// <summary>A float32.</summary>
    public static implicit operator KernelArgument(float value) => new(null, BitConverter.SingleToInt32Bits(value), sizeof(float));

    /// <summary>A float64.</summary>
    public static implicit operator KernelArgument(double value) => new(null, BitConverter.DoubleToInt64Bits(value), sizeof(double));
}
