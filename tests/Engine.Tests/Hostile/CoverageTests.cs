using System.Globalization;
using Xunit.Abstractions;

namespace Engine.Tests.Hostile;

/// <summary>Which of the 141 cases are rows of the table, which are tests of their own, and which are left out and why.</summary>
public sealed class CoverageTests(ITestOutputHelper output)
{
    private static readonly Dictionary<int, string> Elsewhere = new()
    {
        [44] = nameof(ChangingInputTests),
        [64] = nameof(HugeInputTests),
        [87] = nameof(Faiss.IndexFileTests),
        [88] = nameof(Faiss.IndexFileTests),
        [89] = nameof(Faiss.IndexFileTests),
        [91] = nameof(Faiss.FaissLibraryTests),
        [94] = nameof(OddValueTests),
        [95] = nameof(OddValueTests),
        [96] = nameof(OddValueTests),
        [100] = nameof(Runs.CommandTests),
        [108] = nameof(Faults.FailureTests),
        [109] = nameof(Faults.FailureTests) + ", of inputs " + nameof(Faults.InputFailureTests),
        [106] = nameof(PermissionTests),
        [111] = nameof(CommandCaseTests.Results_may_lie_on_another_file_system),
        [112] = nameof(Faults.RaceTests),
        [113] = nameof(CommandCaseTests.After_a_run_was_killed_the_next_one_starts_at_once),
        [114] = nameof(ChangingInputTests),
        [115] = nameof(MappedInputTests),
        [118] = nameof(CommandCaseTests.Words_for_the_locale_change_no_byte),
        [119] = nameof(ClockTests),
        [120] = nameof(ControlGroupTests),
        [123] = nameof(Runs.SameBitsTests),
        [124] = nameof(Runs.CommandTests),
        [126] = nameof(Runs.ResumeTests) + ", " + nameof(Runs.TileTests),
        [127] = nameof(Runs.ResumeTests) + ", " + nameof(Runs.TileTests),
        [128] = nameof(CheckpointTests),
        [129] = nameof(CheckpointTests),
        [130] = nameof(Runs.StopCommandTests),
        [131] = nameof(Runs.TileTests) + ", " + nameof(CheckpointTests),
        [125] = nameof(Cuda.CudaRunTests),
        [132] = nameof(CheckpointTests) + ", " + nameof(Runs.KillTests),
        [133] = nameof(CheckpointTests),
    };

    private static readonly Dictionary<string, string> LeftOut = new(StringComparer.Ordinal)
    {
        ["17"] = "the command has no --root: a plan may name any path its user may read",
        ["90"] = "ONNX models come with their steps",
        ["134-141"] = "there are no ranks: one machine, no MPI",
    };

    [Fact]
    public void Every_case_is_a_row_a_test_or_left_out_for_a_reason()
    {
        HashSet<int> rows = [.. HostileInputTests.All.Select(c => c.Number), .. CommandCase.All.Select(c => c.Number)];
        HashSet<int> left = [.. LeftOut.Keys.SelectMany(Range)];
        output.WriteLine($"rows: {string.Join(' ', rows.Order())}");
        foreach ((int number, string test) in Elsewhere) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number}: {test}"));
        foreach ((string numbers, string reason) in LeftOut) output.WriteLine($"{numbers} left out: {reason}");
        Assert.Empty(left.Intersect(rows.Union(Elsewhere.Keys)));
        Assert.Equal(Enumerable.Range(1, 141), rows.Union(Elsewhere.Keys).Union(left).Order());
    }

    private static IEnumerable<int> Range(string numbers)
    {
        int[] ends = [.. numbers.Split('-').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    }
}
