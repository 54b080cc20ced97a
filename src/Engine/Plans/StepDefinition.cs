using Engine.Data;

namespace Engine.Plans;

/// <summary>What the plan language knows of an op: its keys and what it gives. What it does, only steps know.</summary>
/// <param name="Op">The op's name in plans.</param>
/// <param name="Gives">The kind of value it gives, where <paramref name="Decides"/> does not say otherwise.</param>
/// <param name="Summary">One sentence for the schema.</param>
/// <param name="Parameters">Its keys, without <c>op</c>.</param>
/// <param name="Decides">For an op whose keys decide what it gives: the kind with these arguments; otherwise null.</param>
public record StepDefinition(string Op, ValueKind Gives, string Summary, ParameterSet Parameters, Func<Arguments, ValueKind>? Decides = null)
{
    /// <summary>The kind of value a step with these arguments gives.</summary>
    public ValueKind KindOf(Arguments arguments) => Decides?.Invoke(arguments) ?? Gives;
}
