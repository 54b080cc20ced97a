using Engine.Kernels;

namespace Engine.Native.Files;

/// <summary>How a file stores one element, before conversion to one of the kernels' types.</summary>
internal enum StoredElement
{
    /// <summary>IEEE 754 binary32.</summary>
    Float32,

    /// <summary>IEEE 754 binary16.</summary>
    Float16,

    /// <summary>The upper half of a binary32.</summary>
    BFloat16,

    /// <summary>Signed 8-bit integer.</summary>
    Int8,

    /// <summary>Unsigned 8-bit integer; becomes float32 times the scale.</summary>
    UInt8,

    /// <summary>IEEE 754 binary64; becomes float32, rounded to nearest even.</summary>
    Float64,
}

/// <summary>Facts about <see cref="StoredElement"/> values.</summary>
internal static class StoredElements
{
    /// <summary>Bytes one element takes in the file.</summary>
    public static int SizeInBytes(this StoredElement stored) => stored switch
    {
        StoredElement.Float64 => 8,
        StoredElement.Float32 => 4,
        StoredElement.Float16 or StoredElement.BFloat16 => 2,
        _ => 1,
    };

    /// <summary>The type the kernels see.</summary>
    public static ElementType Converted(this StoredElement stored) => stored switch
    {
        StoredElement.Float16 => ElementType.Float16,
        StoredElement.BFloat16 => ElementType.BFloat16,
        StoredElement.Int8 => ElementType.Int8,
        _ => ElementType.Float32,
    };

    /// <summary>Whether the kernels can read it where it lies, given little-endian rows.</summary>
    public static bool IsKernelType(this StoredElement stored) => stored is not (StoredElement.UInt8 or StoredElement.Float64);

    /// <summary>The type's name in messages.</summary>
    public static string Name(this StoredElement stored) => stored switch
    {
        StoredElement.Float64 => "f64",
        StoredElement.UInt8 => "u8",
        _ => stored.Converted().PlanName(),
    };
}
