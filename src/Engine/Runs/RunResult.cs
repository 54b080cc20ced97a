using Engine.Data;
using Engine.Plans;

namespace Engine.Runs;

/// <summary>How a run ended.</summary>
/// <param name="Folder">Full path of the run folder.</param>
/// <param name="AlreadyFinished">True when a resumed run had nothing left to do.</param>
/// <param name="Chosen">Rows in the run's selection; null when the plan has none or nothing was done.</param>
public sealed record RunResult(string Folder, bool AlreadyFinished, int? Chosen);

/// <summary>What an input holds.</summary>
/// <param name="Name">Its name in the plan.</param>
/// <param name="Kind">What it gives.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Dim">Elements in a row, or 0.</param>
/// <param name="Detail">Element type, layout, or columns.</param>
public sealed record InputSummary(string Name, ValueKind Kind, long Rows, int Dim, string Detail)
{
    internal static InputSummary Of(PlanInput input, Value value) => value switch
    {
        Embeddings embeddings => new(input.Name, value.Kind, value.Rows, embeddings.Dim, Kernels.ElementTypes.PlanName(embeddings.Matrix.Element)),
        TokenStates states => new(input.Name, value.Kind, value.Rows, states.Tokens.Dim, $"{states.Tokens.Rows} tokens"),
        ScoreTable scores => new(input.Name, value.Kind, value.Rows, 0, string.Join(", ", scores.Columns.Keys)),
        Records records => new(input.Name, value.Kind, value.Rows, 0, records.Sources.Count > 0 ? $"{records.Sources.Count} sources" : ""),
        _ => new(input.Name, value.Kind, value.Rows, 0, ""),
    };
}
