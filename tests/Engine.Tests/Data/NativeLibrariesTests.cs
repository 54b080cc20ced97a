using Engine.Native;
using Engine.Tests.Runs;

namespace Engine.Tests.Data;

/// <summary>Optional libraries: found in one order, and one clear error when they are not there.</summary>
public sealed class NativeLibrariesTests
{
    [Fact]
    public void Every_place_is_named_when_nothing_is_found()
    {
        NativeLibraryQuery query = new("libnone", "ENGINE_LIBNONE_UNSET", ["libnone.so.7", "libnone.so"], ["none"], "apt-get install none");
        NativeLibraryMissingException missing = Assert.Throws<NativeLibraryMissingException>(() => NativeLibraries.Load(query));
        string beside = AppContext.BaseDirectory;
        Assert.Equal(6, missing.Tried.Count);
        Assert.StartsWith(Path.Combine(beside, "libnone.so.7"), missing.Tried[0], StringComparison.Ordinal);
        Assert.StartsWith(Path.Combine(beside, "runtimes", "linux-"), missing.Tried[2], StringComparison.Ordinal);
        Assert.StartsWith("libnone.so ", missing.Tried[5], StringComparison.Ordinal);
        Assert.Contains("apt-get install none", missing.Message, StringComparison.Ordinal);
        Assert.Contains("ENGINE_LIBNONE_UNSET", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_without_a_needed_function_is_another_library()
    {
        NativeLibraryQuery query = new("libc", "ENGINE_LIBC_UNSET", ["libc.so.6"], ["strlen"], "none");
        Assert.NotEqual(0, NativeLibraries.Load(query).Export("strlen"));
        NativeLibraryMissingException missing = Assert.Throws<NativeLibraryMissingException>(() => NativeLibraries.Load(query with { Exports = ["strlen", "no_such_function"] }));
        Assert.Contains("no_such_function", missing.Tried[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_versions_side_by_side_the_newest_is_taken()
    {
        using Workspace work = new();
        foreach (string version in (string[])["lib/a-9/libnone.so.1.9.0", "lib/a-10/libnone.so.1.9.0", "lib/a-10/libnone.so.1.30.0"]) work.Write(version, "no library");
        NativeLibraryQuery query = new("libnone", "ENGINE_LIBNONE_UNSET", ["libnone.so.1.*"], ["none"], "none") { Folders = [work.At("lib/a-*"), work.At("none/*")] };
        IReadOnlyList<string> tried = Assert.Throws<NativeLibraryMissingException>(() => NativeLibraries.Load(query)).Tried;
        Assert.Equal(
            [$"{work.At("lib/a-10/libnone.so.1.30.0")} (is no library for this machine)", $"{work.At("lib/a-10/libnone.so.1.9.0")} (is no library for this machine)", $"{work.At("lib/a-9/libnone.so.1.9.0")} (is no library for this machine)", $"{work.At("none/*/libnone.so.1.*")} (none there)"],
            tried.TakeLast(4));
    }

    [Fact]
    public void A_named_library_that_is_not_there_ends_with_exit_9()
    {
        using Workspace work = new();
        File.WriteAllBytes(work.At("pool.jsonl.zst"), ZstdFrames.Raw("{\"text\":\"a\"}"u8, windowLog: 10));
        work.Write("plan.json", """
            { "version": 1, "inputs": { "pool": { "kind": "records", "path": "pool.jsonl.zst" } },
              "steps": { "pick": { "op": "random", "in": "pool", "budget": 1 } }, "run": { "dir": "out" } }
            """);
        Outcome run = work.Engine(["run", "plan.json"], ("ENGINE_LIBZSTD", "/no/such/libzstd.so.1"));
        Assert.Equal(9, run.Exit);
        Assert.Matches(@"^pool\.jsonl\.zst: error LIBRARY: .*ENGINE_LIBZSTD=/no/such/libzstd\.so\.1 \(no such file\).*apt-get install libzstd1", run.Error);
        Assert.False(Directory.Exists(work.At("out")));
    }
}
