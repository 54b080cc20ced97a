using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>What rows and columns are quantised around, so that both are for the same product: a unit vector about the columns' mean, or nothing.</summary>
internal sealed class ByteCentre
{
    /// <summary>Elements are padded with zeros to whole groups of so many.</summary>
    public const int Group = 16;

    /// <summary>Finds the unit vector.</summary>
    /// <param name="sum">What the columns add up to, about, divided by <paramref name="unit"/>; padded with zeros to whole groups.</param>
    /// <param name="unit">The length that columns are divided by, so that they are at most 1 long.</param>
    /// <param name="product">What will multiply rows with columns.</param>
    public ByteCentre(ReadOnlySpan<double> sum, double unit, ByteProduct product)
    {
        (Unit, Product, Elements, Values) = (unit, product, new double[sum.Length], new float[sum.Length]);
        double norm = Math.Sqrt(Dot(sum, sum));
        if (!(norm > 1e-6)) return;
        for (int j = 0; j < sum.Length; j++) Elements[j] = Values[j] = (float)(sum[j] / norm);
        InverseSquare = 1 / Dot(Elements, Elements);
    }

    /// <summary>The length that columns are divided by.</summary>
    public double Unit { get; }

    /// <summary>What multiplies rows with columns.</summary>
    public ByteProduct Product { get; }

    /// <summary>Elements with the padding.</summary>
    public int Padded => Values.Length;

    /// <summary>c, padded with zeros; all zero where the columns add up to nothing.</summary>
    public float[] Values { get; }

    /// <summary>The same in float64.</summary>
    public double[] Elements { get; }

    /// <summary>1 / |c|², or 0 where c is zero.</summary>
    public double InverseSquare { get; }

    /// <summary>So many elements in whole groups.</summary>
    public static int PaddedDim(int dim) => checked(dim + Group - 1) / Group * Group;

    /// <summary>The dot product of two padded vectors, about.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector<double> even = default, odd = default;
        int lanes = Vector<double>.Count;
        for (int j = 0; j < a.Length; j += 2 * lanes)
        {
            even += new Vector<double>(a[j..]) * new Vector<double>(b[j..]);
            odd += new Vector<double>(a[(j + lanes)..]) * new Vector<double>(b[(j + lanes)..]);
        }

        return Vector.Sum(even + odd);
    }

    /// <summary>from -= times * what.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(Span<double> from, double times, ReadOnlySpan<double> what)
    {
        for (int j = 0; j < from.Length; j += Vector<double>.Count)
            (new Vector<double>(from[j..]) - (times * new Vector<double>(what[j..]))).CopyTo(from[j..]);
    }
}
