using Engine.Native;
using Engine.Native.Faiss;
using Engine.Tests.Cuda;
using Engine.Tests.Data;
using Engine.Tests.Hostile;
using Engine.Tests.Runs;

namespace Engine.Tests.Faiss;

/// <summary>Which library is taken for FAISS, and what is said of the others.</summary>
public sealed class FaissLibraryTests
{
    [Fact]
    public void AnotherLibraryIsNotTakenForFaiss()
    {
        NativeLibraryMissingException refused = Assert.Throws<NativeLibraryMissingException>(() => FaissNative.Load(FaissNative.Query with { Variable = "ENGINE_NO_SUCH_VARIABLE", FileNames = ["libc.so.6"] }));
        Assert.Contains("lacks the function faiss_index_factory; it is too old or another library", refused.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install g++ libfaiss-dev libopenblas-dev", refused.Message, StringComparison.Ordinal);
    }

    [CudaStubFact]
    public void AnOldVersionIsRefusedAndANewOneIsNot()
    {
        using TemporaryFolder folder = new();
        string Stub(string version)
        {
            string names = string.Concat(FaissNative.Query.Exports.Where(name => name != "faiss_get_version").Select(name => $"int {name}(void) {{ return 0; }}\n"));
            string source = folder.Write($"faiss-{version}.c", $"{names}const char *faiss_get_version(void) {{ return \"{version}\"; }}\n"), library = folder.File($"libfaiss-{version}.so");
            Shell.Run($"cc -shared -fPIC -o '{library}' '{source}'");
            return library;
        }

        NativeLibraryQuery Only(string path) => FaissNative.Query with { Variable = "ENGINE_NO_SUCH_VARIABLE", FileNames = [path] };
        foreach (string old in new[] { "1.6.5", "1.7.2", "0", "nonsense" })
        {
            NativeLibraryMissingException refused = Assert.Throws<NativeLibraryMissingException>(() => FaissNative.Load(Only(Stub(old))));
            Assert.Contains($"is version {old}, 1.7.3 or later is needed", refused.Message, StringComparison.Ordinal);
        }

        foreach (string good in new[] { "1.7.3", "1.15.0-dev" }) Assert.Equal(good, FaissNative.Load(Only(Stub(good))).Version);
    }

    [FaissFact]
    public void DoctorSaysWhereItIsAndWithWhatItWorks()
    {
        using Workspace work = new();
        Outcome run = work.Engine(["doctor"]);
        Assert.Equal(0, run.Exit);
        Assert.Matches(@"\n  FAISS +\S*lib\w*faiss\w*\.so \(\d+\.\d+\.\d+[^)]*\).*: searches approximately", run.Output);
    }
}
