namespace Engine.Runs;

/// <summary>What a plan finds and will need, before anything is computed.</summary>
/// <param name="Inputs">What each input holds, in the plan's order.</param>
/// <param name="Memory">What it will need of memory, step by step.</param>
/// <param name="Warnings">What the user should know about the inputs, such as a loss of precision.</param>
public sealed record PlanPreview(IReadOnlyList<InputSummary> Inputs, MemoryForecast Memory, IReadOnlyList<string> Warnings);
