using System.Diagnostics;
using Engine.Kernels;

namespace Engine.Tests.Kernels;

/// <summary>Same inputs, same bits: for every instruction set, number of threads and division into blocks, in this process and in ones with instruction sets off.</summary>
public class SameBitsTests
{
    private static readonly Lazy<string> Scalar = new(() => KernelBits.Hash("cpu-scalar", 1, int.MaxValue));

    [Theory]
    [MemberData(nameof(Cases.Sets), MemberType = typeof(Cases))]
    public void ThreadsBlocksAndInstructionSetsChangeNoBit(string set)
    {
        foreach ((int threads, int block) in new[] { (1, int.MaxValue), (2, 1), (3, 7), (2, 64) })
            Assert.Equal(Scalar.Value, KernelBits.Hash(set, threads, block));
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512", new[] { "Vector512", "Avx512" }, new[] { "cpu-512" })]
    [InlineData("DOTNET_EnableAVX2", new[] { "Vector512", "Avx512", "Vector256", "Avx2" }, new[] { "cpu-512", "cpu-256" })]
    [InlineData("DOTNET_EnableHWIntrinsic", new[] { "Vector512", "Avx512", "Vector256", "Avx2", "Fma", "Vector128", "AdvSimd" }, new[] { "cpu-512", "cpu-256", "cpu-128" })]
    public void AProcessWithoutAnInstructionSetGivesTheSameBits(string variable, string[] off, string[] gone)
    {
        Dictionary<string, string> child = Run("kernel-bits", (variable, "0"));

        // A switch with a wrong name would leave everything on and prove nothing.
        Assert.All(off, name => Assert.Equal("False", child[name]));
        Assert.All(gone, name => Assert.DoesNotContain(name, child.Keys));
        string[] sets = [.. child.Keys.Where(name => name.StartsWith("cpu-", StringComparison.Ordinal))];
        Assert.Contains("cpu-scalar", sets);
        Assert.All(sets, set => Assert.Equal(Scalar.Value, child[set]));
    }

    [Fact]
    public void TheVariableForcesASet()
    {
        foreach (string name in Cases.SetNames) Assert.Equal(name, Run("kernel-set", (KernelSets.Variable, name))["set"]);
        Assert.Equal(Cases.SetNames.First(), Run("kernel-set", (KernelSets.Variable, ""))["set"]);

        string unknown = Run("kernel-set", (KernelSets.Variable, "cpu-1024"))["ArgumentException"];
        Assert.All(KernelSets.All, set => Assert.Contains(set.Name, unknown, StringComparison.Ordinal));
        string absent = Run("kernel-set", (KernelSets.Variable, "cpu-256"), ("DOTNET_EnableHWIntrinsic", "0"))["PlatformNotSupportedException"];
        Assert.Contains("cpu-scalar", absent, StringComparison.Ordinal);
    }

    [Fact]
    public void TheTableRunsFromWideToScalar()
    {
        Assert.Equal(["cpu-512", "cpu-256", "cpu-128", "cpu-scalar"], KernelSets.All.Select(set => set.Name));
        Assert.True(KernelSets.All[^1].Supported);
        using IKernels all = KernelSets.All[^1].Create(0);
        Assert.Equal((Environment.ProcessorCount, "cpu-scalar"), (all.Threads, all.Name));
        Assert.Throws<ArgumentOutOfRangeException>(() => KernelSets.All[^1].Create(-1));
    }

    /// <summary>Starts this assembly as a program and reads its <c>name=value</c> lines.</summary>
    internal static Dictionary<string, string> Run(string word, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList = { "exec", typeof(SameBitsTests).Assembly.Location, word },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, errors.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
    }
}
