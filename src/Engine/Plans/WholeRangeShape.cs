using System.Text.Json.Nodes;

namespace Engine.Plans;

/// <summary>Whole numbers at equal steps: <c>[from, to]</c> or <c>[from, to, step]</c>, both ends included where the steps meet them.</summary>
/// <param name="least">The least number allowed.</param>
internal sealed class WholeRangeShape(int least) : Shape<IReadOnlyList<int>>
{
    /// <summary>Most numbers a range may stand for.</summary>
    public const int Most = 1000;

    private static readonly Shape<int> Step = Shapes.Count(1);

    private readonly Shape<int> _end = Shapes.Count(least);

    public override string Expectation => FormattableString.Invariant($"[from, to] or [from, to, step] of whole numbers from {least}, ascending, for at most {Most} numbers");

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Array;

    public override IReadOnlyList<int>? Read(PlanNode node, PlanReading reading)
    {
        if (!Accepts(node) || node.Items.Count is not (2 or 3)) return Refuse(node, reading);
        int before = reading.Failures;
        int from = _end.Read(node.Items[0], reading), to = _end.Read(node.Items[1], reading), step = node.Items.Count == 3 ? Step.Read(node.Items[2], reading) : 1;
        if (reading.Failures != before) return null;
        if (from > to || (to - (long)from) / step >= Most) return Refuse(node, reading, "RANGE");
        return [.. Enumerable.Range(0, (int)((to - (long)from) / step) + 1).Select(i => from + i * step)];
    }

    public override JsonObject Schema() => Interpolated.Or(new JsonObject
    {
        ["type"] = "array",
        ["items"] = Shapes.Count(Math.Min(1, least)).Schema(),
        ["minItems"] = 2,
        ["maxItems"] = 3,
    });
}
