using Engine.Data;

namespace Engine.Plans;

/// <summary>What the plan language knows of an op: its keys and what it gives. What it does, only steps know.</summary>
/// <param name="Op">The op's name in plans.</param>
/// <param name="Gives">The kind of value it gives.</param>
/// <param name="Summary">One sentence for the schema.</param>
/// <param name="Parameters">Its keys, without <c>op</c>.</param>
public record StepDefinition(string Op, ValueKind Gives, string Summary, ParameterSet Parameters);
