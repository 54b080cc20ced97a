namespace Engine.Steps.Onnx;

/// <summary>How long a record is made by padding: a function of its own tokens alone, so that no other record can change a bit of its result.</summary>
/// <remarks>
/// Kernels of a matrix library may choose another order of summation for another shape. Two things keep the shapes of a record's own products the same
/// in any batch: the padded length depends on the record alone, and it is at least <see cref="Least"/>, because a product with one row is
/// commonly computed by other code than one with several.
/// </remarks>
internal static class PaddedLength
{
    /// <summary>The shortest.</summary>
    public const int Least = 8;

    /// <summary>Tokens up to the next multiple of 8 (up to 128), 16 (up to 256), 32 (up to 512), and so on: at most an eighth more above 64.</summary>
    /// <param name="tokens">Tokens of the record, at least 1.</param>
    /// <param name="most">Tokens the model can take; nothing is padded beyond that.</param>
    public static int Of(int tokens, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        int multiple = Least;
        while (tokens > 16 * multiple) multiple = checked(2 * multiple);
        int padded = checked(tokens + multiple - 1) / multiple * multiple;
        return padded <= most ? padded : Math.Max(tokens, most);
    }
}
