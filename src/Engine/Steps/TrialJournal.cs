using Engine.Kernels.Algorithms;

namespace Engine.Steps;

/// <summary>The trials of a search, kept one by one, so that a run which is stopped or killed does not repeat them.</summary>
internal interface ITrialJournal
{
    /// <summary>The trials an earlier run kept, in their order.</summary>
    IReadOnlyList<SizeTrial> Kept { get; }

    /// <summary>Keeps a trial; it survives the process when this returns.</summary>
    void Keep(SizeTrial trial);
}

/// <summary>Keeps nothing: a program has no run to resume.</summary>
internal sealed class NoTrialJournal : ITrialJournal
{
    /// <inheritdoc/>
    public IReadOnlyList<SizeTrial> Kept => [];

    /// <inheritdoc/>
    public void Keep(SizeTrial trial)
    {
    }
}
