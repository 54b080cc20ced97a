using Engine.Data;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Keeps the rows that meet every condition given, in their order.</summary>
/// <remarks>Filtering a selection keeps its scores, tasks, queries and clusters; covering radii no longer hold and are dropped.</remarks>
public sealed record Filter : Step<Selection>
{
    /// <summary>What to filter: records, embeddings, or the rows of a selection.</summary>
    public required Value In { get; init; }

    /// <summary>Keep rows of these sources, or null.</summary>
    public IReadOnlyList<string>? Sources { get; init; }

    /// <summary>Drop rows of these sources, or null.</summary>
    public IReadOnlyList<string>? NotSources { get; init; }

    /// <summary>Drop the rows of this selection, or null.</summary>
    public Selection? Without { get; init; }

    /// <summary>Fewest characters (Unicode code points) the contents of all turns may have together, or null.</summary>
    public long? MinCharacters { get; init; }

    /// <summary>Most characters (Unicode code points) the contents of all turns may have together, or null.</summary>
    public long? MaxCharacters { get; init; }

    /// <summary>Bounds on a score, or null.</summary>
    public ScoreBounds? Scores { get; init; }

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override void Check() => FilterCondition.All(this, Candidates.Of(In));

    /// <inheritdoc/>
    public override Selection Run(StepRun run)
    {
        Candidates candidates = Candidates.Of(In);
        IReadOnlyList<FilterCondition> conditions = FilterCondition.All(this, candidates);
        if (conditions.Count == 0) NoCondition.Throw();
        CharactersFault(MinCharacters, MaxCharacters)?.Throw();
        ScoresFault(Scores?.Min, Scores?.Max)?.Throw();
        List<int> places = [];
        long[] dropped = new long[conditions.Count];
        TurnReader? texts = conditions.Any(c => c.NeedsText) ? candidates.Pool!.OpenTurns(candidates.AreAllRows ? candidates.Count : 0) : null;
        for (int place = 0; place < candidates.Count; place++)
        {
            if (place % 4096 == 0)
            {
                run.Pass.Cancel.ThrowIfCancellationRequested();
                run.Pass.Report("rows", place, candidates.Count);
            }

            int failed = FirstFailed(conditions, candidates[place], texts is null ? 0 : CharactersOf(texts.Read(candidates[place])));
            if (failed < 0) places.Add(place);
            else dropped[failed]++;
        }

        for (int i = 0; i < conditions.Count; i++) run.Note($"droppedBy.{conditions[i].Key}", dropped[i]);
        if (places.Count == 0)
        {
            throw EngineException.Input(candidates.Pool?.Name, "EMPTY",
                $"none of {candidates.Count} rows meets the conditions {string.Join("; ", conditions.Select(c => c.Text))}. Loosen one of them.");
        }

        var from = In as Selection;
        return new Selection
        {
            Indices = [.. places.Select(place => candidates[place])],
            PoolRows = candidates.PoolRows,
            Pool = candidates.Pool,
            Scores = from?.Scores is { } scores ? [.. places.Select(place => scores[place])] : null,
            Tasks = from?.Tasks is { } tasks ? [.. places.Select(place => tasks[place])] : null,
            Queries = from?.Queries is { } queries ? [.. places.Select(place => queries[place])] : null,
            Clusters = from?.Clusters is { } clusters ? [.. places.Select(place => clusters[place])] : null,
        };
    }

    private static int FirstFailed(IReadOnlyList<FilterCondition> conditions, int row, long characters)
    {
        for (int i = 0; i < conditions.Count; i++)
            if (!conditions[i].Keeps(row, characters)) return i;
        return -1;
    }

    internal static long CharactersOf(Utf8Turns turns)
    {
        long characters = 0;
        for (int turn = 0; turn < turns.Count; turn++) characters += Utf8Text.Characters(turns.Content(turn));
        return characters;
    }

    private static KeyFault NoCondition { get; } =
        new("MISSING_KEY", "the filter has no condition, expected at least one of: sources, notSources, without, minCharacters, maxCharacters, scores.");

    private static KeyFault? CharactersFault(long? least, long? most) => !(least > most)
        ? null
        : new("RANGE", FormattableString.Invariant($"minCharacters is {least} and maxCharacters is {most}, which no row meets. Swap them or change one."));

    private static KeyFault? ScoresFault(double? least, double? most) => !(least > most)
        ? null
        : new("RANGE", FormattableString.Invariant($"min is {least} and max is {most}, which no row meets. Swap them or change one."));

    private static StepBinding Define()
    {
        var bounds = new ParameterSet();
        Parameter<Reference> table = bounds.Required("input", Shapes.Reference(ValueKind.Scores), "The scores, one row per row of the pool.");
        Parameter<string?> column = bounds.Optional("column", Shapes.Text, "The column; needed when there are several.");
        Parameter<double?> min = bounds.OptionalValue("min", Shapes.Number(), "The lowest score kept.");
        Parameter<double?> max = bounds.OptionalValue("max", Shapes.Number(), "The highest score kept.");

        bounds.Rule(max, a => ScoresFault(a.Get(min), a.Get(max)));

        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Records, ValueKind.Embeddings, ValueKind.Selection), "What to filter.");
        Parameter<IReadOnlyList<string>?> sources = keys.Optional("sources", Shapes.OneOrMore(Shapes.Text), "Keep rows of these sources.");
        Parameter<IReadOnlyList<string>?> notSources = keys.Optional("notSources", Shapes.OneOrMore(Shapes.Text), "Drop rows of these sources.");
        Parameter<Reference?> without = keys.Optional("without", Shapes.Reference(ValueKind.Selection), "Drop the rows of this selection.");
        Parameter<long?> minCharacters = keys.OptionalValue("minCharacters", Shapes.Integer(0), "Fewest characters of the contents of all turns together.");
        Parameter<long?> maxCharacters = keys.OptionalValue("maxCharacters", Shapes.Integer(0), "Most characters of the contents of all turns together.");
        Parameter<Arguments?> scores = keys.Optional("scores", Shapes.Object(bounds), "Bounds on a score.");
        keys.Rule(@in, a => keys.All.Skip(1).Any(a.Gives) ? null : NoCondition);
        keys.Rule(maxCharacters, a => CharactersFault(a.Get(minCharacters), a.Get(maxCharacters)));
        return new StepBinding("filter", ValueKind.Selection, "Keeps the rows that meet every condition, in their order.", keys, (arguments, inputs) => new Filter
        {
            In = inputs.Get<Value>(arguments.Get(@in)),
            Sources = arguments.Get(sources),
            NotSources = arguments.Get(notSources),
            Without = inputs.Find<Selection>(arguments.Get(without)),
            MinCharacters = arguments.Get(minCharacters),
            MaxCharacters = arguments.Get(maxCharacters),
            Scores = arguments.Get(scores) is { } given
                ? new ScoreBounds(inputs.Get<ScoreTable>(given.Get(table))) { Column = given.Get(column), Min = given.Get(min), Max = given.Get(max) }
                : null,
        });
    }
}

/// <summary>Bounds on one column of scores, both included.</summary>
/// <param name="Table">The scores, one row per row of the pool.</param>
public sealed record ScoreBounds(ScoreTable Table)
{
    /// <summary>The column, or null when there is only one.</summary>
    public string? Column { get; init; }

    /// <summary>The lowest score kept, or null.</summary>
    public double? Min { get; init; }

    /// <summary>The highest score kept, or null.</summary>
    public double? Max { get; init; }
}
