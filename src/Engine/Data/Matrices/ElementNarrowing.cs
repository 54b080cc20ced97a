using System.Buffers.Binary;
using Engine.Kernels;

namespace Engine.Data.Matrices;

/// <summary>Float32 values on their way into a smaller element type, rounded to nearest, ties to even.</summary>
internal static class ElementNarrowing
{
    /// <summary>Narrows values until one does not fit.</summary>
    /// <param name="values">The values.</param>
    /// <param name="element">The type wanted.</param>
    /// <param name="bytes">Destination, little-endian, <c>values.Length</c> elements.</param>
    /// <returns>The index of the first value that is not finite, becomes infinite by rounding, or (for 8-bit integers) is no whole number from -128 to 127; -1 when all fit.</returns>
    public static int Narrow(ReadOnlySpan<float> values, ElementType element, Span<byte> bytes)
    {
        for (int i = 0; i < values.Length; i++)
        {
            float value = values[i];
            bool fits = float.IsFinite(value);
            switch (element)
            {
                case ElementType.Float32:
                    BinaryPrimitives.WriteSingleLittleEndian(bytes[(4 * i)..], value);
                    break;
                case ElementType.Float16:
                    Half half = (Half)value;
                    fits &= Half.IsFinite(half);
                    BinaryPrimitives.WriteHalfLittleEndian(bytes[(2 * i)..], half);
                    break;
                case ElementType.BFloat16:
                    ushort upper = ToBFloat16(value);
                    fits &= (upper & 0x7f80) != 0x7f80;
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * i)..], upper);
                    break;
                default:
                    fits = value is >= sbyte.MinValue and <= sbyte.MaxValue && value == MathF.Truncate(value);
                    bytes[i] = fits ? unchecked((byte)(sbyte)value) : (byte)0;
                    break;
            }

            if (!fits) return i;
        }

        return -1;
    }

    // Adding half of the last place that stays, less one when that place is even, carries exactly when the value rounds up.
    private static ushort ToBFloat16(float finite)
    {
        uint bits = BitConverter.SingleToUInt32Bits(finite);
        return (ushort)(unchecked(bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }
}
