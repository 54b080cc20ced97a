using System.Numerics;
using System.Runtime.CompilerServices;

namespace Engine.Kernels.Cpu;

/// <summary>Queries or centroids quantised to 8 bits, less their share of a common centre, and how far a dot product with them may lie from the estimate.</summary>
/// <remarks>
/// They are at most 1 long. Let c be the centre, a unit vector about their mean. A query p is s c + b k + e: its share s = p.c/|c|², whole numbers k times its scale b, and
/// what is lost, e. A row x is t c + a i + f likewise, with |i| at most <see cref="ByteProduct.RowLimit"/>. Then, in exact arithmetic,
///   x.p = t (c.p) + s (x.c - t|c|²) + a b (i.k) + a i.e + f.(p - s c).
/// The first and third term are the estimate; the second is nothing but the rounding of t; the last two are bounded by |a i||e| + |f||p - s c| (Cauchy-Schwarz).
/// Vectors with much in common lose less this way, because what is quantised is shorter, and those without lose nothing.
///
/// i.k is exact. A row's bytes are i plus <see cref="ByteProduct.RowLimit"/>, unsigned, as the instructions want it; sums begin with what that adds, taken away. Sums in 32 bits
/// have room for <see cref="MostElements"/>. Where a product adds in 16 bits first, two products meet in 16 bits that saturate and eight in 16 bits that wrap around:
/// with |i| up to 90 neither happens while any two neighbours of k that meet have a sum of absolute values up to 182 (2 * 90 * 182 = 32760), and any eight one of
/// 364 (90 * 364 = 32760). Scales are chosen so.
/// </remarks>
internal sealed unsafe class ByteColumns : IDisposable
{
    /// <summary>With fewer columns or elements, quantising a row costs about as much as it saves.</summary>
    private const int Fewest = 64;

    /// <summary>So many products of a byte up to 255 with one of magnitude 127 fit in 32 bits.</summary>
    private const int MostElements = 1 << 16;

    private const int Lanes = PackedColumns.PanelColumns;
    private const int Line = 4 * Lanes;
    private const int Step = 4;

    private const int Group = ByteCentre.Group;

    private const int ElementLimit = 127;

    /// <summary>More than the float64 arithmetic of this class can be off by, relatively.</summary>
    private const double Slack = 1 + 1e-9;

    private readonly NativeBuffer<byte> _panels;
    private readonly NativeBuffer<float> _facts;
    private readonly double[] _elements;
    private readonly double _pairLimit = double.PositiveInfinity;
    private readonly double _sumLimit = double.PositiveInfinity;

    /// <summary>Room for columns, zero until <see cref="Set"/>.</summary>
    /// <param name="columns">Columns.</param>
    /// <param name="centre">What they are quantised around.</param>
    public ByteColumns(int columns, ByteCentre centre)
    {
        ByteProduct product = centre.Product;
        Centre = centre;
        Panels = (columns + Lanes - 1) / Lanes;
        Steps = centre.Padded / Step;
        Sums = Steps / Math.Min(product.StepsPerSum, Steps);
        if (product.StepsPerSum < int.MaxValue) (_pairLimit, _sumLimit) = (short.MaxValue / (2 * product.RowLimit), short.MaxValue / product.RowLimit);
        _panels = new NativeBuffer<byte>(checked((long)Panels * PanelBytes));
        _facts = new NativeBuffer<float>(2L * Width);
        _elements = new double[centre.Padded];
    }

    /// <summary>Quantises packed columns around their own mean.</summary>
    /// <param name="columns">Vectors at most 1 long, rounded to float32.</param>
    /// <param name="product">What will multiply them with rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ByteColumns Of(PackedColumns columns, ByteProduct product)
    {
        int padded = ByteCentre.PaddedDim(columns.Dim);
        double[] panel = new double[Lanes * padded], sum = new double[padded];
        for (int p = 0; p < columns.Panels; p++)
        {
            Get(columns, p, panel);
            for (int c = 0; c < Lanes; c++) ByteCentre.Subtract(sum, -1, panel.AsSpan(c * padded, padded));
        }

        ByteColumns bytes = new(columns.Columns, new ByteCentre(sum, 1, product));
        for (int q = 0; q < columns.Columns; q++)
        {
            if (q % Lanes == 0) Get(columns, q / Lanes, panel);
            bytes.Set(q, panel.AsSpan(q % Lanes * padded, padded));
        }

        return bytes;
    }

    /// <summary>Whether estimating so many columns of so many elements can be faster than the float32 product.</summary>
    public static bool Pay(int columns, int dim) => columns >= Fewest && dim is >= Fewest and <= MostElements;

    /// <summary>What rows and columns are quantised around.</summary>
    public ByteCentre Centre { get; }

    /// <summary>Panels of 16 columns.</summary>
    public int Panels { get; }

    /// <summary>Columns with the padding.</summary>
    public int Width => Panels * Lanes;

    /// <summary>Steps of four elements in a product, the last ones padded with zeros.</summary>
    public int Steps { get; }

    /// <summary>Sums in a product.</summary>
    public int Sums { get; }

    private nint PanelBytes => (nint)(Steps + Sums) * Line;

    /// <summary>[Width], each column's b.</summary>
    public float* Scales => _facts.Pointer;

    /// <summary>[Width], each column's c.p.</summary>
    public float* Offsets => _facts.Pointer + Width;

    /// <summary>At least |p - s c| for every column.</summary>
    public double LongestRest { get; private set; }

    /// <summary>At least |e| for every column.</summary>
    public double LongestLoss { get; private set; }

    /// <summary>Quantises a column.</summary>
    /// <param name="column">Which.</param>
    /// <param name="vector">At most 1 long, padded with zeros to whole groups of 16; what quantising it loses is left there.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Set(int column, Span<double> vector)
    {
        double along = ByteCentre.Dot(vector, Centre.Elements);
        Offsets[column] = (float)along;
        ByteCentre.Subtract(vector, along * Centre.InverseSquare, Centre.Elements);
        LongestRest = Math.Max(LongestRest, Math.Sqrt(ByteCentre.Dot(vector, vector)) * Slack);
        Scales[column] = Quantize(vector, _elements);
        Put(column, _elements);
        ByteCentre.Subtract(vector, Scales[column], _elements);
        LongestLoss = Math.Max(LongestLoss, (Math.Sqrt(ByteCentre.Dot(vector, vector)) * Slack) + 1e-12);
    }

    /// <summary>Lets all columns go.</summary>
    public void Clear() => LongestRest = LongestLoss = 0;

    /// <summary>A panel's first byte: for every sum a line of beginnings, then its steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Panel(int panel) => _panels.Pointer + (panel * PanelBytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        _panels.Dispose();
        _facts.Dispose();
    }

    /// <summary>A panel's columns, one after another, each padded with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Get(PackedColumns columns, int panel, double[] vectors)
    {
        int padded = vectors.Length / Lanes;
        float* from = columns.Panel(panel);
        for (int first = 0, end; first < columns.Dim; first = end)
        {
            // What is read, and each line that is written, stays in the nearest cache.
            end = Math.Min(first + Group, columns.Dim);
            for (int c = 0; c < Lanes; c++)
                for (int j = first; j < end; j++) vectors[(c * padded) + j] = from[((nint)j * Lanes) + c];
        }
    }

    /// <summary>Rounds a vector to multiples of the least scale, about, that keeps its sums within the limits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Quantize(ReadOnlySpan<double> vector, Span<double> elements)
    {
        vector.CopyTo(elements);
        (double largest, double pair, double sum) = Sizes(elements);
        double scale = Math.Max(largest / ElementLimit, Math.Max(pair / _pairLimit, sum / _sumLimit));

        // A query that is the centre has nothing left to quantise.
        scale = Math.Max(scale, 1e-12);
        while (true)
        {
            float rounded = (float)scale;
            Vector<double> by = new(rounded);
            for (int j = 0; j < vector.Length; j += Vector<double>.Count) Vector.Round(new Vector<double>(vector[j..]) / by).CopyTo(elements[j..]);
            (largest, pair, sum) = Sizes(elements);
            if (largest <= ElementLimit && pair <= _pairLimit && sum <= _sumLimit) return rounded;
            scale *= 1 + (1.0 / 256);
        }
    }

    /// <summary>The largest magnitude of an element; and, where sums are of 16 bits, of two that meet in one product and of those that meet in one sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (double Largest, double Pair, double Sum) Sizes(ReadOnlySpan<double> vector)
    {
        Vector<double> most = default;
        for (int j = 0; j < vector.Length; j += Vector<double>.Count) most = Vector.Max(most, Vector.Abs(new Vector<double>(vector[j..])));
        double largest = 0, pair = 0, sum = 0;
        for (int i = 0; i < Vector<double>.Count; i++) largest = Math.Max(largest, most[i]);
        for (; double.IsFinite(_sumLimit) && vector.Length > 0; vector = vector[Group..])
        {
            double low = 0, high = 0;
            for (int step = 0; step < Group; step += Step)
            {
                double left = Math.Abs(vector[step]) + Math.Abs(vector[step + 1]), right = Math.Abs(vector[step + 2]) + Math.Abs(vector[step + 3]);
                pair = Math.Max(pair, Math.Max(left, right));
                low += left;
                high += right;
            }

            sum = Math.Max(sum, Math.Max(low, high));
        }

        return (largest, pair, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Put(int column, ReadOnlySpan<double> elements)
    {
        int rowLimit = Centre.Product.RowLimit;
        byte* to = Panel(column / Lanes) + (Step * (column % Lanes));
        for (int from = 0; from < elements.Length;)
        {
            byte* beginnings = to;
            int low = 0, high = 0;
            for (int step = 0; step < Steps / Sums; step++, from += Step)
            {
                // Quantize saw to it that they fit.
                sbyte* four = (sbyte*)(to += Line);
                for (int i = 0; i < Step; i++) four[i] = (sbyte)(int)elements[from + i];
                low += four[0] + four[1];
                high += four[2] + four[3];
            }

            to += Line;
            if (Centre.Product.StepsPerSum < int.MaxValue)
            {
                // Modulo 2^16, as the sums are.
                ((short*)beginnings)[0] = unchecked((short)(-rowLimit * low));
                ((short*)beginnings)[1] = unchecked((short)(-rowLimit * high));
            }
            else
            {
                *(int*)beginnings = -rowLimit * (low + high);
            }
        }
    }
}
