namespace Engine.Kernels.Algorithms;

/// <summary>How a loss with its instruction is compared with the loss without.</summary>
public enum IfdRatio
{
    /// <summary>mean NLL(answer | instruction) / mean NLL(answer): the published code.</summary>
    Loss,

    /// <summary>PPL(answer | instruction) / PPL(answer) = exp of the difference of the mean NLLs.</summary>
    Perplexity,
}

/// <summary>Instruction-following difficulty: how little the instruction helps a model to predict the answer.</summary>
/// <remarks>Source: Cherry LLM (Li et al. 2024), methods 5.2.</remarks>
public static class FollowingDifficulty
{
    /// <summary>The difficulty of every row.</summary>
    /// <param name="conditional">[rows], mean NLL of the answer's tokens after the instruction, at least 0.</param>
    /// <param name="alone">[rows], mean NLL of the answer's tokens without it, at least 0.</param>
    /// <param name="ratio">The variant.</param>
    /// <returns>[rows]; NaN for a row whose answer has no loss of its own, which has no difficulty either.</returns>
    public static double[] Of(ReadOnlySpan<double> conditional, ReadOnlySpan<double> alone, IfdRatio ratio)
    {
        if (conditional.Length != alone.Length) throw new ArgumentException($"{conditional.Length} conditional losses, but {alone.Length} without instruction.", nameof(alone));
        double[] difficulty = new double[alone.Length];
        for (int row = 0; row < difficulty.Length; row++)
        {
            difficulty[row] = alone[row] == 0 ? double.NaN
                : ratio == IfdRatio.Loss ? conditional[row] / alone[row]
                : Exponential.Of(conditional[row] - alone[row]);
        }

        return difficulty;
    }
}
