using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Gives the loss of a model that was trained on the front of a ranking; lower is better.</summary>
/// <param name="trial">The trial, from 1.</param>
/// <param name="front">The front of the ranking.</param>
/// <param name="run">What the step may use.</param>
/// <returns>A finite number.</returns>
public delegate double SizeObjective(int trial, Selection front, StepRun run);

/// <summary>Finds how much of a ranking to take: the front of it that a model trained on has the lowest loss.</summary>
/// <remarks>Source: the size search of InstructMining (Cao et al. 2023), methods 3.5; the search itself is <see cref="SizeSearch"/>.</remarks>
public sealed record SearchSize : Step<Selection>
{
    /// <summary>The ranking, best first.</summary>
    public required Selection In { get; init; }

    /// <summary>Trains and evaluates.</summary>
    public required SizeObjective Objective { get; init; }

    /// <summary>Most trials.</summary>
    public int Trials { get; init; } = 20;

    /// <summary>The least size; a share is of the ranking.</summary>
    public Budget Min { get; init; } = Budget.Percent(1);

    /// <summary>The greatest size; a share is of the ranking.</summary>
    public Budget Max { get; init; } = Budget.Percent(100);

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        if (In.Indices.Length == 0) throw EngineException.Input(null, "EMPTY", "found a ranking without rows, expected at least one. Check the step it comes from.");
        int least = Min.Of(In.Indices.Length), most = Max.Of(In.Indices.Length);
        if (least > most)
            throw EngineException.Input(null, "RANGE", $"min is {least} rows and max is {most}, expected min to be at most max. Swap them or change one.");

        var search = new SizeSearch(least, most, Trials, run.Random());
        while (search.Next() is { } size)
        {
            run.Pass.Cancel.ThrowIfCancellationRequested();
            int number = search.Trials.Count + 1;
            run.Pass.Report("trials", number - 1, Trials);
            SizeTrial? known = run.Journal.Kept.Count >= number && run.Journal.Kept[number - 1].Size == size ? run.Journal.Kept[number - 1] : null;
            double loss = known?.Loss ?? Evaluate(number, size, run);
            search.Tell(size, loss);
            if (known is null) run.Journal.Keep(search.Trials[^1]);
            run.Finish(search.Trials[^1]);
        }

        SizeTrial best = search.Best!;
        run.Note("trials", search.Trials.Count);
        run.Note("size", best.Size);
        run.Note("loss", best.Loss);
        return Front(best.Size);
    }

    private double Evaluate(int number, int size, StepRun run)
    {
        double loss = Objective(number, Front(size), run);
        return double.IsFinite(loss)
            ? loss
            : throw EngineException.Input(null, "LOSS", FormattableString.Invariant($"trial {number} of {size} rows has the loss {loss}, expected a finite number. Mend the objective; finished trials are kept."));
    }

    private Selection Front(int size) => new()
    {
        Indices = In.Indices[..size],
        PoolRows = In.PoolRows,
        Pool = In.Pool,
        Scores = In.Scores?[..size],
        Tasks = In.Tasks?[..size],
        Queries = In.Queries?[..size],
        Clusters = In.Clusters?[..size],
        Rounds = In.Rounds?[..size],
        Radii = In.Radii?[..size],
    };

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        var how = new ParameterSet();
        Parameter<IReadOnlyList<string>> command = how.Required("command", Shapes.List(Shapes.Text),
            "The program and its arguments; no shell reads them. {subset}, {indices}, {size} and {trial} stand for the trial's files and numbers. The last line it prints is the loss.");
        Parameter<double?> timeout = how.OptionalValue("timeout", Shapes.Number(0, ObjectiveCommand.LongestTimeout, above: true), "Seconds a trial may take; absent: any time.");
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Selection), "The ranking, best first.");
        Parameter<Arguments> objective = keys.Required("objective", Shapes.Object(how), "What trains on the front of the ranking and says how well.");
        Parameter<int> trials = keys.Optional("trials", Shapes.Count(1), 20, 20, "Most trials.");
        Parameter<Budget> min = keys.Optional("min", Shapes.Budget, Budget.Percent(1), "1%", "The least size; a share is of the ranking.");
        Parameter<Budget> max = keys.Optional("max", Shapes.Budget, Budget.Percent(100), "100%", "The greatest size; a share is of the ranking.");
        return new StepBinding("sizeSearch", ValueKind.Selection, "Finds how much of a ranking to take by training on fronts of it.", keys, (arguments, inputs) => new SearchSize
        {
            In = inputs.Get<Selection>(arguments.Get(@in)),
            Objective = new ObjectiveCommand(arguments.Get(objective).Get(command), arguments.Get(objective).Get(timeout)).Evaluate,
            Trials = arguments.Get(trials),
            Min = arguments.Get(min),
            Max = arguments.Get(max),
        });
    }
}
