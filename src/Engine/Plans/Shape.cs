using System.Text.Json.Nodes;

namespace Engine.Plans;

/// <summary>What a plan value must look like: it reads the value, reports everything wrong with it, and writes itself as JSON Schema. Reader and schema cannot disagree, because both are this object.</summary>
/// <typeparam name="T">What the value becomes.</typeparam>
public abstract class Shape<T>
{
    /// <summary>In a sentence: <c>a whole number of at least 1</c>.</summary>
    public abstract string Expectation { get; }

    /// <summary>The kinds of object that this shape may be and that a key tells apart; none for any other shape.</summary>
    internal virtual IEnumerable<ObjectForm> Forms => [];

    /// <summary>True when the value is of this shape's kind, so that an alternative can be chosen before it is read.</summary>
    public abstract bool Accepts(PlanNode node);

    /// <summary>Reads the value. Whatever is wrong is reported, and then the result is not used.</summary>
    public abstract T? Read(PlanNode node, PlanReading reading);

    /// <summary>The value as JSON Schema (2020-12).</summary>
    public abstract JsonObject Schema();

    /// <summary>The same shape with its value turned into something else.</summary>
    public Shape<TResult> To<TResult>(Func<T, TResult> convert) => new ConvertedShape<T, TResult>(this, convert);

    /// <summary>Reports that the value is not of this shape.</summary>
    protected T? Refuse(PlanNode node, PlanReading reading, string code = "TYPE")
    {
        reading.Error(node.Place, code, $"found {node.Describe()}, expected {Expectation}.");
        return default;
    }
}

internal sealed class ConvertedShape<T, TResult>(Shape<T> inner, Func<T, TResult> convert) : Shape<TResult>
{
    public override string Expectation => inner.Expectation;

    internal override IEnumerable<ObjectForm> Forms => inner.Forms;

    public override bool Accepts(PlanNode node) => inner.Accepts(node);

    public override TResult? Read(PlanNode node, PlanReading reading)
    {
        int before = reading.Failures;
        T? value = inner.Read(node, reading);
        return reading.Failures == before ? convert(value!) : default;
    }

    public override JsonObject Schema() => inner.Schema();
}
