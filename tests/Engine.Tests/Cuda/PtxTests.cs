using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Engine.Native.Devices;
using Engine.Tests.Hostile;
using Engine.Tests.House;
using Engine.Tests.Runs;

namespace Engine.Tests.Cuda;

/// <summary>The PTX that the assembly carries: made from the sources that are there, complete, and with no arithmetic that could give other bits.</summary>
public sealed partial class PtxTests
{
    public static TheoryData<string> Sources => [.. Repository.Files("kernels", "*.cu").Select(file => Path.GetFileNameWithoutExtension(file))];

    [Theory]
    [MemberData(nameof(Sources))]
    public void It_belongs_to_the_sources(string name)
    {
        string target = Repository.PathOf("kernels", "ptx", $"{name}.sm_80.ptx");
        Assert.True(File.Exists(target), $"{target} is missing; run kernels/ptx/build.sh (it needs clang-19)");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] parts = [Repository.PathOf("kernels", "ptx", "build.sh"), Repository.PathOf("kernels", name + ".cu"), .. Repository.Files("kernels", "*.h")];
        foreach (string part in parts) hash.AppendData(File.ReadAllBytes(part));
        string stamp = $"// sources {Convert.ToHexStringLower(hash.GetHashAndReset())}";
        Assert.True(File.ReadLines(target).First() == stamp, $"{target} was made from other sources; run kernels/ptx/build.sh (it needs clang-19)");
        Assert.Equal(File.ReadAllText(target), KernelSources.Text($"ptx/{name}.sm_80.ptx"));
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void It_has_every_kernel_with_every_argument(string name)
    {
        string source = KernelSources.Whole(name), ptx = Ptx(name);
        Match[] kernels = [.. Kernel().Matches(source).Cast<Match>()];
        Assert.NotEmpty(kernels);
        foreach (Match kernel in kernels)
        {
            Match entry = Regex.Match(ptx, $@"\.entry {kernel.Groups[1].Value}\(([^)]*)\)");
            Assert.True(entry.Success, $"{kernel.Groups[1].Value} is not in the PTX");
            Assert.Equal(kernel.Groups[2].Value.Split(',').Length, entry.Groups[1].Value.Split(".param").Length - 1);
        }

        Assert.Equal(kernels.Length, Regex.Count(ptx, @"\.entry "));
    }

    /// <summary>An operation without a rounding mode may be fused or approximated by the driver's compiler; one that flushes denormals changes bits.</summary>
    [Theory]
    [MemberData(nameof(Sources))]
    public void Every_operation_rounds_to_nearest_and_apart(string name)
    {
        Assert.Equal("", string.Join("; ", Loose().Matches(Ptx(name)).Cast<Match>().Select(match => match.Value.Trim())));
        Assert.Contains(".target sm_80", Ptx(name), StringComparison.Ordinal);
        Assert.Contains(".version 7.0", Ptx(name), StringComparison.Ordinal);
    }

    [ClangFact]
    public void Every_kernel_compiles_for_Ampere_and_Hopper()
    {
        Outcome check = Shell.Run(Repository.Root, "kernels/ptx/build.sh --check");
        Assert.True(check.Exit == 0, check.ToString());
        Assert.Equal(Sources.Count, Regex.Count(check.Output, "compiles for sm_80 and sm_90"));
    }

    private static string Ptx(string name) => File.ReadAllText(Repository.PathOf("kernels", "ptx", $"{name}.sm_80.ptx"));

    [GeneratedRegex(@"^KERNEL void (\w+)\(([^)]*)\)", RegexOptions.Multiline)]
    private static partial Regex Kernel();

    [GeneratedRegex(@"^\s*(?:@%p\d+ )?((?:add|sub|mul|fma|mad|div|rcp|sqrt)\.(?!rn\.)(?:\w+\.)*(?:f16|bf16|f32|f64)\b|\S*\.(?:approx|ftz|full)\b).*$", RegexOptions.Multiline)]
    private static partial Regex Loose();
}

/// <summary>A test that needs clang 19. Without it the test is left out and says so, unless ENGINE_REQUIRE_NATIVE=1 makes that a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClangFactAttribute : FactAttribute
{
    public ClangFactAttribute() => Skip = OptionalPart.WhyNot(Shell.Run("/tmp", "command -v \"${CLANG:-clang-19}\"").Exit == 0, "clang-19 is not installed.");
}
