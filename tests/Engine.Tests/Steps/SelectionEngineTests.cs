using System.Collections.Concurrent;
using Engine.Data;
using Engine.Selections;
using Engine.Steps;

namespace Engine.Tests.Steps;

public sealed class SelectionEngineTests
{
    [Fact]
    public async Task RunsTheStepsOfAPipeline()
    {
        using var engine = new SelectionEngine(new EngineOptions { Threads = 2, Seed = 7 });
        MemoryRecords records = MemoryRecords.OfTexts([.. Enumerable.Range(0, 40).Select(i => $"text number {i}")]);
        using Embeddings vectors = await engine.RunAsync(new Embed { In = records, Model = new HashingModel(64) });
        Clustering clusters = await engine.RunAsync(new KMeans { In = vectors, K = 4 });
        Selection core = await engine.RunAsync(new KCenter { In = vectors, Budget = 10 });
        Selection near = await engine.RunAsync(new Rds { In = vectors, Queries = [new("t", vectors)], Budget = Budget.Percent(25) });
        Selection all = await engine.RunAsync(new Union { In = [core, near] });
        Assert.Equal(40, clusters.Sizes.Sum());
        Assert.Equal("embed", vectors.Name);
        Assert.InRange(all.Rows, 10, 20);
        Assert.Same(records, all.Pool);
        Assert.StartsWith("cpu-", engine.KernelSet, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheNameAndTheSeedDecideWhatIsDrawn()
    {
        async Task<int[]> Draw(long seed, string? name)
        {
            using var engine = new SelectionEngine(new EngineOptions { Threads = 1, Seed = seed });
            var step = new RandomSample { In = StepCase.Chosen(1000, [.. Enumerable.Range(0, 1000)]), Budget = 20 };
            return (name is null ? await engine.RunAsync(step) : await engine.RunAsync(name, step)).Indices;
        }

        Assert.Equal(await Draw(1, null), await Draw(1, "random"));
        Assert.Equal(await Draw(1, null), StepCase.Run(new RandomSample { In = StepCase.Chosen(1000, [.. Enumerable.Range(0, 1000)]), Budget = 20 }, "random", 1).Indices);
        Assert.NotEqual(await Draw(1, null), await Draw(1, "other"));
        Assert.NotEqual(await Draw(1, null), await Draw(2, null));
    }

    [Fact]
    public async Task TellsWhereAStepStands()
    {
        var heard = new Listener();
        using var engine = new SelectionEngine(new EngineOptions { Threads = 1 });
        using Embeddings vectors = StepCase.Vectors(1, [.. Enumerable.Range(0, 50).Select(i => (float)i * i)]);
        await engine.RunAsync("cover", new KCenter { In = vectors, Budget = 5 }, heard);
        ProgressEvent[] events = [.. heard.Events];
        Assert.Equal(ProgressState.Started, events[0].State);
        Assert.Equal(ProgressState.Finished, events[^1].State);
        Assert.Equal(5, events[^1].Done);
        Assert.All(events, e => Assert.Equal("cover", e.Step));
        Assert.Contains(events, e => e is { State: ProgressState.Working, Unit: "picks", Done: 2, Total: 5, Remaining: not null });
    }

    [Fact]
    public async Task StopsWhenCancelled()
    {
        using var engine = new SelectionEngine(new EngineOptions { Threads = 1 });
        using var stop = new CancellationTokenSource();
        var heard = new Listener(e =>
        {
            if (e is { State: ProgressState.Working, Done: >= 3 }) stop.Cancel();
        });
        using Embeddings vectors = StepCase.Vectors(1, [.. Enumerable.Range(0, 2000).Select(i => (float)(i * 7919 % 2003))]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.RunAsync(new KCenter { In = vectors, Budget = 2000 }, heard, stop.Token));
        Assert.DoesNotContain(heard.Events, e => e.State == ProgressState.Finished);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.RunAsync(new KCenter { In = vectors, Budget = 1 }, null, stop.Token));
        Selection after = await engine.RunAsync(new KCenter { In = vectors, Budget = 1 });
        Assert.Equal([0], after.Indices);
    }

    [Fact]
    public async Task StepsStartedTogetherAllFinish()
    {
        using var engine = new SelectionEngine(new EngineOptions { Threads = 2 });
        using Embeddings vectors = StepCase.Vectors(1, [.. Enumerable.Range(0, 500).Select(i => (float)(i * 7919 % 503))]);
        Selection[] picked = await Task.WhenAll(Enumerable.Range(1, 8).Select(n => engine.RunAsync(new KCenter { In = vectors, Budget = 10 * n })));
        for (int n = 1; n < 8; n++) Assert.Equal(picked[n - 1].Indices, picked[n].Indices[..(10 * n)]);
    }

    [Fact]
    public async Task ErrorsAreTheSteps()
    {
        using var engine = new SelectionEngine();
        using Embeddings vectors = StepCase.Vectors(1, 1, 2);
        var refused = await Assert.ThrowsAsync<EngineException>(() => engine.RunAsync(new KCenter { In = vectors, Budget = 3 }));
        Assert.Equal(ExitCode.Input, refused.Exit);
        engine.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.RunAsync(new KCenter { In = vectors, Budget = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SelectionEngine(new EngineOptions { Threads = -1 }));
    }

    private sealed class Listener(Action<ProgressEvent>? also = null) : IProgress<ProgressEvent>
    {
        public ConcurrentQueue<ProgressEvent> Events { get; } = [];

        public void Report(ProgressEvent value)
        {
            Events.Enqueue(value);
            also?.Invoke(value);
        }
    }
}
