using System.Globalization;
using Engine.Tests.Runs;

namespace Engine.Tests.Hostile;

/// <summary>A row about what surrounds the command: its words, streams, limits and environment. It runs in a process of its own.</summary>
/// <param name="Number">The case.</param>
/// <param name="Name">What is wrong.</param>
/// <param name="Exit">The exit code it must have.</param>
/// <param name="Pattern">What standard error must match.</param>
/// <param name="Script">Bash, run in the folder; <c>engine</c> is the command.</param>
internal sealed record CommandCase(int Number, string Name, int Exit, string Pattern, string Script)
{
    /// <summary>Environment beside the test's own; null takes a variable away.</summary>
    public (string Name, string? Value)[] Environment { get; init; } = [];

    /// <summary>Files beside the plan and its ten records.</summary>
    public Action<Workspace>? Make { get; init; }

    /// <summary>True when the results stand although the exit code says that they could not be told.</summary>
    public bool Publishes { get; init; }

    public static IEnumerable<CommandCase> All =>
    [
        new(101, "a million threads", 3, @"run\.threads:1:1: error RANGE: .*1000000", "engine run plan.json --threads 1000000"),
        new(101, "no word for a size", 3, "error (VALUE|RANGE|TYPE|SIZE): .*4 gb", "engine run plan.json --set run.memory='\"4 gb\"'"),
        new(101, "2^70 bytes", 3, @"error (VALUE|RANGE|TYPE|SIZE): ", "engine run plan.json --set run.memory=1180591620717411303424"),
        new(101, "1 KB for everything", 8, "error MEMORY: run.memory is 1000 bytes", "engine run plan.json --memory 1KB"),
        new(102, "a plan whose name is no text", 3, @"plan.*\.json: error MISSING: ", "cp plan.json $'plan\\xff.json'; rm plan.json; engine run $'plan\\xff.json'; code=$?; mv $'plan\\xff.json' plan.json; exit $code"),
        new(102, "an input whose name is no text", 7, @"q.*\.jsonl: error NAME: ", "cp pool.jsonl $'q\\xff.jsonl'; engine run plan.json --set inputs.pool.path='q*.jsonl'; code=$?; rm $'q\\xff.jsonl'; exit $code"),
        new(102, "a working folder whose name is no text", 7, "pool.jsonl: error NAME: ", "mkdir $'d\\xff'; cp plan.json pool.jsonl $'d\\xff'; cd $'d\\xff'; engine run plan.json; code=$?; ls | grep -v 'plan.json\\|pool.jsonl'; cd ..; rm -r $'d\\xff'; exit $code"),
        new(105, "standard output closed", 7, "standard output: error ", "engine schema >&-"),
        new(105, "standard output closed during a run", 7, "standard output: error ", "engine run plan.json >&-") { Publishes = true },
        new(105, "standard output full during a run", 7, "standard output: error DISK_FULL: ", "engine run plan.json >/dev/full") { Publishes = true },
        new(105, "standard output full and errors as JSON", 7, "^none.json: error MISSING: .*\nstandard output: error DISK_FULL: ", "engine validate none.json --json >/dev/full"),
        new(105, "standard output closed and errors as JSON", 7, "error RANGE: .*\nstandard output: error ", "engine run plan.json --threads 5000 --json >&-"),
        new(105, "a reader that went away", 7, "standard output: error ", "set -o pipefail; engine schema | true"),
        new(105, "standard error closed", 0, "", "engine run plan.json 2>&-"),
        new(105, "standard error full", 3, "", "engine run none.json 2>/dev/full"),
        new(105, "every stream closed", 7, "", "engine run plan.json <&- >&- 2>&-") { Publishes = true },
        new(105, "standard error closed and an error", 4, "", "engine run plan.json --set steps.pick.budget=11 2>&-"),
        new(105, "standard input closed", 0, "", "engine run plan.json <&-"),
        .. new[] { 0, 1, 4, 8 }.Select(blocks => new CommandCase(107, string.Create(CultureInfo.InvariantCulture, $"no file over {blocks} KiB"), 7, @"out.*: error FILE_SIZE: ", string.Create(CultureInfo.InvariantCulture, $"trap '' XFSZ; ulimit -f {blocks}; engine run plan.json"))
        {
            // The runtime's own double mapping is a file, which the limit would strike first.
            Environment = [("DOTNET_EnableWriteXorExecute", "0")],
        }),
        // The runtime alone holds about 75 descriptors, one for each of its libraries.
        new(116, "64 descriptors", 7, "error OPEN_FILES: the process may have 64 files open, but .* need 96", "ulimit -n 64; engine run plan.json"),
        new(116, "96 descriptors and a few files", 0, "", "ulimit -n 96; engine run plan.json"),
        new(116, "96 descriptors and 200 files", 7, @"p-\d+\.jsonl: error OPEN_FILES: ", "ulimit -n 96; engine run plan.json --set inputs.pool.path='p-*.jsonl'")
        {
            Make = work => { for (int i = 0; i < 200; i++) work.WriteRecords(string.Create(CultureInfo.InvariantCulture, $"p-{i}.jsonl"), 1); },
        },
        new(117, "TMPDIR that cannot be written, no HOME", 0, "", "engine run plan.json") { Environment = [("TMPDIR", "/proc/none"), ("HOME", null)] },
        new(117, "a working folder that is gone", 0, "", "plan=$PWD/plan.json; mkdir gone; cd gone; rmdir ../gone; engine run \"$plan\""),
        new(117, "a relative plan in a working folder that is gone", 3, "plan.json: error MISSING: ", "mkdir gone; cd gone; rmdir ../gone; engine run plan.json"),
        new(121, "a heap that does not hold the records", 8, "error MEMORY: ", "engine run plan.json --set inputs.pool.path=many.jsonl")
        {
            Make = work => work.Write("many.jsonl", $"{{\"text\":\"{new string('x', 40 << 20)}\"}}\n"),
            Environment = [("DOTNET_GCHeapHardLimit", "2000000")],
        },
        new(122, "one processor and 256 threads", 0, "", "taskset -c 0 dotnet \"$ENGINE\" run plan.json --threads 256"),
    ];

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number:000} {Name}");
}
