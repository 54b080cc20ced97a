namespace Engine.Kernels.Algorithms;

/// <summary>How the fits of subsets of indicators are ranked; ties go to more significant coefficients, then fewer indicators, then the earlier indicators.</summary>
public enum SubsetRank
{
    /// <summary>Highest R².</summary>
    R2,

    /// <summary>Highest adjusted R².</summary>
    AdjustedR2,

    /// <summary>Lowest AIC.</summary>
    Aic,
}

/// <summary>Ordinary least squares of the log of a loss on indicators, with every test that a careful reader asks for.</summary>
/// <remarks>log L = b0 + sum b_i x_i + error, by Householder QR in float64. Source: InstructMining (Cao et al. 2023), methods 3.4.</remarks>
public sealed class LossRegression
{
    private readonly double[][] _columns;
    private readonly int[] _exponents;
    private readonly double[] _logs;
    private readonly HouseholderQr _reduced;
    private readonly double _total;

    /// <summary>Prepares the fit.</summary>
    /// <param name="indicators">[indicators][runs], at least one, finite.</param>
    /// <param name="losses">[runs], above 0, not all equal; more runs than indicators + 1.</param>
    public LossRegression(IReadOnlyList<double[]> indicators, double[] losses)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(indicators.Count, 1, nameof(indicators));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(losses.Length, indicators.Count + 1, nameof(losses));
        double[] ones = new double[losses.Length];
        Array.Fill(ones, 1);

        // Columns are brought to a length near 1 by powers of two, which are exact, so that no square overflows or vanishes.
        _exponents = [0, .. indicators.Select(Exponent)];
        _columns = [ones, .. indicators.Select((column, i) => Array.ConvertAll(column, v => Math.ScaleB(v, -_exponents[i + 1])))];
        _logs = Array.ConvertAll(losses, NaturalLog.Of);
        _reduced = new HouseholderQr(_columns, _logs);
        _total = CentredSquares(_logs);
    }

    /// <summary>Most indicators whose subsets are all tried.</summary>
    public const int MostForSubsets = 15;

    /// <summary>Coefficients count as significant below this p.</summary>
    public const double SignificantBelow = 0.05;

    /// <summary>The first indicator that is a combination of the constant and those before it, or -1; then there is no fit.</summary>
    public int Dependent => _reduced.Dependent - (_reduced.Dependent < 0 ? 0 : 1);

    /// <summary>The indicators that the dependent one is a combination of; none when it is constant.</summary>
    public int[] DependsOn()
    {
        double[] weights = _reduced.Combination();
        double length = Length(_columns[_reduced.Dependent]);
        return [.. Enumerable.Range(1, weights.Length - 1).Where(j => Math.Abs(weights[j]) * Length(_columns[j]) > 1e-8 * length).Select(j => j - 1)];

        static double Length(double[] column) => Math.Sqrt(column.Sum(v => v * v));
    }

    /// <summary>The fit with all indicators.</summary>
    public RegressionFit Fit()
    {
        double[] inverse = _reduced.InverseDiagonal();
        double[] inflation = [.. _columns.Select((column, j) => j == 0 ? 0 : CentredSquares(column) * inverse[j])];
        return Judge(_reduced.Solve(), inverse, inflation, _reduced.ResidualSquares);
    }

    /// <summary>The share of the log-loss's variance that fits without a run predict of that run.</summary>
    /// <param name="folds">Parts the runs are shuffled into, 2 to the number of runs; sizes differ by at most one.</param>
    /// <param name="stream">Shuffles.</param>
    /// <returns>1 - sum (y - predicted)² / sum (y - mean)², or null when a part leaves too few runs, or dependent indicators, to fit.</returns>
    public double? CrossValidate(int folds, RandomStream stream)
    {
        int runs = _logs.Length;
        int[] order = stream.Sample(runs, runs);
        double missed = 0;
        for (int fold = 0; fold < folds; fold++)
        {
            int first = (int)((long)runs * fold / folds), end = (int)((long)runs * (fold + 1) / folds);
            int[] kept = [.. order[..first], .. order[end..]];
            if (kept.Length < _columns.Length) return null;
            var part = new HouseholderQr([.. _columns.Select(c => Array.ConvertAll(kept, r => c[r]))], Array.ConvertAll(kept, r => _logs[r]));
            if (part.Dependent >= 0) return null;
            double[] coefficients = part.Solve();
            foreach (int run in order[first..end])
            {
                double error = _logs[run];
                for (int j = 0; j < coefficients.Length; j++) error -= coefficients[j] * _columns[j][run];
                missed += error * error;
            }
        }

        return 1 - missed / _total;
    }

    /// <summary>Fits every subset of the indicators that is not empty, best first.</summary>
    /// <param name="rank">What is best.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <remarks>Each is fitted to the triangle of the whole problem, which has as many rows as columns, so its cost does not grow with the runs.</remarks>
    public SubsetFit[] Subsets(SubsetRank rank, Pass pass)
    {
        int indicators = _columns.Length - 1;
        if (indicators > MostForSubsets) throw new InvalidOperationException($"There are {indicators} indicators, at most {MostForSubsets} have their subsets tried.");
        double[][] triangle = [.. _columns.Select((_, j) => _reduced.Triangle(j))];
        double[] projection = _reduced.Projection();
        Func<double, double>[] tails = [.. Enumerable.Range(0, indicators + 1).Select(count => IncompleteBeta.TwoSidedT(_logs.Length - 1 - count))];
        var fits = new SubsetFit[(1 << indicators) - 1];
        for (int mask = 1; mask <= fits.Length; mask++)
        {
            if (mask % 1024 == 0)
            {
                pass.Cancel.ThrowIfCancellationRequested();
                pass.Report("subsets", mask, fits.Length);
            }

            int[] members = [.. Enumerable.Range(0, indicators).Where(i => (mask >> i & 1) == 1)];
            var part = new HouseholderQr([triangle[0], .. members.Select(i => triangle[i + 1])], projection);
            double residual = _reduced.ResidualSquares + part.ResidualSquares;
            double[] p = PValues(part.Solve(), part.InverseDiagonal(), residual, tails[members.Length]);
            fits[mask - 1] = new SubsetFit(members, 1 - residual / _total, Adjusted(residual, members.Length), Aic(residual, members.Length), p[1..].Count(v => v < SignificantBelow));
        }

        return
        [
            .. fits.OrderByDescending(f => rank switch { SubsetRank.R2 => f.R2, SubsetRank.AdjustedR2 => f.AdjustedR2, _ => -f.Aic })
                .ThenByDescending(f => f.Significant).ThenBy(f => f.Indicators.Length).ThenBy(f => f.Indicators.Sum(i => 1 << i)),
        ];
    }

    private RegressionFit Judge(double[] beta, double[] inverse, double[] inflation, double residual)
    {
        int indicators = beta.Length - 1, degrees = _logs.Length - beta.Length;
        double variance = residual / degrees;
        double[] p = PValues(beta, inverse, residual, IncompleteBeta.TwoSidedT(degrees));
        RegressionTerm[] terms = [.. beta.Select((b, j) => Term(b, Math.Sqrt(variance * inverse[j]), j))];
        double f = (_total - residual) / indicators / variance;
        return new RegressionFit(terms[0], terms[1..], 1 - residual / _total, Adjusted(residual, indicators), f, IncompleteBeta.UpperF(f, indicators, degrees), Aic(residual, indicators));

        RegressionTerm Term(double b, double se, int j) => new(Math.ScaleB(b, -_exponents[j]), Math.ScaleB(se, -_exponents[j]), b / se, p[j], inflation[j]);
    }

    private double[] PValues(double[] beta, double[] inverse, double residual, Func<double, double> tail)
    {
        double variance = residual / (_logs.Length - beta.Length);
        return [.. beta.Select((b, j) => tail(b / Math.Sqrt(variance * inverse[j])))];
    }

    private double Adjusted(double residual, int indicators) => 1 - residual / _total * (_logs.Length - 1) / (_logs.Length - 1 - indicators);

    /// <summary>-2 log-likelihood of the Gaussian model at its maximum + 2 coefficients, the constant included.</summary>
    private double Aic(double residual, int indicators) =>
        residual <= 0 ? double.NegativeInfinity : _logs.Length * (NaturalLog.Of(2 * Math.PI) + NaturalLog.Of(residual / _logs.Length) + 1) + 2 * (indicators + 1);

    private static int Exponent(double[] column) => column.Max(Math.Abs) is > 0 and var largest ? Math.ILogB(largest) : 0;

    private static double CentredSquares(double[] values)
    {
        double mean = 0, squares = 0;
        foreach (double value in values) mean += value;
        mean /= values.Length;
        foreach (double value in values) squares += (value - mean) * (value - mean);
        return squares;
    }
}

/// <summary>One coefficient of a fit.</summary>
/// <param name="Beta">The coefficient.</param>
/// <param name="Se">Its standard error.</param>
/// <param name="T">beta / se.</param>
/// <param name="P">Two-sided p of t, Student's distribution with runs - coefficients degrees of freedom.</param>
/// <param name="Vif">Variance inflation factor, 1 / (1 - R²) of the indicator on the others; 0 for the constant, which has none.</param>
public sealed record RegressionTerm(double Beta, double Se, double T, double P, double Vif);

/// <summary>A fit of the log-loss.</summary>
/// <param name="Intercept">The constant.</param>
/// <param name="Terms">One per indicator, in order.</param>
/// <param name="R2">1 - residual / total sum of squares.</param>
/// <param name="AdjustedR2">1 - (1 - R²)(runs - 1) / (runs - coefficients).</param>
/// <param name="F">The F statistic of all indicators together.</param>
/// <param name="FP">Its p.</param>
/// <param name="Aic">runs (ln(2 pi residual / runs) + 1) + 2 coefficients.</param>
public sealed record RegressionFit(RegressionTerm Intercept, IReadOnlyList<RegressionTerm> Terms, double R2, double AdjustedR2, double F, double FP, double Aic);

/// <summary>The fit of a subset of the indicators.</summary>
/// <param name="Indicators">Which, ascending.</param>
/// <param name="R2">1 - residual / total sum of squares.</param>
/// <param name="AdjustedR2">1 - (1 - R²)(runs - 1) / (runs - coefficients).</param>
/// <param name="Aic">runs (ln(2 pi residual / runs) + 1) + 2 coefficients.</param>
/// <param name="Significant">Indicators whose p is below <see cref="LossRegression.SignificantBelow"/>.</param>
public sealed record SubsetFit(int[] Indicators, double R2, double AdjustedR2, double Aic, int Significant);
