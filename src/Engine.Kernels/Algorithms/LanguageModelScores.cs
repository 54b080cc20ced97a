namespace Engine.Kernels.Algorithms;

/// <summary>Scores from what a language model says of tokens, in arithmetic that gives the same bits everywhere.</summary>
public static class LanguageModelScores
{
    /// <summary>e^loss.</summary>
    /// <param name="loss">Mean negative log-likelihood of some tokens, at least 0.</param>
    /// <returns>At least 1; plus infinity beyond the range of float64.</returns>
    public static double Perplexity(double loss) => Exponential.Of(loss);

    /// <summary>How far one answer is likelier than another: p(yes) / (p(yes) + p(no)).</summary>
    /// <param name="yes">The logit of one token.</param>
    /// <param name="no">The logit of the other.</param>
    /// <returns>1 / (1 + e^(no - yes)), from 0 to 1.</returns>
    /// <remarks>Source: UniEval (Zhong et al. 2022), methods 3.3.</remarks>
    public static double YesShare(double yes, double no) => 1 / (1 + Exponential.Of(no - yes));

    /// <summary>The expected rating when only the ratings are possible answers: sum of k p(k) over k = 1, 2, ..., with p the softmax of their logits.</summary>
    /// <param name="logits">The logit of the token for each rating, the lowest rating first; at least one.</param>
    /// <returns>From 1 to the number of ratings.</returns>
    /// <remarks>Source: DEITA (Liu et al. 2024), methods 4.2.</remarks>
    public static double Rating(ReadOnlySpan<double> logits)
    {
        double highest = double.NegativeInfinity, weights = 0, weighted = 0;
        foreach (double logit in logits) highest = Math.Max(highest, logit);
        for (int k = 0; k < logits.Length; k++)
        {
            double weight = Exponential.Of(logits[k] - highest);
            weights += weight;
            weighted += (k + 1) * weight;
        }

        return weighted / weights;
    }
}
