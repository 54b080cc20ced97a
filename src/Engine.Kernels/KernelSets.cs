using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Engine.Kernels.Cpu;

namespace Engine.Kernels;

/// <summary>The table of CPU kernel sets, best first. A later device backend is one more implementation of <see cref="IKernels"/>, not a row here.</summary>
public static class KernelSets
{
    /// <summary>The environment variable that forces a set by name.</summary>
    public const string Variable = "ENGINE_KERNELS";

    /// <summary>Every CPU set, best first, whether this machine can run it or not.</summary>
    public static IReadOnlyList<KernelSet> All { get; } =
    [
        new("cpu-512", Vector512.IsHardwareAccelerated && Avx512F.IsSupported && Avx512DQ.IsSupported, static threads => new CpuKernels<Lanes512, Vector512<float>, Double512x2>("cpu-512", threads)),
        new("cpu-256", Avx2.IsSupported && Fma.IsSupported, static threads => new CpuKernels<Lanes256, Float256x2, Double256x4>("cpu-256", threads)),
        new("cpu-128", Vector128.IsHardwareAccelerated && (Fma.IsSupported || AdvSimd.IsSupported), static threads => new CpuKernels<Lanes128, Float128x4, Double128x8>("cpu-128", threads)),
        new("cpu-scalar", true, static threads => new CpuKernels<LanesScalar, Float16Lanes, Double16Lanes>("cpu-scalar", threads)),
    ];

    /// <summary>The best set this machine can run, or the one that <c>ENGINE_KERNELS</c> names. All of them give the same bits.</summary>
    /// <param name="threads">Worker threads; 0 for one per processor.</param>
    /// <exception cref="ArgumentException">The variable names no set.</exception>
    /// <exception cref="PlatformNotSupportedException">The variable names a set that this machine cannot run.</exception>
    public static IKernels Best(int threads)
    {
        string? forced = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(forced)) return All.First(set => set.Supported).Create(threads);
        KernelSet named = All.FirstOrDefault(set => set.Name == forced)
            ?? throw new ArgumentException($"{Variable} is '{forced}', which is no kernel set. Allowed: {Names(All)}.");
        if (!named.Supported)
            throw new PlatformNotSupportedException($"{Variable} is '{forced}', which this machine cannot run. It can run: {Names(All.Where(set => set.Supported))}.");
        return named.Create(threads);
    }

    private static string Names(IEnumerable<KernelSet> sets) => string.Join(", ", sets.Select(set => set.Name));
}

/// <summary>A row of the table of kernel sets.</summary>
/// <param name="Name">Such as <c>cpu-512</c>.</param>
/// <param name="Supported">Whether this process, on this machine, can run it.</param>
/// <param name="Create">Makes the set with a number of worker threads, 0 for one per processor.</param>
public sealed record KernelSet(string Name, bool Supported, Func<int, IKernels> Create);
