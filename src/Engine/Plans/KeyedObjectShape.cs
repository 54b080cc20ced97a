using System.Text.Json.Nodes;

namespace Engine.Plans;

/// <summary>An object with declared keys, told apart from other objects by one of them.</summary>
/// <param name="key">That key.</param>
/// <param name="parameters">All keys.</param>
internal sealed class KeyedObjectShape(string key, ParameterSet parameters) : Shape<Arguments>
{
    private readonly ObjectShape _object = new(parameters);

    public override string Expectation => $"{{ {string.Join(", ", parameters.All.Where(p => p.Required).Select(p => $"\"{p.Name}\": ..."))} }}";

    internal override IEnumerable<ObjectForm> Forms => [new ObjectForm(key, [.. parameters.All.Select(p => p.Name)])];

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Object && node[key] is not null;

    public override Arguments? Read(PlanNode node, PlanReading reading) => _object.Accepts(node) ? _object.Read(node, reading) : Refuse(node, reading);

    public override JsonObject Schema() => _object.Schema();
}
