using System.Text.Json;
using Engine.Data;
using Engine.Kernels;
using Engine.Plans;
using Engine.Selections;
using Engine.Steps;

namespace Engine.Tests.Steps;

/// <summary>Runs steps the two ways a user does: as typed records, and bound from the text of a plan.</summary>
internal static class StepCase
{
    private static readonly IKernels Cpu = KernelSets.Best(2);

    public static StepRun NewRun(string name = "pick", long seed = 42, IKernels? kernels = null, CancellationToken cancel = default) =>
        new(name, seed, kernels ?? Cpu, new Pass(cancel: cancel), new MemoryMatrixStore());

    public static TValue Run<TValue>(Step<TValue> step, string name = "pick", long seed = 42)
        where TValue : Value => step.Run(NewRun(name, seed));

    /// <summary>The step that a plan's text describes; its references name the given values.</summary>
    public static IStep Bind(string op, string json, params (string Name, Value Value)[] values)
    {
        StepBinding definition = StepCatalogue.Find(op)!;
        var reading = new PlanReading();
        using JsonDocument document = JsonDocument.Parse(json);
        Arguments? arguments = Shapes.Object(definition.Parameters).Read(NodeOf(document.RootElement), reading);
        Assert.Empty(reading.Errors);
        foreach (Reference reference in reading.References)
            Assert.Contains(values.Single(v => v.Name == reference.Name).Value.Kind, reference.Allowed);
        IStep step = definition.Bind(arguments!, new StepInputs(name => values.Single(v => v.Name == name).Value));
        Assert.Equal(op, step.Op);
        return step;
    }

    /// <summary>The selection that a plan's text gives.</summary>
    public static Selection Select(string op, string json, params (string Name, Value Value)[] values) =>
        (Selection)Bind(op, json, values).Run(NewRun());

    /// <summary>The errors that reading a plan's text reports.</summary>
    public static IReadOnlyList<EngineError> ReadErrors(string op, string json)
    {
        var reading = new PlanReading();
        using JsonDocument document = JsonDocument.Parse(json);
        Shapes.Object(StepCatalogue.Find(op)!.Parameters).Read(NodeOf(document.RootElement), reading);
        return reading.Errors;
    }

    /// <summary>Runs a step that must be refused with an exit code, a code word and a message that says all of the parts.</summary>
    public static void Refused(IStep step, ExitCode exit, string code, params string[] parts)
    {
        var refused = Assert.Throws<EngineException>(() => step.Run(NewRun()));
        EngineError error = Assert.Single(refused.Errors);
        Assert.Equal(exit, error.Exit);
        Assert.Equal(code, error.Code);
        foreach (string part in parts) Assert.Contains(part, error.ToString(), StringComparison.Ordinal);
    }

    public static Embeddings Vectors(int dim, params float[] values) => Embeddings.From(values, dim);

    /// <summary>Vectors that stand for records.</summary>
    public static Embeddings Bound(Records records, int dim, params float[] values) => new(ArrayRows.From(values, dim), "vectors.npy") { Pool = records };

    public static Selection Chosen(long poolRows, params int[] rows) => new() { Indices = rows, PoolRows = poolRows };

    private static PlanNode NodeOf(JsonElement element)
    {
        var place = new PlanPlace("plan.json", 1, 1);
        return element.ValueKind switch
        {
            JsonValueKind.Object => new PlanNode(NodeKind.Object, place) { Members = [.. element.EnumerateObject().Select(m => new PlanMember(m.Name, place, NodeOf(m.Value)))] },
            JsonValueKind.Array => new PlanNode(NodeKind.Array, place) { Items = [.. element.EnumerateArray().Select(NodeOf)] },
            JsonValueKind.String => new PlanNode(NodeKind.Text, place, element.GetString()!),
            JsonValueKind.Number => new PlanNode(NodeKind.Number, place, element.GetRawText()),
            JsonValueKind.Null => new PlanNode(NodeKind.Null, place),
            _ => new PlanNode(NodeKind.Boolean, place, element.GetRawText()),
        };
    }
}
