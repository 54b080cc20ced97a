namespace Engine.Kernels;

/// <summary>How one matrix element is stored. Arithmetic never happens in the stored type: kernels widen on load.</summary>
public enum ElementType
{
    /// <summary>IEEE 754 binary32, 4 bytes.</summary>
    Float32,

    /// <summary>IEEE 754 binary16, 2 bytes.</summary>
    Float16,

    /// <summary>The upper half of a binary32, 2 bytes.</summary>
    BFloat16,

    /// <summary>Signed 8-bit integer, 1 byte, multiplied by the matrix's scale.</summary>
    Int8,
}

/// <summary>Facts about <see cref="ElementType"/> values.</summary>
public static class ElementTypes
{
    /// <summary>Bytes one element takes.</summary>
    public static int SizeInBytes(this ElementType element) => element switch
    {
        ElementType.Float32 => 4,
        ElementType.Float16 or ElementType.BFloat16 => 2,
        _ => 1,
    };

    /// <summary>The plan language's name of the type: <c>f32</c>, <c>f16</c>, <c>bf16</c> or <c>i8</c>.</summary>
    public static string PlanName(this ElementType element) => element switch
    {
        ElementType.Float32 => "f32",
        ElementType.Float16 => "f16",
        ElementType.BFloat16 => "bf16",
        _ => "i8",
    };
}
