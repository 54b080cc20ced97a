using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

/// <summary>The log-loss regression: golden data H, a reference by normal equations, and what is refused.</summary>
public sealed class FitQualityTests
{
    private const double Digits = 5e-7;

    private static readonly ScoreTable Golden = new(new Dictionary<string, double[]>
    {
        ["x1"] = [1, 2, 3, 4, 5],
        ["loss"] = [Math.Exp(1), Math.Exp(2), Math.Exp(4), Math.Exp(3), Math.Exp(6)],
        ["x2"] = [2, 1, 5, 3, 6],
    }, "runs.csv");

    [Fact]
    public void GoldenRegression()
    {
        var fit = (QualityFit)Bind("fitQuality", """{ "runs": "t" }""", ("t", Golden)).Run(NewRun());
        Assert.Equal(["x1", "x2"], fit.Indicators);
        RegressionFit found = fit.Regression;
        RegressionTerm[] terms = [found.Intercept, .. found.Terms];
        Equal([-.3, .6, .5], terms.Select(t => t.Beta));
        Equal([.710634, .327872, .25], terms.Select(t => t.Se));
        Equal([-.422159, 1.829983, 2], terms.Select(t => t.T));
        Equal([.713961, .208743, .183503], terms.Select(t => t.P));
        Equal([.939189, .878378, 15.444444, .060811], [found.R2, found.AdjustedR2, found.F, found.FP]);

        // Two indicators inflate each other alike, by their squared correlation: 10 / sqrt(10 * 17.2).
        Equal([1 / (1 - 100 / 172.0), 1 / (1 - 100 / 172.0)], found.Terms.Select(t => t.Vif));
        Assert.Equal(5 * (Math.Log(2 * Math.PI * .9 / 5) + 1) + 6, found.Aic, 1e-9);
        Assert.Equal(3, fit.Subsets.Count);
        Assert.Equal([0, 1], fit.Subsets[0].Indicators);
        Assert.Equal(found.R2, fit.Subsets[0].R2, 1e-12);
        Assert.Equal(found.Aic, fit.Subsets[0].Aic, 1e-9);
        Assert.NotNull(fit.CrossValidatedR2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void EveryNumberIsThatOfTheNormalEquations(int seed)
    {
        const int Runs = 40, Count = 4;
        (ScoreTable table, double[][] x, double[] y) = Noise(seed, Runs, Count);
        QualityFit fit = Run(new FitQuality { Runs = table, Folds = Runs });
        (double[] beta, double[][] inverse, double residual) = Naive(x, y);
        for (int j = 0; j < Count; j++)
        {
            RegressionTerm term = fit.Regression.Terms[j];
            Assert.Equal(beta[j + 1], term.Beta, 1e-9);
            Assert.Equal(Math.Sqrt(residual / (Runs - Count - 1) * inverse[j + 1][j + 1]), term.Se, 1e-9);
            double[][] others = [.. x.Where((_, i) => i != j)];
            Assert.Equal(1 / (1 - R2(others, x[j])), term.Vif, 1e-7);
        }

        // Leaving one out at a time does not depend on the shuffle.
        double missed = 0;
        for (int left = 0; left < Runs; left++)
        {
            double[] part = Naive([.. x.Select(c => c.Where((_, r) => r != left).ToArray())], [.. y.Where((_, r) => r != left)]).Beta;
            double error = y[left] - part[0] - x.Select((c, j) => c[left] * part[j + 1]).Sum();
            missed += error * error;
        }

        Assert.Equal(1 - missed / y.Sum(v => (v - y.Average()) * (v - y.Average())), fit.CrossValidatedR2!.Value, 1e-9);
        Assert.Equal(15, fit.Subsets.Count);
        foreach (SubsetFit subset in fit.Subsets)
        {
            double expected = R2([.. subset.Indicators.Select(i => x[i])], y);
            Assert.Equal(expected, subset.R2, 1e-9);
            Assert.Equal(1 - (1 - expected) * (Runs - 1) / (Runs - 1 - subset.Indicators.Length), subset.AdjustedR2, 1e-9);
        }
    }

    [Theory]
    [InlineData("R2")]
    [InlineData("adjR2")]
    [InlineData("AIC")]
    public void SubsetsAreRankedAsAsked(string rank)
    {
        (ScoreTable table, _, _) = Noise(7, 30, 5);
        var fit = (QualityFit)Bind("fitQuality", $$"""{ "runs": "t", "rank": "{{rank}}" }""", ("t", table)).Run(NewRun());
        double[] worth = [.. fit.Subsets.Select(s => rank switch { "R2" => s.R2, "adjR2" => s.AdjustedR2, _ => -s.Aic })];
        Assert.Equal(31, worth.Length);
        Assert.Equal(worth.OrderDescending(), worth);
        Assert.Equal(31, fit.Subsets.Select(s => string.Join(',', s.Indicators)).Distinct().Count());
        Assert.Equal(rank == "R2", fit.Subsets[0].Indicators.Length == 5);
    }

    [Fact]
    public void ExtremeUnitsChangeOnlyTheUnits()
    {
        (ScoreTable table, _, _) = Noise(3, 20, 2);
        RegressionFit plain = Run(new FitQuality { Runs = table }).Regression;
        var scaled = new ScoreTable(new Dictionary<string, double[]>
        {
            ["loss"] = table.Columns["loss"],
            ["x0"] = Array.ConvertAll(table.Columns["x0"], v => Math.ScaleB(v, 700)),
            ["x1"] = Array.ConvertAll(table.Columns["x1"], v => Math.ScaleB(v, -700)),
        }, "scaled.csv");
        RegressionFit found = Run(new FitQuality { Runs = scaled }).Regression;
        Assert.Equal(plain.R2, found.R2);
        Assert.Equal(plain.Terms[0] with { Beta = 0, Se = 0 }, found.Terms[0] with { Beta = 0, Se = 0 });
        Assert.Equal(Math.ScaleB(plain.Terms[0].Beta, -700), found.Terms[0].Beta);
        Assert.Equal(Math.ScaleB(plain.Terms[1].Se, 700), found.Terms[1].Se);
    }

    [Fact]
    public void AFitIsARule()
    {
        QualityFit fit = Run(new FitQuality { Runs = Golden });
        Selection chosen = Select("quality", """{ "in": "t", "rule": { "fit": "f" }, "budget": 2 }""", ("t", Golden), ("f", fit));
        Assert.Equal([0, 1], chosen.Indices);
        Assert.Equal(1.3, chosen.Scores![0], 1e-12);
    }

    [Fact]
    public void CrossValidationNeedsEnoughRunsInEveryPart()
    {
        Assert.Null(Run(new FitQuality { Runs = Golden, Folds = 2 }).CrossValidatedR2);
        (ScoreTable table, _, _) = Noise(5, 12, 1);
        double? first = Run(new FitQuality { Runs = table, Folds = 3 }).CrossValidatedR2;
        Assert.Equal(first, Run(new FitQuality { Runs = table, Folds = 3 }).CrossValidatedR2);
        Assert.NotEqual(first, Run(new FitQuality { Runs = table, Folds = 3 }, seed: 43).CrossValidatedR2);
    }

    [Fact]
    public void TablesThatCannotBeFittedAreRefused()
    {
        double[] losses = [1, 2, 3, 5, 8], x = [1, 2, 4, 3, 7], z = [0, 1, 1, 0, 5];
        Refuse("COLUMN", ["\"loss\"", "x"], ("x", x));
        Refuse("COLUMN", ["besides"], ("loss", losses));
        Refuse("LOSS", ["row 3", "-1"], ("loss", [1, 2, 3, -1, 0]), ("x", x));
        Refuse("LOSS", ["all 5"], ("loss", [2, 2, 2, 2, 2]), ("x", x));
        Refuse("ROWS", ["5 runs", "5 coefficients", "6 runs"], ("loss", losses), ("a", x), ("b", z), ("c", x), ("d", z));
        Refuse("COLLINEAR", ["\"c\"", "constant"], ("loss", losses), ("x", x), ("c", [.1, .1, .1, .1, .1]));
        Refuse("COLLINEAR", ["\"sum\"", "\"x\", \"z\""], ("x", x), ("z", z), ("loss", losses), ("sum", [.. x.Zip(z, (a, b) => .3 * a - 2.7 * b + .1)]));
        Refuse("COLUMN", ["16", "15"], [("loss", losses), .. Enumerable.Range(0, 16).Select(i => ($"x{i}", x))]);

        static void Refuse(string code, string[] parts, params (string Name, double[] Values)[] columns) =>
            Refused(new FitQuality { Runs = new ScoreTable(columns.ToDictionary(c => c.Name, c => c.Values), "runs.csv") }, ExitCode.Input, code, ["runs.csv", .. parts]);
    }

    private static (ScoreTable Table, double[][] X, double[] Y) Noise(int seed, int runs, int count)
    {
        var random = new RandomStream(seed, "regression");
        double[][] x = [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, runs).Select(_ => random.NextDouble() * 4 - 1).ToArray())];
        double[] losses = [.. Enumerable.Range(0, runs).Select(r => Math.Exp(.3 * x[0][r] - .1 * x[^1][r] + random.NextDouble()))];
        var columns = x.Select((c, i) => ($"x{i}", c)).ToDictionary(c => c.Item1, c => c.c);
        columns.Add("loss", losses);
        return (new ScoreTable(columns, "runs.csv"), x, [.. losses.Select(loss => Math.Log(loss))]);
    }

    private static double R2(double[][] x, double[] y) => 1 - Naive(x, y).Residual / y.Sum(v => (v - y.Average()) * (v - y.Average()));

    /// <summary>b = (X^T X)^-1 X^T y by Gauss-Jordan elimination.</summary>
    private static (double[] Beta, double[][] Inverse, double Residual) Naive(double[][] x, double[] y)
    {
        double[][] columns = [[.. y.Select(_ => 1.0)], .. x];
        int k = columns.Length;
        double[][] work = [.. columns.Select((a, i) => columns.Select(b => a.Zip(b, (p, q) => p * q).Sum()).Concat(Enumerable.Range(0, k).Select(j => i == j ? 1.0 : 0)).ToArray())];
        for (int pivot = 0; pivot < k; pivot++)
        {
            work[pivot] = [.. work[pivot].Select(v => v / work[pivot][pivot])];
            for (int row = 0; row < k; row++)
                if (row != pivot) work[row] = [.. work[row].Zip(work[pivot], (v, p) => v - work[row][pivot] * p)];
        }

        double[][] inverse = [.. work.Select(row => row[k..])];
        double[] moments = [.. columns.Select(c => c.Zip(y, (a, b) => a * b).Sum())];
        double[] beta = [.. inverse.Select(row => row.Zip(moments, (a, b) => a * b).Sum())];
        double residual = Enumerable.Range(0, y.Length).Sum(r => Math.Pow(y[r] - columns.Select((c, j) => c[r] * beta[j]).Sum(), 2));
        return (beta, inverse, residual);
    }

    private static void Equal(IEnumerable<double> expected, IEnumerable<double> actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, Digits));
}
