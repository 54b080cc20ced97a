namespace Engine.Runs;

/// <summary>A run was cancelled after it had finished steps or come some way within one: that is kept, and a run of the same plan with <c>onExisting</c> <c>resume</c> goes on from there.</summary>
/// <param name="folder">Full path of the run folder.</param>
/// <param name="finishedSteps">Steps that need not run again.</param>
/// <param name="halfwayStep">The step that goes on from where it stood, or null.</param>
/// <param name="inner">The cancellation.</param>
public sealed class RunStoppedException(string folder, int finishedSteps, string? halfwayStep, OperationCanceledException inner)
    : OperationCanceledException($"The run was stopped after {finishedSteps} finished steps{(halfwayStep is null ? "" : $" and within \"{halfwayStep}\"")}; it can be resumed.", inner, inner.CancellationToken)
{
    /// <summary>Full path of the run folder.</summary>
    public string Folder => folder;

    /// <summary>Steps that need not run again.</summary>
    public int FinishedSteps => finishedSteps;

    /// <summary>The step that goes on from where it stood, or null.</summary>
    public string? HalfwayStep => halfwayStep;
}
