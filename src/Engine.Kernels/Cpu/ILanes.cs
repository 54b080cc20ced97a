namespace Engine.Kernels.Cpu;

/// <summary>Sixteen lanes of float32 and sixteen of float64, in whatever registers a machine has: the one thing in which the CPU kernel sets differ.</summary>
/// <remarks>
/// Kernels are written once against this interface. The just-in-time compiler resolves the static members of a struct type argument, so
/// the generic kernel becomes the same instructions as one written by hand for that width. Lane i is element i of a group of sixteen in
/// every implementation, which is why every implementation gives the same float64 bits. Float64 products and sums are never fused.
/// </remarks>
/// <typeparam name="TFloat">Sixteen float32 lanes; <c>default</c> is zero.</typeparam>
/// <typeparam name="TDouble">Sixteen float64 lanes; <c>default</c> is zero.</typeparam>
internal unsafe interface ILanes<TFloat, TDouble>
    where TFloat : unmanaged
    where TDouble : unmanaged
{
    /// <summary>Whether <typeparamref name="TFloat"/> is one register out of 32, so that a product tile of 12 rows by 32 columns fits.</summary>
    static abstract bool Wide { get; }

    /// <summary>The product of 8-bit rows and columns on such a machine, or null where it would not be faster than float32.</summary>
    static abstract ByteProduct? ByteProduct { get; }

    /// <summary>Sixteen float32 elements at any address.</summary>
    static abstract TFloat LoadF32(float* at);

    /// <summary>Sixteen float16 elements, widened exactly; infinities and NaN stay what they are.</summary>
    static abstract TFloat LoadF16(ushort* at);

    /// <summary>Sixteen bfloat16 elements, widened exactly.</summary>
    static abstract TFloat LoadBF16(ushort* at);

    /// <summary>Sixteen 8-bit elements times the matrix's scale, each product rounded once to float32.</summary>
    static abstract TFloat LoadI8(sbyte* at, float scale);

    /// <summary>Sixteen float32 elements at any address, as float64.</summary>
    static abstract TDouble LoadWideF32(float* at);

    /// <summary>Sixteen float64 elements at any address.</summary>
    static abstract TDouble LoadF64(double* at);

    /// <summary>Writes sixteen float32 elements.</summary>
    static abstract void Store(TFloat value, float* at);

    /// <summary>Writes sixteen float64 elements.</summary>
    static abstract void Store(TDouble value, double* at);

    /// <summary>Writes the lowest byte of each lane's bits, sixteen bytes.</summary>
    static abstract void StoreLowBytes(TFloat value, byte* at);

    /// <summary>One float32 in every lane.</summary>
    static abstract TFloat Broadcast(float value);

    /// <summary>One float64 in every lane.</summary>
    static abstract TDouble Broadcast(double value);

    /// <summary>x + y.</summary>
    static abstract TFloat Add(TFloat x, TFloat y);

    /// <summary>x * y + sum for proposals only: one rounding where the machine has a fused instruction, two where it has not.</summary>
    static abstract TFloat MultiplyAdd(TFloat x, TFloat y, TFloat sum);

    /// <summary>The lower of each pair; lanes hold no NaN.</summary>
    static abstract TFloat Min(TFloat x, TFloat y);

    /// <summary>The higher of each pair; lanes hold no NaN.</summary>
    static abstract TFloat Max(TFloat x, TFloat y);

    /// <summary>|x|.</summary>
    static abstract TFloat Abs(TFloat x);

    /// <summary>The square root, rounded to nearest; lanes are not negative.</summary>
    static abstract TFloat Sqrt(TFloat x);

    /// <summary>The lowest lane.</summary>
    static abstract float Lowest(TFloat x);

    /// <summary>The highest lane.</summary>
    static abstract float Highest(TFloat x);

    /// <summary>The sum of all lanes, in any order; for proposals and bounds.</summary>
    static abstract float SumApproximately(TFloat x);

    /// <summary>Bit i is set where lane i of x is at most that of the bound.</summary>
    static abstract uint AtMost(TFloat x, TFloat bound);

    /// <summary>Bit i is set where lane i of x is at least that of the bound.</summary>
    static abstract uint AtLeast(TFloat x, TFloat bound);

    /// <summary>Float32 to float64, exactly.</summary>
    static abstract TDouble Widen(TFloat x);

    /// <summary>Float64 to float32, to nearest, ties to even.</summary>
    static abstract TFloat Narrow(TDouble x);

    /// <summary>x + y.</summary>
    static abstract TDouble Add(TDouble x, TDouble y);

    /// <summary>x - y.</summary>
    static abstract TDouble Subtract(TDouble x, TDouble y);

    /// <summary>x * y, rounded.</summary>
    static abstract TDouble Multiply(TDouble x, TDouble y);

    /// <summary>x * y + sum where the product is exact (a float32 times a float32 or an integer below 2^29), so that fusing cannot change a bit.</summary>
    static abstract TDouble MultiplyAddExact(TDouble x, TDouble y, TDouble sum);

    /// <summary>x / y.</summary>
    static abstract TDouble Divide(TDouble x, TDouble y);

    /// <summary>The higher of each pair; lanes hold no NaN.</summary>
    static abstract TDouble Max(TDouble x, TDouble y);

    /// <summary>2^k in every lane, for whole numbers k from -1022 to 1023.</summary>
    /// <param name="shifted">k + <see cref="Rounding.Magic"/>, whose low bits are k.</param>
    static abstract TDouble PowerOfTwo(TDouble shifted);

    /// <summary>The sum of all lanes in the canonical tree: lane i with i + 8, then i + 4, i + 2, i + 1.</summary>
    static abstract double Sum(TDouble x);

    /// <summary>Whether every lane lies strictly within +-2^51, where adding 1.5 * 2^52 rounds to an integer.</summary>
    static abstract bool RoundsByAddition(TDouble x);

    /// <summary>Adds each lane, rounded half to even, to sixteen integers. Every lane <see cref="RoundsByAddition"/>.</summary>
    static abstract void AddRounded(TDouble x, long* sums);
}
