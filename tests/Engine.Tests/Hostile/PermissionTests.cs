using Engine.Tests.Runs;
using Xunit.Abstractions;

namespace Engine.Tests.Hostile;

/// <summary>Row 106: what may not be read or written, as a user whom permissions stop, and a place that is mounted read-only.</summary>
public sealed class PermissionTests(ITestOutputHelper output) : IDisposable
{
    private readonly Workspace _work = Make();

    public void Dispose()
    {
        Shell.Run($"chmod -R u+rwX '{_work.Folder}'");
        _work.Dispose();
    }

    [Theory]
    [InlineData("chmod 000 pool.jsonl", "pool.jsonl: error PERMISSION: ")]
    [InlineData("chmod 555 .", "out: error PERMISSION: ")]
    [InlineData("mkdir out; chmod 000 out", "out: error PERMISSION: ")]
    [InlineData("mkdir in; mv pool.jsonl in; ln -s in/pool.jsonl pool.jsonl; chmod 000 in", "pool.jsonl: error (PERMISSION|MISSING): ")]
    public void A_place_without_permission_is_named(string prepare, string pattern)
    {
        if (Refused("$as dotnet \"$ENGINE\" --version") is { } reason)
        {
            output.WriteLine($"Permissions were not tried: no user whom they stop can start the engine here: {reason}");
            return;
        }

        Outcome run = Run($"[ -z \"$as\" ] || chown -R 65534 .; {prepare}; $as dotnet \"$ENGINE\" run plan.json");
        Assert.True(run.Exit is 7 or 4, run.ToString());
        Assert.Matches(pattern, run.Error);
        Assert.False(Directory.Exists(_work.At("out", ".staging")));
    }

    [Fact]
    public void A_place_that_is_mounted_read_only_is_named()
    {
        const string Mount = "mount --bind \"$PWD\" \"$PWD\" && mount -o remount,bind,ro \"$PWD\" && cd \"$PWD\"";
        if (Refused($"unshare -m bash -c '{Mount}'") is { } reason)
        {
            output.WriteLine($"No read-only mount was tried: mounting is refused here: {reason}");
            return;
        }

        Outcome run = Run($"unshare -m bash -c '{Mount} && dotnet \"$ENGINE\" run plan.json'");
        Assert.True(run.Exit == 7, run.ToString());
        Assert.Contains("out: error READ_ONLY: ", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_work.At("out")));
    }

    private static Workspace Make()
    {
        var work = new Workspace();
        work.WriteRecords("pool.jsonl", 10);
        work.Write("plan.json", """
            { "version": 1, "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" } },
              "steps": { "pick": { "op": "random", "in": "pool", "budget": 1 } }, "run": { "dir": "out" } }
            """);
        return work;
    }

    private string? Refused(string script) => Run(script) is { Exit: not 0 } refused ? refused.Error.Trim() : null;

    // Root passes every permission, so it becomes nobody for the command.
    private Outcome Run(string script) => Shell.Run(
        _work.Folder, "[ $(id -u) != 0 ] || as='setpriv --reuid=65534 --regid=65534 --clear-groups'\n" + script, ("ENGINE", Path.Combine(AppContext.BaseDirectory, "engine.dll")), ("HOME", "/tmp"));
}
