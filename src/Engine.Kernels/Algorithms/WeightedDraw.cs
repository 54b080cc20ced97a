namespace Engine.Kernels.Algorithms;

/// <summary>How quality becomes the weight of a row.</summary>
public enum QualityWeighting
{
    /// <summary>The weight is the quality, which is never negative.</summary>
    Linear,

    /// <summary>The weight is exp(quality / temperature).</summary>
    Softmax,
}

/// <summary>Draws rows with probability proportional to a weight that grows with quality, from uniform numbers that the caller brings.</summary>
/// <param name="weighting">How quality becomes weight.</param>
/// <param name="temperature">What quality is divided by under softmax, above 0: low sharpens, high flattens.</param>
/// <remarks>Logarithms and exponentials are the engine's own, so the same uniforms give the same rows on every machine.</remarks>
public sealed class WeightedDraw(QualityWeighting weighting, double temperature = 1)
{
    /// <summary>What a uniform of 0 counts as: half of the least other one.</summary>
    private const double LeastUniform = 1.0 / (1L << 54);

    /// <summary>The weights up to a common factor, the greatest from 1 to 2; where all are 0, all are 1.</summary>
    /// <param name="quality">[rows], finite; with linear weighting at least 0.</param>
    /// <remarks>Softmax takes the greatest quality off first, so that no score is too large for it.</remarks>
    public double[] Weights(ReadOnlySpan<double> quality)
    {
        double[] weights = new double[quality.Length];
        if (weights.Length == 0) return weights;
        double best = Greatest(quality);
        if (weighting == QualityWeighting.Linear && best == 0) Array.Fill(weights, 1);
        else if (weighting == QualityWeighting.Linear)
        {
            // A power of two changes no digit, and keeps the sum of large qualities finite.
            int exponent = Math.ILogB(best);
            for (int i = 0; i < weights.Length; i++) weights[i] = Math.ScaleB(quality[i], -exponent);
        }
        else
        {
            for (int i = 0; i < weights.Length; i++) weights[i] = Exponential.Of((quality[i] - best) / temperature);
        }

        return weights;
    }

    /// <summary>The keys that order a draw without replacement: ln w - ln(-ln u), largest first.</summary>
    /// <param name="quality">[rows], finite; with linear weighting at least 0.</param>
    /// <param name="uniforms">[rows], in [0, 1).</param>
    /// <remarks>
    /// That is -ln of minus the key ln(u) / w of Efraimidis and Spirakis 2006, and so the same order; it needs no weight but its logarithm, which softmax has
    /// without an exponential: no row underflows to weight 0. A row of weight 0 has the key minus infinity.
    /// </remarks>
    public double[] Keys(ReadOnlySpan<double> quality, ReadOnlySpan<double> uniforms)
    {
        if (quality.Length != uniforms.Length) throw new ArgumentException($"{quality.Length} rows, but {uniforms.Length} uniforms.", nameof(uniforms));
        double best = quality.IsEmpty ? 0 : Greatest(quality);
        double[] keys = new double[quality.Length];
        for (int i = 0; i < keys.Length; i++)
            keys[i] = (weighting == QualityWeighting.Linear ? NaturalLog.Of(quality[i]) : (quality[i] - best) / temperature) + Chance(uniforms[i]);
        return keys;
    }

    /// <summary>Distinct rows in the order drawn: each with probability proportional to its weight among the rows not drawn yet.</summary>
    /// <param name="quality">[rows], finite; with linear weighting at least 0.</param>
    /// <param name="uniforms">[rows], in [0, 1); one belongs to each row, whatever the count, so a smaller draw is the front of a larger one.</param>
    /// <param name="count">Rows wanted, 0 .. rows.</param>
    /// <remarks>Rows of weight 0 come after all others, in random order. Ties go to the lower row.</remarks>
    public int[] WithoutReplacement(ReadOnlySpan<double> quality, ReadOnlySpan<double> uniforms, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, quality.Length);
        double[] keys = Keys(quality, uniforms);
        double[] chances = new double[keys.Length];
        int[] order = new int[keys.Length];
        for (int i = 0; i < order.Length; i++) (order[i], chances[i]) = (i, Chance(uniforms[i]));

        // Equal keys are weight 0, or weights so far below the best that chance vanished in rounding: chance decides among them still.
        Array.Sort(order, (a, b) =>
        {
            int byKey = keys[b].CompareTo(keys[a]);
            if (byKey != 0) return byKey;
            int byChance = chances[b].CompareTo(chances[a]);
            return byChance != 0 ? byChance : a.CompareTo(b);
        });
        return order[..count];
    }

    /// <summary>A row per uniform, each with probability proportional to its weight; rows may repeat.</summary>
    /// <param name="quality">[rows], at least one, finite; with linear weighting at least 0.</param>
    /// <param name="uniforms">[count], in [0, 1).</param>
    /// <remarks>The first row whose weight and those before it add up to more than u times the sum of all.</remarks>
    public int[] WithReplacement(ReadOnlySpan<double> quality, ReadOnlySpan<double> uniforms)
    {
        if (quality.IsEmpty) throw new ArgumentException("There is no row to draw.", nameof(quality));
        double[] sums = Weights(quality);
        for (int i = 1; i < sums.Length; i++) sums[i] += sums[i - 1];

        int[] drawn = new int[uniforms.Length];
        for (int n = 0; n < drawn.Length; n++)
        {
            // u is below 1 by at least a unit in the last place, so the target stays below the last sum and a row of weight 0 is never met.
            double target = uniforms[n] * sums[^1];
            int low = 0, high = sums.Length - 1;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                if (sums[middle] > target) high = middle;
                else low = middle + 1;
            }

            drawn[n] = low;
        }

        return drawn;
    }

    /// <summary>-ln(-ln u): standard Gumbel.</summary>
    private static double Chance(double uniform) => -NaturalLog.Of(-NaturalLog.Of(uniform == 0 ? LeastUniform : uniform));

    private static double Greatest(ReadOnlySpan<double> quality)
    {
        double best = double.NegativeInfinity;
        foreach (double value in quality) best = Math.Max(best, value);
        return best;
    }
}
