using Engine.Plans;

namespace Engine.Steps;

/// <summary>Every op of the plan language, in the order the documentation tells them.</summary>
public static class StepCatalogue
{
    /// <summary>All ops.</summary>
    public static IReadOnlyList<StepBinding> All { get; } =
    [
        Embed.Definition,
        PoolStates.Definition,
        Rds.Definition,
        KMeans.Definition,
        KCenter.Definition,
        LocateTask.Definition,
        SampleByCosine.Definition,
        MeasureIndicators.Definition,
        PredictQuality.Definition,
        FitQuality.Definition,
        SearchSize.Definition,
        SampleByQuality.Definition,
        SampleByCluster.RandomDefinition,
        SampleByCluster.ClosestDefinition,
        SampleInRounds.Definition,
        RandomSample.Definition,
        Balanced.Definition,
        SelectByPerplexity.Definition,
        SelectByIfd.Definition,
        SelectByDeita.Definition,
        SelectByInfluence.Definition,
        SelectByQdit.Definition,
        Deduplicate.Definition,
        Union.Definition,
        Filter.Definition,
    ];

    /// <summary>The plan language with these ops.</summary>
    internal static PlanLanguage Language { get; } = new(All);

    /// <summary>The op of that name, or null.</summary>
    public static StepBinding? Find(string op) => All.FirstOrDefault(d => d.Op == op);
}
