using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Draws a budget in rounds; feedback of a model trained on the rows so far decides how much each cluster gives in the next round.</summary>
/// <remarks>Source: iterative refinement of Diversify and Conquer (Yu et al. 2024), methods 4.4 and 4.6. No row is drawn twice.</remarks>
public sealed record SampleInRounds : Step<Selection>
{
    /// <summary>The longest list of clusters the manifest gets.</summary>
    private const int MostListed = 1024;

    /// <summary>A clustering of the pool.</summary>
    public required Clustering Clusters { get; init; }

    /// <summary>The quality of every row, or null to draw uniformly within a cluster.</summary>
    public ScoreTable? Quality { get; init; }

    /// <summary>The column of the scores, or null when there is only one.</summary>
    public string? Column { get; init; }

    /// <summary>How many rounds, at least 1.</summary>
    public required int Rounds { get; init; }

    /// <summary>How many rows in all rounds together; a share is of the pool's rows. Every round takes budget / rounds, early rounds one more where that leaves a remainder.</summary>
    public required Budget Budget { get; init; }

    /// <summary>Who says how the model does after a round; not asked after the last.</summary>
    public required FeedbackSource Feedback { get; init; }

    /// <summary>How gains become the weights of clusters.</summary>
    public ClusterWeights Update { get; init; } = new(GainTransform.Clamp0);

    /// <summary>True when feedback is needed on the rows of all rounds so far, false when on those of the last one.</summary>
    public bool ScoresAllRounds { get; init; }

    /// <summary>True to draw a cluster for every row, by weight, and lose what a cluster cannot give; false to share the round's budget out by largest remainder.</summary>
    public bool DrawsClusters { get; init; }

    /// <summary>How quality becomes a row's weight.</summary>
    public QualityWeighting Weighting { get; init; } = QualityWeighting.Linear;

    /// <summary>What quality is divided by under softmax, above 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    /// <exception cref="FeedbackAwaitedException">There is no feedback yet on a round that another one follows.</exception>
    public override Selection Run(StepRun run)
    {
        ScoreColumn.TemperatureFault(Weighting, Temperature)?.Throw();
        int rows = Candidates.CountRows(Clusters);
        double[]? quality = Quality is null ? null : ScoreColumn.ToDrawBy(Quality, Column, rows, Weighting);
        int[] sizes = Sizes(Budget.Of(rows));
        int[][] members = ClusterRows.Of(Clusters);
        bool[] taken = new bool[rows];
        List<SelectionRound> rounds = [];
        double[] weights = ClusterWeights.Equal(members.Length);
        double[]? gains = null;
        for (int number = 1; number <= Rounds; number++)
        {
            run.Pass.Report("rounds", number - 1, Rounds);
            int[] allocation = Allocate(run, number, weights, members, taken, sizes[number - 1]);
            int[] drawn = Draw(run, number, quality, members, taken, allocation);
            foreach (int row in drawn) taken[row] = true;
            int[] scored = ScoresAllRounds ? [.. rounds.SelectMany(r => r.Chosen.Indices), .. drawn] : drawn;
            var round = new SelectionRound(number, Rounds, Chosen(drawn, quality), weights, allocation, gains, scored);
            rounds.Add(round);
            run.Finish(round);
            if (number == Rounds) break;
            (weights, gains) = Next(round, Feedback(round, run) ?? throw new FeedbackAwaitedException(number, null));
        }

        Note(run, rounds, sizes.Sum());
        run.Count(rows * (long)Rounds * (sizeof(double) + sizeof(int)), 0);
        return Chosen([.. rounds.SelectMany(r => r.Chosen.Indices)], quality, [.. rounds.SelectMany(r => Enumerable.Repeat(r.Number, r.Chosen.Indices.Length))]);
    }

    private int[] Sizes(int budget)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Rounds, 1);
        if (budget < Rounds)
        {
            throw new EngineException(new EngineError(ExitCode.Input, "BUDGET",
                $"the budget is {budget} rows for {Rounds} rounds, expected at least one row each. Raise the budget or lower rounds."));
        }

        return [.. Enumerable.Range(0, Rounds).Select(r => budget / Rounds + (r < budget % Rounds ? 1 : 0))];
    }

    private int[] Allocate(StepRun run, int round, double[] weights, int[][] members, bool[] taken, int budget)
    {
        int[] stock = Array.ConvertAll(members, rows => rows.Count(row => !taken[row]));
        if (!DrawsClusters) return ClusterBudget.Proportional(ClusterWeights.Shares(weights), stock, budget);
        RandomStream stream = run.Random($"round-{round}/clusters");
        double[] uniforms = new double[budget];
        for (int i = 0; i < uniforms.Length; i++) uniforms[i] = stream.NextDouble();
        return ClusterBudget.Multinomial(weights, stock, uniforms);
    }

    /// <summary>The draw of every cluster, clusters in ascending order. The round's stream gives one number to every row of the pool, drawn before or not.</summary>
    private int[] Draw(StepRun run, int round, double[]? quality, int[][] members, bool[] taken, int[] allocation)
    {
        RandomStream stream = run.Random($"round-{round}");
        var draw = new WeightedDraw(Weighting, Temperature);
        List<int> drawn = [];
        for (int cluster = 0; cluster < members.Length; cluster++)
        {
            run.Pass.Cancel.ThrowIfCancellationRequested();
            List<int> rows = [];
            List<double> uniforms = [];
            foreach (int row in members[cluster])
            {
                double uniform = stream.NextDouble();
                if (taken[row]) continue;
                rows.Add(row);
                uniforms.Add(uniform);
            }

            if (allocation[cluster] == 0) continue;
            double[] qualities = [.. rows.Select(row => quality is null ? 1 : quality[row])];
            foreach (int place in draw.WithoutReplacement(qualities, [.. uniforms], allocation[cluster])) drawn.Add(rows[place]);
        }

        return [.. drawn];
    }

    private (double[] Weights, double[] Gains) Next(SelectionRound round, RoundFeedback feedback)
    {
        int count = round.ScoredRows.Length;
        if (feedback.Gold.Length != count || feedback.Generated.Length != count)
            throw new ArgumentException($"The feedback on round {round.Number} has {feedback.Gold.Length} gold and {feedback.Generated.Length} generated scores for {count} rows.");
        double[] each = new double[count];
        for (int i = 0; i < count; i++)
        {
            each[i] = feedback.Gold[i] - feedback.Generated[i];
            if (double.IsFinite(each[i])) continue;
            throw new EngineException(new EngineError(ExitCode.Input, "GAIN", FormattableString.Invariant(
                $"in round {round.Number} row {round.ScoredRows[i]} has gold {feedback.Gold[i]} and generated {feedback.Generated[i]}, expected finite numbers whose difference is finite. Give scores of a smaller range.")));
        }

        double[] gains = ClusterWeights.MeanGains(round.Weights.Length, Array.ConvertAll(round.ScoredRows, row => Clusters.Assignments[row]), each);
        double[] weights = Update.Next(round.Weights, gains);
        int bad = Array.FindIndex(weights, w => !(w >= 0 && double.IsFinite(w)));
        if (bad < 0) return (weights, gains);
        throw new EngineException(new EngineError(ExitCode.Input, "WEIGHT", FormattableString.Invariant(
            $"after round {round.Number} the literal update gives cluster {bad}, whose mean gain is {gains[bad]}, the weight {weights[bad]}, expected finite weights of at least 0. Set \"update\" to \"clamp0\", \"shift\" or \"softmax\".")));
    }

    private Selection Chosen(int[] rows, double[]? quality, int[]? rounds = null) => new()
    {
        Indices = rows,
        PoolRows = Clusters.Rows,
        Pool = Clusters.Pool ?? Quality?.Pool,
        Scores = quality is null ? null : Array.ConvertAll(rows, row => quality[row]),
        Clusters = Array.ConvertAll(rows, row => Clusters.Assignments[row]),
        Rounds = rounds,
    };

    private static void Note(StepRun run, List<SelectionRound> rounds, int budget)
    {
        int clusters = rounds[0].Weights.Length, listed = Math.Min(clusters, MostListed);
        run.Note("clusters", clusters);
        run.Note("rounds", rounds.Select(r => r.Chosen.Indices.Length).ToArray());
        run.Note("weights", rounds.Select(r => r.Weights[..listed]).ToArray());
        run.Note("allocation", rounds.Select(r => r.Allocation[..listed]).ToArray());
        if (clusters > MostListed) run.Note("allocationListed", MostListed);
        run.Note("unspent", budget - rounds.Sum(r => r.Chosen.Indices.Length));
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> clusters = keys.Required("clusters", Shapes.Reference(ValueKind.Clustering), "A clustering of the pool.");
        Parameter<Reference?> quality = keys.Optional("quality", Shapes.Reference(ValueKind.Scores), "The quality of every row, higher is better; rows of a cluster are equally likely without it.");
        Parameter<string?> column = keys.Optional("column", Shapes.Text, "The column of the scores; needed when there are several.");
        Parameter<int> rounds = keys.Required("rounds", Shapes.Count(1), "How many rounds.");
        Parameter<Budget> budget = keys.Required("budget", Shapes.Budget, "How many rows in all rounds together; a share is of the pool's rows.");
        Parameter<string> feedback = keys.Required("feedback", Shapes.Path,
            "The file with the feedback on a round, with ${round} for its number from 1: .csv or .jsonl with row or id, gold and generated. The run exits with 75 until it is there.");
        Parameter<Rule> update = keys.Optional("update", Shapes.OneOf(
            Shapes.Choice(("clamp0", new Rule(GainTransform.Clamp0)), ("softmax", new Rule(GainTransform.Softmax)), ("shift", new Rule(GainTransform.Shift)), ("literal", new Rule(GainTransform.Literal))),
            Shapes.Tagged("softmax", Shapes.Number(0, above: true)).To(temperature => new Rule(GainTransform.Softmax, temperature))),
            new Rule(GainTransform.Clamp0), "clamp0", "How the mean gains of clusters become their weights; { \"softmax\": t } divides the gains by t.");
        Parameter<bool?> carry = keys.OptionalValue("carry", Shapes.Flag, "Whether the weights of the round before are multiplied in; absent: yes, except under softmax.");
        Parameter<double> floor = keys.Optional("floor", Shapes.Number(0, 1), 0, 0, "The least weight of a cluster, so that it can come back.");
        Parameter<bool> scored = keys.Optional("scored", Shapes.Choice(("round", false), ("all", true)), false, "round", "The rows that feedback is needed on: those of the round, or of all rounds so far.");
        Parameter<bool> allocation = keys.Optional("allocation", Shapes.Choice(("proportional", false), ("multinomial", true)), false, "proportional",
            "How a round's budget is shared out: by largest remainder, or by drawing a cluster for every row, which may leave rows unspent.");
        Parameter<QualityWeighting> weighting = keys.Optional("weighting",
            Shapes.Choice(("linear", QualityWeighting.Linear), ("softmax", QualityWeighting.Softmax)), QualityWeighting.Linear, "linear",
            "The weight of a row in its cluster: its quality, or exp(quality / temperature).");
        Parameter<double> temperature = keys.Optional("temperature", Shapes.Number(0, above: true), 1, 1, "What quality is divided by under softmax.");
        keys.Rule(temperature, a => ScoreColumn.TemperatureFault(a.Get(weighting), a.Get(temperature)));
        keys.Rule(feedback, a => FeedbackFiles.Fault(a.Get(feedback), a.Get(rounds)));
        keys.Rule(column, a => a.Get(column) is { } named && a.Get(quality) is null
            ? new KeyFault("KEYS", $"found \"column\": \"{named}\" without \"quality\", whose column it names. Give both, or neither.")
            : null);
        return new StepBinding("iterate", ValueKind.Selection, "Draws rows in rounds; feedback from training decides how much each cluster gives next.", keys, (arguments, inputs) => new SampleInRounds
        {
            Clusters = inputs.Get<Clustering>(arguments.Get(clusters)),
            Quality = inputs.Find<ScoreTable>(arguments.Get(quality)),
            Column = arguments.Get(column),
            Rounds = arguments.Get(rounds),
            Budget = arguments.Get(budget),
            Feedback = FeedbackFiles.At(arguments.Get(feedback)),
            Update = arguments.Get(update).With(arguments.Get(carry), arguments.Get(floor)),
            ScoresAllRounds = arguments.Get(scored),
            DrawsClusters = arguments.Get(allocation),
            Weighting = arguments.Get(weighting),
            Temperature = arguments.Get(temperature),
        })
        { ReadsFeedback = true };
    }

    private sealed record Rule(GainTransform Transform, double Temperature = 1)
    {
        public ClusterWeights With(bool? carry, double floor) => new(Transform, Temperature, carry ?? Transform != GainTransform.Softmax, floor);
    }
}
