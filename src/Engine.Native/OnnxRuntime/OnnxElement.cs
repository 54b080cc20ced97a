using Engine.Kernels;

namespace Engine.Native.OnnxRuntime;

/// <summary>How a tensor stores an element: TensorProto.DataType, and ONNXTensorElementDataType with the same numbers.</summary>
internal enum OnnxElement
{
    Undefined,
    Float,
    UInt8,
    Int8,
    UInt16,
    Int16,
    Int32,
    Int64,
    String,
    Bool,
    Float16,
    Double,
    UInt32,
    UInt64,
    Complex64,
    Complex128,
    BFloat16,
}

/// <summary>Facts about <see cref="OnnxElement"/> values.</summary>
internal static class OnnxElements
{
    /// <summary>Bytes an element takes; 0 where it has no fixed size or is not known.</summary>
    public static int SizeInBytes(this OnnxElement element) => element switch
    {
        OnnxElement.UInt8 or OnnxElement.Int8 or OnnxElement.Bool => 1,
        OnnxElement.UInt16 or OnnxElement.Int16 or OnnxElement.Float16 or OnnxElement.BFloat16 => 2,
        OnnxElement.Float or OnnxElement.Int32 or OnnxElement.UInt32 => 4,
        OnnxElement.Double or OnnxElement.Int64 or OnnxElement.UInt64 or OnnxElement.Complex64 => 8,
        OnnxElement.Complex128 => 16,
        _ => 0,
    };

    /// <summary>The same type in a matrix, or null where kernels do not read it.</summary>
    public static ElementType? ToElementType(this OnnxElement element) => element switch
    {
        OnnxElement.Float => ElementType.Float32,
        OnnxElement.Float16 => ElementType.Float16,
        OnnxElement.BFloat16 => ElementType.BFloat16,
        _ => null,
    };

    /// <summary>The type in messages: <c>f32</c>, <c>bf16</c>, <c>int64</c>, or <c>type 17</c> where it is newer than this list.</summary>
    public static string Word(this OnnxElement element) => element switch
    {
        OnnxElement.Float => "f32",
        OnnxElement.Float16 => "f16",
        OnnxElement.BFloat16 => "bf16",
        OnnxElement.Double => "f64",
        > OnnxElement.Undefined and < OnnxElement.BFloat16 => element.ToString().ToLowerInvariant(),
        _ => FormattableString.Invariant($"type {(int)element}"),
    };

    /// <summary>The type of .NET values.</summary>
    /// <exception cref="NotSupportedException">No tensor has values of this type.</exception>
    public static OnnxElement Of<T>()
        where T : unmanaged => default(T) switch
        {
            float => OnnxElement.Float,
            Half => OnnxElement.Float16,
            double => OnnxElement.Double,
            long => OnnxElement.Int64,
            int => OnnxElement.Int32,
            short => OnnxElement.Int16,
            sbyte => OnnxElement.Int8,
            ulong => OnnxElement.UInt64,
            uint => OnnxElement.UInt32,
            ushort => OnnxElement.UInt16,
            byte => OnnxElement.UInt8,
            bool => OnnxElement.Bool,
            _ => throw new NotSupportedException($"No tensor has values of type {typeof(T).Name}."),
        };
}

/// <summary>An input or output of a model as the model declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Element">How it stores an element; <see cref="OnnxElement.Undefined"/> for what is no tensor.</param>
/// <param name="Shape">Elements along each axis; null where the model leaves the number of axes open.</param>
internal sealed record OnnxValueInfo(string Name, OnnxElement Element, IReadOnlyList<OnnxDimension>? Shape)
{
    /// <summary>Such as <c>last_hidden_state f32 [batch, sequence, 768]</c>.</summary>
    public override string ToString() => $"{Name} {(Element == OnnxElement.Undefined ? "(no tensor)" : Element.Word())}{(Shape is null ? "" : $" [{string.Join(", ", Shape)}]")}";
}

/// <summary>Elements along one axis.</summary>
/// <param name="Size">The number, or -1 when it depends on the input.</param>
/// <param name="Symbol">What the model calls such a number, or an empty text.</param>
internal readonly record struct OnnxDimension(long Size, string Symbol = "")
{
    /// <summary>The number, its symbol, or a question mark.</summary>
    public override string ToString() => Size >= 0 ? FormattableString.Invariant($"{Size}") : Symbol.Length > 0 ? Symbol : "?";
}
