using System.Diagnostics;
using Engine.Native.Files;
using Engine.Tests.Runs;
using Xunit.Abstractions;

namespace Engine.Tests.Hostile;

/// <summary>Case 115 with the command itself: a mapped matrix that changes while kernels read it. The process lives to say so.</summary>
public sealed class MappedInputTests : IDisposable
{
    private const int Rows = 100_000;
    private const int Dim = 64;
    private const string NoCover = "ENGINE_LIBSIGBUS=/none/libengine-sigbus.so";

    private readonly ITestOutputHelper _output;
    private readonly Workspace _work = new();

    public MappedInputTests(ITestOutputHelper output)
    {
        _output = output;
        _work.WriteMatrix("vec.npy", Rows, Dim, seed: 5);
        File.SetLastWriteTimeUtc(_work.At("vec.npy"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        _work.Write("plan.json", """
            { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" } },
              "steps": { "first": { "op": "random", "in": "vec", "budget": 9 }, "groups": { "op": "kmeans", "in": "vec", "k": 64, "init": "first", "maxIterations": 1000000 } }, "run": { "dir": "out" } }
            """);
    }

    public void Dispose() => _work.Dispose();

    [Theory]
    [InlineData("truncated")]
    [InlineData("grown")]
    [InlineData("overwritten")]
    public void A_writer_waits_until_the_map_is_gone(string how)
    {
        if (!LeasesAreGranted()) return;
        (int exit, string error, TimeSpan waited) = Disturb(how, NoCover);
        Assert.True(exit == 5, error);
        Assert.Matches("(?m)^vec.npy: error CHANGED: the input changed during the run: ", error);
        Assert.True(waited < TimeSpan.FromSeconds(10), $"the writer waited {waited}");
        Assert.Equal(["plan.json", "vec.npy"], _work.Entries());
        _output.WriteLine($"{how}: the writer waited {waited.TotalMilliseconds:F0} ms");
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("grown")]
    [InlineData("overwritten")]
    public void Where_no_lease_is_to_be_had_the_process_lives_all_the_same(string how)
    {
        if (!CoverIsThere()) return;
        using FileStream writer = File.OpenWrite(_work.At("vec.npy"));

        // Nothing but a page that is gone is noticed before a step ends, so the step has an end.
        string plan = File.ReadAllText(_work.At("plan.json"));
        if (how != "truncated") _work.Write("plan.json", plan.Replace("1000000", "25", StringComparison.Ordinal));
        (int exit, string error, _) = Disturb(how, "ENGINE_X=", writer);
        Assert.True(exit == 5, error);
        Assert.Matches("(?m)^vec.npy: error CHANGED: the input changed during the run: .*(bytes now, it had|written to)", error);
        Assert.Equal(["plan.json", "vec.npy"], _work.Entries());
    }

    [Fact]
    public void Without_lease_and_cover_a_run_that_nobody_disturbs_is_silent()
    {
        using FileStream writer = File.OpenWrite(_work.At("vec.npy"));
        Outcome run = _work.Engine(["run", "plan.json", "--set", "steps.groups.maxIterations=2"], ("ENGINE_LIBSIGBUS", "/none/lib.so"));
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Matches(@"\Adevice .*\nfirst: .*\ngroups: .*\nchose 9 rows\n\z", run.Error);
    }

    [Fact]
    public void Replacing_by_renaming_disturbs_nobody()
    {
        _work.Write("plan.json", File.ReadAllText(_work.At("plan.json")).Replace("1000000", "25", StringComparison.Ordinal));
        (int exit, string error, TimeSpan waited) = Disturb("replaced", "ENGINE_X=");
        Assert.True(exit == 0, error);
        Assert.True(waited < TimeSpan.FromSeconds(5), $"the rename waited {waited}");
        Assert.True(File.Exists(_work.At("out", "manifest.json")));
    }

    [Fact]
    public void A_map_is_given_up_when_its_blocks_are_back()
    {
        if (!LeasesAreGranted()) return;
        using var file = RegularFile.Open(_work.At("vec.npy"), out FileIdentity? identity)!;
        MapState? told = null;
        using MappedFile map = MappedFile.Open(file, identity!.Value.Size, "vec.npy", state =>
        {
            told = state;
            return new InvalidOperationException("given up");
        });
        Assert.True(map.IsLeased);
        var writing = new Thread(() => Truncate(_work.At("vec.npy")));
        unsafe
        {
            byte* first = map.Lease(out IDisposable block);
            Assert.Equal(0x93, *first);
            writing.Start();
            Assert.True(SpinWait.SpinUntil(() => map.State == MapState.Revoked, TimeSpan.FromSeconds(10)));
            Assert.True(writing.IsAlive);
            Assert.Equal(0x93, *first);
            block.Dispose();
        }

        Assert.True(writing.Join(TimeSpan.FromSeconds(10)), "the writer still waits");
        Assert.Throws<InvalidOperationException>(() => Borrow(map));
        Assert.Equal(MapState.Revoked, told);
        Assert.Equal(0, new FileInfo(_work.At("vec.npy")).Length);
    }

    [Fact]
    public void A_covered_map_of_a_file_that_is_cut_shows_zeros_and_says_so()
    {
        if (!CoverIsThere()) return;
        using FileStream writer = File.OpenWrite(_work.At("vec.npy"));
        using var file = RegularFile.Open(_work.At("vec.npy"), out FileIdentity? identity)!;
        using MappedFile map = MappedFile.Open(file, identity!.Value.Size, "vec.npy");
        Assert.False(map.IsLeased);
        unsafe
        {
            byte* first = map.Lease(out IDisposable block);
            writer.SetLength(0);
            long sum = 0;
            for (long at = map.Length - 1; at >= 0; at -= 1000) sum += first[at];
            Assert.Equal(0, sum);
            block.Dispose();
        }

        Assert.Equal(MapState.Faulted, map.State);
        Assert.Throws<IOException>(() => Borrow(map));

        // The runtime's own faults go where they went before.
        string? nothing = Environment.GetEnvironmentVariable("ENGINE_NOT_SET");
        Assert.Throws<NullReferenceException>(() => nothing!.Length);
    }

    private static unsafe void Borrow(MappedFile map)
    {
        map.Lease(out IDisposable block);
        block.Dispose();
    }

    private static void Truncate(string path)
    {
        using FileStream stream = File.OpenWrite(path);
        stream.SetLength(0);
    }

    /// <summary>Runs the plan and changes the matrix while the second step reads it.</summary>
    private (int Exit, string Error, TimeSpan Waited) Disturb(string how, string environment, FileStream? open = null)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _work.Folder };
        foreach (string word in (string[])[Path.Combine(AppContext.BaseDirectory, "engine.dll"), "run", "plan.json"]) start.ArgumentList.Add(word);
        start.Environment[environment.Split('=')[0]] = environment.Split('=')[1];
        using Process process = Process.Start(start)!;
        var error = new System.Text.StringBuilder();
        for (string? line = ""; line is not null && !line.StartsWith("first:", StringComparison.Ordinal);) error.AppendLine(line = process.StandardError.ReadLine());
        Thread.Sleep(500);
        Assert.False(process.HasExited, error.ToString());
        long clock = Stopwatch.GetTimestamp();
        if (how == "replaced")
        {
            _work.Write("other", "something else");
            File.Move(_work.At("other"), _work.At("vec.npy"), overwrite: true);
        }
        else
        {
            FileStream stream = open ?? File.OpenWrite(_work.At("vec.npy"));
            Change(how, stream);
            if (open is null) stream.Dispose();
        }

        TimeSpan waited = Stopwatch.GetElapsedTime(clock);
        Task<string> rest = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60))) process.Kill();
        return (process.ExitCode, error.Append(rest.Result).ToString(), waited);
    }

    private static void Change(string how, FileStream stream)
    {
        switch (how)
        {
            case "truncated":
                stream.SetLength(5000);
                break;
            case "grown":
                stream.Position = stream.Length;
                stream.WriteByte(1);
                break;
            default:
                stream.Position = stream.Length / 2;
                stream.WriteByte(1);
                break;
        }

        stream.Flush();
    }

    private bool LeasesAreGranted()
    {
        _work.Write("leased", "x");
        using var file = RegularFile.Open(_work.At("leased"), out _)!;
        using FileLease? lease = FileLease.TryTake(file, () => { });
        File.Delete(_work.At("leased"));
        if (lease is null) _output.WriteLine($"left out: the file system of {_work.Folder} grants no leases");
        return lease is not null;
    }

    private bool CoverIsThere()
    {
        if (BusErrors.AreCovered) return true;
        Assert.False(OptionalPart.IsRequired, "libengine-sigbus.so is missing, but ENGINE_REQUIRE_NATIVE=1 demands it");
        _output.WriteLine("left out: libengine-sigbus.so is not there; it is built where a C compiler is");
        return false;
    }
}
