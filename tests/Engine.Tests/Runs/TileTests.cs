using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Runs;
using Engine.Steps;

namespace Engine.Tests.Runs;

/// <summary>The position of a step on the disk: what was torn, changed or belongs to something else reads as nothing, and the generation before it counts.</summary>
public sealed class TileTests : IDisposable
{
    private const string Key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    private readonly Workspace _work = new();
    private readonly Staging _staging;

    public TileTests() => _staging = new Staging(_work.At("out"));

    private string A => Path.Combine(_staging.TilesOf("s"), "a");

    private string B => Path.Combine(_staging.TilesOf("s"), "b");

    public void Dispose() => _work.Dispose();

    [Fact]
    public void APositionIsReadAsItWasKept()
    {
        KMeansPosition position = Sample(7);
        Open().Save(PositionFormats.KMeans, position);
        Assert.True(TileStore.Has(_staging, "s", Key));
        Assert.Equivalent(position, Open().TryRestore(PositionFormats.KMeans), strict: true);
    }

    [Fact]
    public void ARecordThatIsCutAtAnyByteLetsTheOlderOneCount()
    {
        (byte[] newer, byte[] _) = TwoGenerations();
        for (int length = 0; length < newer.Length; length++) AssertOlder(newer[..length], $"cut to {length} bytes");
        AssertOlder([.. newer, 0], "one byte longer");
    }

    [Fact]
    public void ARecordWithAnyByteFlippedLetsTheOlderOneCount()
    {
        (byte[] newer, byte[] _) = TwoGenerations();
        for (int at = 0; at < newer.Length; at++)
        {
            foreach (int flip in new[] { 1, 0x80, 0xff })
            {
                byte[] flipped = [.. newer];
                flipped[at] ^= (byte)flip;
                AssertOlder(flipped, $"byte {at} flipped by {flip}");
            }
        }
    }

    [Fact]
    public void BothGenerationsDamagedAreNone()
    {
        (byte[] newer, byte[] older) = TwoGenerations();
        File.WriteAllBytes(B, newer[..^1]);
        File.WriteAllBytes(A, new byte[older.Length]);
        Assert.Null(Open().TryRestore(PositionFormats.KMeans));
        Assert.False(TileStore.Has(_staging, "s", Key));
    }

    [Fact]
    public void GenerationsAreWrittenInTurnAlsoAfterARestart()
    {
        TwoGenerations();
        TileStore store = Open();
        Assert.Equal(2, store.TryRestore(PositionFormats.KMeans)!.Restart);
        byte[] newer = File.ReadAllBytes(B);
        store.Save(PositionFormats.KMeans, Sample(3));
        Assert.Equal(newer, File.ReadAllBytes(B));
        Assert.Equal(3, Open().TryRestore(PositionFormats.KMeans)!.Restart);
        Assert.Equal(["a", "b"], Directory.GetFiles(_staging.TilesOf("s")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void APositionOfAnotherKeyIsNone()
    {
        TwoGenerations();
        Assert.Null(new TileStore(_staging, "s", Key.Replace('0', '1'), TimeSpan.FromHours(1)).TryRestore(PositionFormats.KMeans));
        Assert.NotNull(Open().TryRestore(PositionFormats.KMeans));
    }

    [Fact]
    public void APositionIsDueAfterTheIntervalAndSeldomWhenKeepingIsSlow()
    {
        Assert.False(Open().IsDue);
        var store = new TileStore(_staging, "s", Key, TimeSpan.FromTicks(1));
        Thread.Sleep(1);
        Assert.True(store.IsDue);

        // Half a second of keeping puts the next position at least 25 seconds off.
        store.Save(new PositionFormat<string>((to, text) => { Thread.Sleep(500); to.Write(text); }, from => from.Text()), "slow");
        Thread.Sleep(50);
        Assert.False(store.IsDue);
    }

    [Theory]
    [InlineData("\"30s\"", 30_000)]
    [InlineData("\"250ms\"", 250)]
    [InlineData("\"2m\"", 120_000)]
    [InlineData("\"01h\"", 3_600_000)]
    public void TheIntervalIsReadFromThePlan(string text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ReadPlan($"run.checkpoint={text}").Run.Checkpoint);

    [Theory]
    [InlineData("30")]
    [InlineData("\"0s\"")]
    [InlineData("\"30\"")]
    [InlineData("\"1.5s\"")]
    [InlineData("\"9999999s\"")]
    [InlineData("\"30 s\"")]
    public void AnIntervalThatIsNoneIsRefused(string text)
    {
        EngineError error = Assert.Single(Assert.Throws<EngineException>(() => ReadPlan($"run.checkpoint={text}")).Errors);
        Assert.Equal(ExitCode.Plan, error.Exit);
        Assert.Contains("a time such as \"30s\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheIntervalIsNoPartOfWhatAPlanComputes() =>
        Assert.Equal(PlanIdentity.Of(ReadPlan()), PlanIdentity.Of(ReadPlan("run.checkpoint=\"1s\"")));

    private Plan ReadPlan(params string[] overrides)
    {
        _work.Write("plan.json", """{ "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "vec.npy" } }, "steps": { "s": { "op": "kcenter", "in": "vec", "budget": 1 } } }""");
        return SelectionEngine.ReadPlan(_work.At("plan.json"), overrides);
    }

    private static KMeansPosition Sample(int restart) => new(
        restart, 12, new KMeansTrace(1, [1.5f, float.MinValue], [3, 2.5]), null, new SeedingPosition([4, 1], -1, true, [1, 2, 3, ulong.MaxValue], [0, 1, 2], [double.PositiveInfinity, 0, .1], 1, 9));

    private TileStore Open() => new(_staging, "s", Key, TimeSpan.FromHours(1));

    /// <summary>Keeps two positions, restart 1 in a and restart 2 in b.</summary>
    private (byte[] Newer, byte[] Older) TwoGenerations()
    {
        TileStore store = Open();
        store.Save(PositionFormats.KMeans, Sample(1));
        store.Save(PositionFormats.KMeans, Sample(2));
        Assert.Equal(2, Open().TryRestore(PositionFormats.KMeans)!.Restart);
        return (File.ReadAllBytes(B), File.ReadAllBytes(A));
    }

    private void AssertOlder(byte[] newer, string what)
    {
        File.WriteAllBytes(B, newer);
        Assert.True(Open().TryRestore(PositionFormats.KMeans) is { Restart: 1 }, what);
    }
}
