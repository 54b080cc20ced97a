using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Engine.Bench;

/// <summary>What this machine can do at most, measured in this process: float32 multiply-adds from registers, and reading from memory.</summary>
/// <param name="Gflops1">Float32 GFLOP/s of one thread.</param>
/// <param name="GflopsAll">Float32 GFLOP/s of all threads.</param>
/// <param name="Read1">GB/s one thread reads.</param>
/// <param name="ReadAll">GB/s all threads read.</param>
internal sealed record MachineLimits(double Gflops1, double GflopsAll, double Read1, double ReadAll)
{
    private static readonly Lazy<MachineLimits> Once = new(Measure);

    public static MachineLimits Measured => Once.Value;

    public double Gflops(int threads) => threads == 1 ? Gflops1 : GflopsAll;

    public double Read(int threads) => threads == 1 ? Read1 : ReadAll;

    public override string ToString() => FormattableString.Invariant(
        $"limits of this machine: {Gflops1:F0} GFLOP/s and {Read1:F0} GB/s read on one thread, {GflopsAll:F0} and {ReadAll:F0} on {Environment.ProcessorCount}");

    private static MachineLimits Measure()
    {
        int all = Environment.ProcessorCount;
        float[] memory = GC.AllocateUninitializedArray<float>(128 << 20);
        Array.Fill(memory, 1f);
        return new MachineLimits(Best(() => Compute(1)), Best(() => Compute(all)), Best(() => Stream(memory, 1)), Best(() => Stream(memory, all)));
    }

    private static double Best(Func<double> measure)
    {
        double best = 0;
        for (int i = 0; i < 5; i++) best = Math.Max(best, measure());
        return best;
    }

    private static double Compute(int threads)
    {
        const long Rounds = 10_000_000;
        long start = Stopwatch.GetTimestamp();
        Parallel.For(0, threads, _ => Keep(MultiplyAdd(Rounds)));
        int lanes = Vector512.IsHardwareAccelerated ? 16 : 8;
        return threads * Rounds * 12.0 * lanes * 2 / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    private static float MultiplyAdd(long rounds) =>
        Vector512.IsHardwareAccelerated ? MultiplyAdd512(rounds) : MultiplyAdd256(rounds);

    // Twelve independent chains hide the latency of a fused multiply-add on every core made since 2013.
    private static float MultiplyAdd512(long rounds)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(1e-3f);
        Vector512<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (long r = 0; r < rounds; r++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    private static float MultiplyAdd256(long rounds)
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256.Create(1e-3f);
        Vector256<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (long r = 0; r < rounds; r++)
        {
            a = Vector256.FusedMultiplyAdd(a, x, y);
            b = Vector256.FusedMultiplyAdd(b, x, y);
            c = Vector256.FusedMultiplyAdd(c, x, y);
            d = Vector256.FusedMultiplyAdd(d, x, y);
            e = Vector256.FusedMultiplyAdd(e, x, y);
            f = Vector256.FusedMultiplyAdd(f, x, y);
            g = Vector256.FusedMultiplyAdd(g, x, y);
            h = Vector256.FusedMultiplyAdd(h, x, y);
            i = Vector256.FusedMultiplyAdd(i, x, y);
            j = Vector256.FusedMultiplyAdd(j, x, y);
            k = Vector256.FusedMultiplyAdd(k, x, y);
            l = Vector256.FusedMultiplyAdd(l, x, y);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    private static double Stream(float[] memory, int threads)
    {
        int part = memory.Length / threads;
        long start = Stopwatch.GetTimestamp();
        Parallel.For(0, threads, t => Keep(Sum(memory.AsSpan(t * part, part))));
        return (double)part * threads * sizeof(float) / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    private static float Sum(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<Vector512<float>> v = MemoryMarshal.Cast<float, Vector512<float>>(values);
        Vector512<float> a = default, b = default, c = default, d = default;
        for (int i = 0; i + 3 < v.Length; i += 4)
        {
            a += v[i];
            b += v[i + 1];
            c += v[i + 2];
            d += v[i + 3];
        }

        return Vector512.Sum(a + b + c + d);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Keep(float value)
    {
        if (float.IsNaN(value)) throw new InvalidOperationException("The measured loop gave no number.");
    }
}
