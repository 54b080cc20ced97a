using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Queries or centroids quantised to 8 bits, less their share of a common centre, and how far a dot product with them may lie from the estimate.</summary>
/// <remarks>
/// They are at most 1 long. Let c be the centre, a unit vector about their mean. A query p is s c + b k + e: its share s = p.c/|c|², whole numbers k times its scale b, and
/// what is lost, e. A row x is t c + a i + f likewise, with |i| at most <see cref="RowLimit"/>. Then, in exact arithmetic,
///   x.p = t (c.p) + s (x.c - t|c|²) + a b (i.k) + a i.e + f.(p - s c).
/// The first and third term are the estimate; the second is nothing but the rounding of t; the last two are bounded by |a i||e| + |f||p - s c| (Cauchy-Schwarz).
/// Vectors with much in common lose less this way, because what is quantised is shorter, and those without lose nothing.
///
/// i.k is exact. A row's bytes are i plus <see cref="RowLimit"/>, unsigned, as the instruction wants it; sums begin with what that adds, taken away. Two products meet
/// in 16 bits that saturate and eight in 16 bits that wrap around: with |i| up to 90 neither happens while any two neighbours of k that meet have a sum of
/// absolute values up to 182 (2 * 90 * 182 = 32760), and any eight one of 364 (90 * 364 = 32760). Scales are chosen so.
/// </remarks>
internal sealed unsafe class ByteColumns : IDisposable
{
    /// <summary>The largest magnitude of a row's elements.</summary>
    public const int RowLimit = 90;

    /// <summary>Steps of four elements until 16-bit sums are added to 32-bit totals.</summary>
    public const int StepsPerSum = 4;

    /// <summary>With fewer columns or elements, quantising a row costs about as much as it saves.</summary>
    private const int Fewest = 64;

    private const int Lanes = PackedColumns.PanelColumns;
    private const int Line = 4 * Lanes;
    private const int SumBytes = (StepsPerSum + 1) * Line;
    private const int SumElements = 4 * StepsPerSum;
    private const int ElementLimit = 127;
    private const int PairLimit = short.MaxValue / (2 * RowLimit);
    private const int SumLimit = short.MaxValue / RowLimit;

    /// <summary>More than the float64 arithmetic of this class can be off by, relatively.</summary>
    private const double Slack = 1 + 1e-9;

    private readonly NativeBuffer<byte> _panels;
    private readonly NativeBuffer<float> _facts;
    private readonly NativeBuffer<float> _centre;

    /// <summary>Quantises columns.</summary>
    /// <param name="columns">Vectors at most 1 long, rounded to float32.</param>
    public ByteColumns(PackedColumns columns)
    {
        (Panels, Width, Sums) = (columns.Panels, columns.Width, (columns.Dim + SumElements - 1) / SumElements);
        _panels = new NativeBuffer<byte>(checked((long)Panels * Sums * SumBytes));
        _facts = new NativeBuffer<float>(2L * Width);
        _centre = new NativeBuffer<float>((long)Sums * SumElements);
        double[] vector = new double[Sums * SumElements];
        int[] elements = new int[vector.Length];
        SetCentre(columns, vector);
        for (int q = 0; q < columns.Columns; q++)
        {
            Get(columns, q, vector);
            double along = 0;
            for (int j = 0; j < columns.Dim; j++) along += vector[j] * Centre[j];
            Offsets[q] = (float)along;
            double share = along * InverseSquare, rest = 0;
            for (int j = 0; j < columns.Dim; j++)
            {
                vector[j] -= share * Centre[j];
                rest += vector[j] * vector[j];
            }

            float scale = Scale(vector, elements);
            double lost = 0;
            for (int j = 0; j < columns.Dim; j++)
            {
                double e = vector[j] - (scale * (double)elements[j]);
                lost += e * e;
            }

            Scales[q] = scale;
            LongestRest = Math.Max(LongestRest, Math.Sqrt(rest) * Slack);
            LongestLoss = Math.Max(LongestLoss, (Math.Sqrt(lost) * Slack) + 1e-12);
            Put(q, elements);
        }
    }

    /// <summary>Whether estimating so many columns of so many elements can be faster than the float32 product.</summary>
    public static bool Pay(int columns, int dim) => columns >= Fewest && dim >= Fewest;

    /// <summary>Panels of 16 columns.</summary>
    public int Panels { get; }

    /// <summary>Columns with the padding.</summary>
    public int Width { get; }

    /// <summary>16-bit sums in a product: the elements, padded with zeros, in groups of sixteen.</summary>
    public int Sums { get; }

    /// <summary>[Width], each column's b.</summary>
    public float* Scales => _facts.Pointer;

    /// <summary>[Width], each column's c.p.</summary>
    public float* Offsets => _facts.Pointer + Width;

    /// <summary>c, padded with zeros; all zero where the columns add up to nothing.</summary>
    public float* Centre => _centre.Pointer;

    /// <summary>1 / |c|², or 0 where c is zero.</summary>
    public double InverseSquare { get; private set; }

    /// <summary>At least |p - s c| for every column.</summary>
    public double LongestRest { get; }

    /// <summary>At least |e| for every column.</summary>
    public double LongestLoss { get; }

    /// <summary>A panel's first byte: for every sum a line of beginnings, then its steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Panel(int panel) => _panels.Pointer + ((nint)panel * Sums * SumBytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        _panels.Dispose();
        _facts.Dispose();
        _centre.Dispose();
    }

    private static void Get(PackedColumns columns, int column, double[] vector)
    {
        float* from = columns.Panel(column / Lanes) + (column % Lanes);
        for (int j = 0; j < columns.Dim; j++) vector[j] = from[(nint)j * Lanes];
    }

    private void SetCentre(PackedColumns columns, double[] vector)
    {
        double[] sum = new double[vector.Length];
        for (int q = 0; q < columns.Columns; q++)
        {
            Get(columns, q, vector);
            for (int j = 0; j < columns.Dim; j++) sum[j] += vector[j];
        }

        double norm = 0, square = 0;
        foreach (double v in sum) norm += v * v;
        norm = Math.Sqrt(norm);
        if (!(norm > 1e-6)) return;
        for (int j = 0; j < columns.Dim; j++)
        {
            Centre[j] = (float)(sum[j] / norm);
            square += Centre[j] * (double)Centre[j];
        }

        InverseSquare = 1 / square;
    }

    /// <summary>Rounds a vector to multiples of the least scale, about, that keeps its sums within the limits.</summary>
    private static float Scale(double[] vector, int[] elements)
    {
        (double largest, double pair, double sum) = Sizes(j => Math.Abs(vector[j]), vector.Length);
        double scale = Math.Max(largest / ElementLimit, Math.Max(pair / PairLimit, sum / SumLimit));

        // A query that is the centre has nothing left to quantise.
        scale = Math.Max(scale, 1e-12);
        while (true)
        {
            float rounded = (float)scale;
            for (int j = 0; j < vector.Length; j++) elements[j] = (int)Math.Round(vector[j] / rounded, MidpointRounding.ToEven);
            (largest, pair, sum) = Sizes(j => Math.Abs(elements[j]), vector.Length);
            if (largest <= ElementLimit && pair <= PairLimit && sum <= SumLimit) return rounded;
            scale *= 1 + (1.0 / 256);
        }
    }

    /// <summary>The largest magnitude of an element, of two that meet in one product, and of those that meet in one 16-bit sum.</summary>
    private static (double Largest, double Pair, double Sum) Sizes(Func<int, double> magnitude, int length)
    {
        double largest = 0, pair = 0, sum = 0;
        for (int from = 0; from < length; from += SumElements)
        {
            for (int half = 0; half < 4; half += 2)
            {
                double meet = 0;
                for (int step = 0; step < SumElements; step += 4)
                {
                    double first = magnitude(from + step + half), second = magnitude(from + step + half + 1);
                    largest = Math.Max(largest, Math.Max(first, second));
                    pair = Math.Max(pair, first + second);
                    meet += first + second;
                }

                sum = Math.Max(sum, meet);
            }
        }

        return (largest, pair, sum);
    }

    private void Put(int column, int[] elements)
    {
        byte* to = Panel(column / Lanes) + (4 * (column % Lanes));
        for (int from = 0; from < elements.Length; from += SumElements, to += SumBytes)
        {
            int low = 0, high = 0;
            for (int j = 0; j < SumElements; j += 4)
            {
                sbyte* four = (sbyte*)to + Line + (j / 4 * Line);
                for (int i = 0; i < 4; i++) four[i] = checked((sbyte)elements[from + j + i]);
                low += elements[from + j] + elements[from + j + 1];
                high += elements[from + j + 2] + elements[from + j + 3];
            }

            // Modulo 2^16, as the sums are.
            short* beginnings = (short*)to;
            beginnings[0] = unchecked((short)(-RowLimit * low));
            beginnings[1] = unchecked((short)(-RowLimit * high));
        }
    }
}
