using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Native.Devices;

/// <summary>The columns of a tile product on a device (centroids, centres or queries), in the form that the matrix's rows are multiplied with, and how far products may be off.</summary>
/// <remarks>
/// Float32 rows, and all rows on a device without tensor cores, meet float32 columns. Rows of 16 bits meet columns c = unit (high + low) + rest, high and low of the
/// same 16 bits, unit a power of two: the product's error then has a part |x| |rest| (Cauchy-Schwarz), and what the tensor core loses (kernels/tile_mma.h).
/// </remarks>
internal sealed class DeviceColumns
{
    private const int Slab = 256;
    private const int MmaSlabRoundings = 2 * 17 * 32;

    private readonly DeviceQueue _work;
    private readonly ElementType _element;
    private readonly int _dim;
    private readonly bool _split;
    private double _lost;

    /// <summary>Room for so many columns.</summary>
    /// <param name="scratch">The buffers of the pass.</param>
    /// <param name="rows">The matrix that they will be multiplied with.</param>
    /// <param name="room">Columns at most.</param>
    public DeviceColumns(DeviceScratch scratch, RowSource rows, int room)
    {
        (_work, _element, _dim) = (scratch.Device.Work, rows.Element, rows.Dim);
        _split = scratch.Device.HasTensorCores && (rows.Element is ElementType.Float16 or ElementType.BFloat16);
        File = _split ? "tile_mma" : "tile";
        Low = _split ? (long)room * _dim : 0;
        Buffer = _split ? scratch.Room<ushort>(2 * Low) : scratch.Room<float>((long)room * _dim);
        int slabs = (_dim + Slab - 1) / Slab;
        Roundings = (_split ? MmaSlabRoundings : Math.Min(_dim, Slab)) + slabs + 1;
    }

    /// <summary>The source whose kernels take them.</summary>
    public string File { get; }

    /// <summary>The values, or the high parts and behind them the low ones.</summary>
    public DeviceBuffer Buffer { get; }

    /// <summary>The element at which low parts begin.</summary>
    public long Low { get; }

    /// <summary>What parts are multiplied by.</summary>
    public float Unit { get; private set; } = 1;

    /// <summary>The most float32 roundings that a term of a product can go through.</summary>
    public int Roundings { get; }

    /// <summary>At least the length of what the parts leave out of any column.</summary>
    public double Lost => _lost * (1 + 1e-9);

    /// <summary>What a product may lose to underflow: float32's least step, or for parts its least normal number, twice.</summary>
    public double Underflow => _split ? Math.ScaleB(Unit, -125) : ProposalError.Underflow;

    /// <summary>gamma(n) and what the parts leave out, relative to the longest column.</summary>
    public double Gamma(double longest) => ProposalError.Gamma(Roundings) + (longest > 0 ? Lost / longest : 0);

    /// <summary>Copies columns.</summary>
    /// <param name="all">[count x dim], all of them.</param>
    /// <param name="from">The first that was not copied before.</param>
    public void Set(ReadOnlySpan<float> all, int from)
    {
        if (!_split)
        {
            _work.Write(Buffer, all[(from * _dim)..], (long)from * _dim * sizeof(float));
            return;
        }

        float largest = 0;
        foreach (float value in all[(from * _dim)..]) largest = Math.Max(largest, Math.Abs(value));
        if (from == 0 || largest > Unit)
        {
            // Twice the largest leaves room for columns to come; when it is not enough, all are split anew.
            from = 0;
            Unit = (float)Math.ScaleB(1, Math.Min(127, largest == 0 ? 0 : Math.ILogB(largest) + 2));
            _lost = 0;
        }

        ReadOnlySpan<float> added = all[(from * _dim)..];
        ushort[] high = new ushort[added.Length], low = new ushort[added.Length];
        for (int column = 0; column * _dim < added.Length; column++)
        {
            double rest = 0;
            for (int j = column * _dim; j < (column + 1) * _dim; j++)
            {
                double value = added[j] / (double)Unit;
                high[j] = Narrow(value, out double first);
                low[j] = Narrow(value - first, out double second);
                double left = (value - first - second) * Unit;
                rest += left * left;
            }

            _lost = Math.Max(_lost, Math.Sqrt(rest));
        }

        _work.Write(Buffer, (ReadOnlySpan<ushort>)high, (long)from * _dim * sizeof(ushort));
        _work.Write(Buffer, (ReadOnlySpan<ushort>)low, (Low + ((long)from * _dim)) * sizeof(ushort));
    }

    /// <summary>A value in the 16 bits of the rows, and what that is.</summary>
    private ushort Narrow(double value, out double narrowed)
    {
        if (_element == ElementType.Float16)
        {
            Half half = (Half)value;
            narrowed = (double)half;
            return BitConverter.HalfToUInt16Bits(half);
        }

        // The upper half of a float32, rounded half up in magnitude: any rounding would do, as what is left is measured.
        uint bits = BitConverter.SingleToUInt32Bits((float)value) + 0x8000;
        narrowed = BitConverter.UInt32BitsToSingle(bits & 0xFFFF0000);
        return (ushort)(bits >> 16);
    }
}
