using System.Runtime.InteropServices;

namespace Engine.Native.OnnxRuntime;

/// <summary>Reads what the library says of types and shapes.</summary>
internal static unsafe class OnnxShapes
{
    /// <summary>An OrtTensorTypeAndShapeInfo's element type.</summary>
    public static OnnxElement Element(OrtNative native, nint info)
    {
        int element;
        native.Check(native.GetTensorElementType(info, &element));
        return (OnnxElement)element;
    }

    /// <summary>Its elements along each axis; -1 where that depends on the input.</summary>
    public static long[] Sizes(OrtNative native, nint info)
    {
        nuint axes;
        native.Check(native.GetDimensionsCount(info, &axes));
        long[] sizes = new long[checked((int)axes)];

        // The library fills as many numbers as it has just said.
        fixed (long* at = sizes) native.Check(native.GetDimensions(info, at, axes));
        return sizes;
    }

    /// <summary>An input or output as an OrtTypeInfo, released here, describes it.</summary>
    public static OnnxValueInfo Describe(OrtNative native, string name, nint type)
    {
        try
        {
            int kind;
            native.Check(native.GetOnnxTypeFromTypeInfo(type, &kind));
            if (kind != OrtNative.ONNX_TYPE_TENSOR) return new OnnxValueInfo(name, OnnxElement.Undefined, null);

            // A part of the type, which lives as long as that.
            nint info;
            native.Check(native.CastTypeInfoToTensorInfo(type, &info));
            long[] sizes = Sizes(native, info);
            byte*[] symbols = new byte*[sizes.Length];
            fixed (byte** at = symbols) native.Check(native.GetSymbolicDimensions(info, at, (nuint)symbols.Length));
            var shape = new OnnxDimension[sizes.Length];
            for (int i = 0; i < shape.Length; i++) shape[i] = new OnnxDimension(sizes[i], Marshal.PtrToStringUTF8((nint)symbols[i]) ?? "");
            return new OnnxValueInfo(name, Element(native, info), shape);
        }
        finally
        {
            native.ReleaseTypeInfo(type);
        }
    }
}
