namespace Engine.Tests.Runs;

/// <summary><c>engine inspect</c> and <c>engine convert</c>: words, streams, exit codes.</summary>
public sealed class DataCommandTests : IDisposable
{
    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public void InspectPrintsWhatItCanAndNamesWhatItCannot()
    {
        _work.WriteRecords("pool.jsonl", 3);
        _work.WriteMatrix("v-2.npy", [1, 2], 2);
        _work.WriteMatrix("v-10.npy", [1, 2, 3], 3);
        Outcome run = _work.Engine(["inspect", "none.csv", "v-*.npy", "pool.jsonl"]);
        Assert.Equal(4, run.Exit);
        Assert.StartsWith("none.csv: error MISSING:", run.Error, StringComparison.Ordinal);
        Assert.StartsWith("v-2.npy\n  format       .npy 1.0\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("v-10.npy\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("  layout         promptCompletion\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("  id candidates  id\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ConvertWritesOneFile()
    {
        _work.WriteMatrix("v-2.npy", [1, 2], 2);
        _work.WriteMatrix("v-10.npy", [3, 4], 2);
        Outcome run = _work.Engine(["convert", "v-*.npy", "all.safetensors", "--dtype", "bf16"]);
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(("all.safetensors\n", ""), (run.Output, run.Error));
        Outcome again = _work.Engine(["convert", "v-*.npy", "all.safetensors"]);
        Assert.Equal(6, again.Exit);
        Assert.StartsWith("all.safetensors: error EXISTS:", again.Error, StringComparison.Ordinal);
        Assert.Equal(2, _work.Engine(["convert", "v-2.npy", "b.npy", "--dtype", "f64"]).Exit);
        Assert.Equal(["all.safetensors", "v-10.npy", "v-2.npy"], _work.Entries());
    }
}
