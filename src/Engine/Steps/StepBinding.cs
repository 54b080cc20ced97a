using Engine.Data;
using Engine.Plans;

namespace Engine.Steps;

/// <summary>An op of the plan language and how its arguments become a step.</summary>
/// <param name="Op">The op's name in plans.</param>
/// <param name="Gives">The kind of value it gives.</param>
/// <param name="Summary">One sentence for the schema.</param>
/// <param name="Parameters">Its keys, without <c>op</c>.</param>
/// <param name="Bind">Makes the step once its inputs exist.</param>
/// <param name="Decides">For an op whose keys decide what it gives: the kind with these arguments; otherwise null.</param>
public sealed record StepBinding(
    string Op, ValueKind Gives, string Summary, ParameterSet Parameters, Func<Arguments, StepInputs, IStep> Bind, Func<Arguments, ValueKind>? Decides = null)
    : StepDefinition(Op, Gives, Summary, Parameters, Decides)
{
    /// <summary>Takes down what the step will need and says what it will give, by the step's name; null for an op that needs only a few numbers for each row.</summary>
    public Func<StepNeeds, string, ValueShape>? Needs { get; init; }

    /// <summary>The files that the arguments name beside inputs, as the plan writes them; what lies there is part of what the result depends on.</summary>
    internal Func<Arguments, IEnumerable<string>>? ReadsFiles { get; init; }

    /// <summary>Opens the files that <see cref="ReadsFiles"/> names, looks at them, and finds the libraries that the step needs; null where neither is needed before the step runs.</summary>
    internal Func<Arguments, FileFinder, NamedFiles?>? Open { get; init; }

    /// <summary>Whether the result also depends on files that the step finds while it is at work and notes with their hashes as the fact <c>feedback</c>.</summary>
    internal bool ReadsFeedback { get; init; }
}

/// <summary>Gives a step the values its references name.</summary>
/// <param name="resolve">Finds the value of an input or an earlier step.</param>
public sealed class StepInputs(Func<string, Value> resolve)
{
    /// <summary>The value a reference names; the plan was checked, so it has the right kind.</summary>
    public TValue Get<TValue>(Reference reference)
        where TValue : Value => (TValue)resolve(reference.Name);

    /// <summary>The value an optional reference names, or null.</summary>
    public TValue? Find<TValue>(Reference? reference)
        where TValue : Value => reference is null ? null : Get<TValue>(reference);
}
