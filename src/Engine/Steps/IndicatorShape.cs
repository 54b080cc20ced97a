using System.Text.Json.Nodes;
using Engine.Plans;

namespace Engine.Steps;

/// <summary>The names of indicators, distinct; a name that means nothing is an error of the plan.</summary>
internal sealed class IndicatorShape : Shape<IReadOnlyList<string>>
{
    private static readonly Shape<IReadOnlyList<string>> Texts = Shapes.OneOrMore(Shapes.Text);
    private static readonly Shape<IReadOnlyList<string>> Names = Shapes.OneOrMore(Shapes.Pattern("an indicator", MeasureIndicators.NamePattern));

    public override string Expectation => $"one or more of {MeasureIndicators.Known}";

    public override bool Accepts(PlanNode node) => Texts.Accepts(node);

    public override IReadOnlyList<string>? Read(PlanNode node, PlanReading reading)
    {
        int before = reading.Failures;
        IReadOnlyList<string>? names = Texts.Read(node, reading);
        if (reading.Failures > before || names is null) return names;
        IReadOnlyList<PlanNode> places = node.Kind == NodeKind.Array ? node.Items : [node];
        for (int i = 0; i < names.Count; i++)
        {
            if (names.Take(i).Contains(names[i]))
                reading.Error(places[i].Place, "DUPLICATE", $"the indicator \"{names[i]}\" is named twice, expected distinct names. Remove one.");
            else if (!MeasureIndicators.IsKnown(names[i]))
                reading.Error(places[i].Place, "VALUE", MeasureIndicators.UnknownName(names[i]));
        }

        return names;
    }

    public override JsonObject Schema() => Names.Schema();
}
