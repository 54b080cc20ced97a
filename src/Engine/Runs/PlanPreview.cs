namespace Engine.Runs;

/// <summary>What a plan finds and will need, before anything is computed.</summary>
/// <param name="Inputs">What each input holds, in the plan's order.</param>
/// <param name="Memory">What it will need of memory, step by step.</param>
public sealed record PlanPreview(IReadOnlyList<InputSummary> Inputs, MemoryForecast Memory);
