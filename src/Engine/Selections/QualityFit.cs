using Engine.Data;
using Engine.Kernels.Algorithms;

namespace Engine.Selections;

/// <summary>A linear rule for the log of a loss, fitted to training runs, with its tests and the fits of all subsets of the indicators.</summary>
public sealed class QualityFit : Value
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Fit;

    /// <summary>Runs it was fitted to.</summary>
    public override long Rows => Runs;

    /// <summary>Runs it was fitted to.</summary>
    public required int Runs { get; init; }

    /// <summary>The indicators' names, in the order of the regression's terms.</summary>
    public required IReadOnlyList<string> Indicators { get; init; }

    /// <summary>The fit with all indicators.</summary>
    public required RegressionFit Regression { get; init; }

    /// <summary>R² of predictions by fits that had not seen the run, or null when the parts were too small to fit.</summary>
    public required double? CrossValidatedR2 { get; init; }

    /// <summary>The fit of every subset of the indicators that is not empty, best first.</summary>
    public required IReadOnlyList<SubsetFit> Subsets { get; init; }
}
