using Engine.Indexes;
using Engine.Kernels;

namespace Engine.Tests.Faiss;

/// <summary>Recall and its interval against numbers worked out elsewhere.</summary>
public sealed class RecallTests
{
    [Fact]
    public void TheIntervalIsWilsons()
    {
        // The formula in decimal arithmetic of 30 digits.
        RecallEstimate most = RecallEstimate.Of([.. Enumerable.Repeat(1.0, 90), .. Enumerable.Repeat(0.0, 10)], 1000, 10);
        Assert.Equal((0.9, 0.8256343, 0.9447709), (most.Recall, Math.Round(most.Lowest, 7), Math.Round(most.Highest, 7)));
        RecallEstimate all = RecallEstimate.Of([.. Enumerable.Repeat(1.0, 100)], 1000, 10);
        Assert.Equal((1.0, 0.9630065, 1.0), (all.Recall, Math.Round(all.Lowest, 7), all.Highest));
    }

    [Fact]
    public void ASampleOfAllQueriesLeavesNothingToEstimate()
    {
        RecallEstimate whole = RecallEstimate.Of([1, 0.5, 0.75, 0.75], 4, 10);
        Assert.Equal((0.75, 0.75, 0.75), (whole.Recall, whole.Lowest, whole.Highest));
    }

    [Fact]
    public void TiesCountAsFound()
    {
        RankedRows truth = new([4, 1, 2], [0.9, 0.8, 0.8]);
        Assert.Equal(1, RecallEstimate.Share(truth, new RankedRows([4, 2, 7], [0.9, 0.8, 0.8]), IndexMetric.Cosine));
        Assert.Equal(2 / 3.0, RecallEstimate.Share(truth, new RankedRows([4, 2], [0.9, 0.8]), IndexMetric.Cosine));
        Assert.Equal(1 / 3.0, RecallEstimate.Share(truth, new RankedRows([4, 9, 8], [0.9, 0.7, 0.6]), IndexMetric.Cosine));
        Assert.Equal(2 / 3.0, RecallEstimate.Share(new RankedRows([1, 2, 3], [0, 1, 2]), new RankedRows([1, 3, 5], [0, 2, 3]), IndexMetric.L2));
    }

    [Fact]
    public void OnlyNeighboursAboveABoundCountAndAtLeastOneDoes()
    {
        RankedRows truth = new([4, 1, 2], [0.9, 0.8, 0.3]);
        Assert.Equal(1, RecallEstimate.Share(truth, new RankedRows([4, 1], [0.9, 0.8]), IndexMetric.Cosine, above: 0.5));
        Assert.Equal(0, RecallEstimate.Share(truth, new RankedRows([1], [0.8]), IndexMetric.Cosine, above: 0.95));
    }

    [Theory]
    [InlineData("Flat", 0, 0, null)]
    [InlineData("IVF1024,Flat", 1024, 0, "nprobe")]
    [InlineData("IVF64,SQ8", 64, 0, "nprobe")]
    [InlineData("HNSW32", 0, 32, "efSearch")]
    [InlineData("HNSW32,Flat", 0, 32, "efSearch")]
    [InlineData("IVF64,PQ8", 0, 0, "nprobe")]
    [InlineData("PCA32,Flat", 0, 0, null)]
    public void AFactoryTextIsUnderstoodAsFarAsItIsKnown(string factory, int lists, int links, string? parameter)
    {
        IndexKind kind = new(factory);
        Assert.Equal((lists, links, parameter), (kind.Lists, kind.Links, kind.Parameter));
    }

    [Fact]
    public void ABudgetOfMemoryChoosesTheSmallerKind()
    {
        const long Rows = 1_000_000;
        const int Dim = 768;
        long full = IndexKind.IvfFlat(Rows).Bytes(Rows, Dim), small = IndexKind.IvfSq8(Rows).Bytes(Rows, Dim);
        Assert.True(small < full / 3);
        Assert.Equal("IVF2048,Flat", IndexChoice.Of(Rows, Dim, 1000, new SearchGoal())[0].Factory);
        Assert.Equal(["IVF2048,SQ8"], IndexChoice.Of(Rows, Dim, 1000, new SearchGoal { IndexMemory = full / 2 }).Select(kind => kind.Factory));
        Assert.Equal(ExitCode.Memory, Assert.Throws<EngineException>(() => IndexChoice.Of(Rows, Dim, 1000, new SearchGoal { IndexMemory = small - 1 })).Exit);
        Assert.Equal(["Flat"], IndexChoice.Of(5000, Dim, 1000, new SearchGoal()).Select(kind => kind.Factory));
        Assert.Contains("HNSW32", IndexChoice.Of(Rows, Dim, Rows, new SearchGoal()).Select(kind => kind.Factory));
        Assert.DoesNotContain("HNSW32", IndexChoice.Of(Rows, Dim, 1000, new SearchGoal()).Select(kind => kind.Factory));
    }

    [Fact]
    public void CountingFavoursAnIndexForManyQueriesOnly()
    {
        Assert.False(IndexedSearch.Pays(1_000_000, 128, 1000, new SearchGoal(), isMade: false));
        Assert.True(IndexedSearch.Pays(1_000_000, 128, 1_000_000, new SearchGoal(), isMade: false));
        Assert.True(IndexedSearch.Pays(1_000_000, 128, 10_000, new SearchGoal(), isMade: true));
        Assert.False(IndexedSearch.Pays(1_000_000, 128, 1000, new SearchGoal(), isMade: true));
        Assert.False(IndexedSearch.Pays(1_000_000, 128, 40, new SearchGoal(), isMade: true));
    }
}
