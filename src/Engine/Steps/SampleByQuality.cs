using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Shares a budget out among clusters and draws in each with chances that grow with quality: k-means-quality sampling.</summary>
/// <remarks>Source: kMQ of Diversify and Conquer (Yu et al. 2024), methods 4.2 and 4.6.</remarks>
public sealed record SampleByQuality : Step<Selection>
{
    /// <summary>A clustering of the pool.</summary>
    public required Clustering Clusters { get; init; }

    /// <summary>The quality of every row.</summary>
    public required ScoreTable Quality { get; init; }

    /// <summary>The column of the scores, or null when there is only one.</summary>
    public string? Column { get; init; }

    /// <summary>How many rows; a share is of the pool's rows.</summary>
    public required Budget Budget { get; init; }

    /// <summary>How the budget is shared out among the clusters.</summary>
    public ClusterAllocation Allocation { get; init; } = ClusterAllocation.Proportional;

    /// <summary>True when a row may be drawn more than once.</summary>
    public bool WithReplacement { get; init; }

    /// <summary>How quality becomes a row's weight.</summary>
    public QualityWeighting Weighting { get; init; } = QualityWeighting.Linear;

    /// <summary>What quality is divided by under softmax, above 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        ScoreColumn.TemperatureFault(Weighting, Temperature)?.Throw();
        int rows = Candidates.CountRows(Clusters);
        double[] quality = ScoreColumn.ToDrawBy(Quality, Column, rows, Weighting);
        int budget = Budget.Of(rows);
        ClusterShares shares = ClusterShares.Of(Clusters, budget, Allocation, WithReplacement, Quality.Name);
        int[] chosen = Draw(quality, shares.Members, shares.Counts, run);
        shares.Note(run, budget);
        run.Count(rows * (long)(sizeof(double) + sizeof(int)), 0);
        return new Selection
        {
            Indices = chosen,
            PoolRows = rows,
            Pool = Clusters.Pool ?? Quality.Pool,
            Scores = Array.ConvertAll(chosen, row => quality[row]),
            Clusters = Array.ConvertAll(chosen, row => Clusters.Assignments[row]),
        };
    }

    /// <summary>The draw of every cluster, clusters in ascending order. Without replacement the stream gives one number to every row of the pool, cluster by cluster.</summary>
    private int[] Draw(double[] quality, int[][] members, int[] allocation, StepRun run)
    {
        RandomStream stream = run.Random();
        var draw = new WeightedDraw(Weighting, Temperature);
        List<int> chosen = [];
        for (int cluster = 0; cluster < members.Length; cluster++)
        {
            run.Pass.Cancel.ThrowIfCancellationRequested();
            run.Pass.Report("clusters", cluster, members.Length);
            int[] rows = members[cluster];
            double[] uniforms = new double[WithReplacement ? allocation[cluster] : rows.Length];
            for (int i = 0; i < uniforms.Length; i++) uniforms[i] = stream.NextDouble();
            if (allocation[cluster] == 0) continue;

            double[] qualities = Array.ConvertAll(rows, row => quality[row]);
            int[] places = WithReplacement ? draw.WithReplacement(qualities, uniforms) : draw.WithoutReplacement(qualities, uniforms, allocation[cluster]);
            foreach (int place in places) chosen.Add(rows[place]);
        }

        return [.. chosen];
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> clusters = keys.Required("clusters", Shapes.Reference(ValueKind.Clustering), "A clustering of the pool.");
        Parameter<Reference> quality = keys.Required("quality", Shapes.Reference(ValueKind.Scores), "The quality of every row, higher is better.");
        Parameter<string?> column = keys.Optional("column", Shapes.Text, "The column of the scores; needed when there are several.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows to draw; a share is of the pool's rows.");
        Parameter<ClusterAllocation> allocation = keys.Optional("allocation", ClusterShares.Forms, ClusterAllocation.Proportional, "proportional",
            "How the budget is shared out: in proportion to the clusters' sizes, or floor(budget / k) each, which may leave rows unspent.");
        Parameter<bool> draw = keys.Optional("draw", Shapes.Choice(("withoutReplacement", false), ("withReplacement", true)), false, "withoutReplacement",
            "Whether a row can be drawn once or several times.");
        Parameter<QualityWeighting> weighting = keys.Optional("weighting",
            Shapes.Choice(("linear", QualityWeighting.Linear), ("softmax", QualityWeighting.Softmax)), QualityWeighting.Linear, "linear",
            "The weight of a row: its quality, or exp(quality / temperature).");
        Parameter<double> temperature = keys.Optional("temperature", Shapes.Number(0, above: true), 1, 1, "What quality is divided by under softmax.");
        keys.Rule(temperature, a => ScoreColumn.TemperatureFault(a.Get(weighting), a.Get(temperature)));
        return new StepBinding("kmq", ValueKind.Selection, "Draws rows by quality within clusters that share the budget.", keys, (arguments, inputs) => new SampleByQuality
        {
            Clusters = inputs.Get<Clustering>(arguments.Get(clusters)),
            Quality = inputs.Get<ScoreTable>(arguments.Get(quality)),
            Column = arguments.Get(column),
            Budget = arguments.Get(budget),
            Allocation = arguments.Get(allocation),
            WithReplacement = arguments.Get(draw),
            Weighting = arguments.Get(weighting),
            Temperature = arguments.Get(temperature),
        });
    }
}
