using Engine.Data;
using Engine.Selections;

namespace Engine.Plans;

/// <summary>The shapes that plans are made of.</summary>
public static class Shapes
{
    /// <summary>A string that is not empty; NUL and line breaks are refused.</summary>
    public static Shape<string> Text { get; } = new TextShape("a string");

    /// <summary>A file path or glob, relative to the plan's folder; addresses such as <c>s3://</c> are refused.</summary>
    public static Shape<string> Path { get; } = new PathShape();

    /// <summary>A name as inputs, steps and outputs have.</summary>
    public static Shape<string> Name { get; } = new NameShape();

    /// <summary>Text that matches an expression.</summary>
    /// <param name="expectation">What messages say was expected.</param>
    /// <param name="body">The expression for the whole text, without anchors, in the syntax that .NET and ECMAScript share.</param>
    public static Shape<string> Pattern(string expectation, string body) => new PatternShape(expectation, body);

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public static Shape<bool> Flag { get; } = new FlagShape();

    /// <summary>A number of rows, or a share of the pool such as <c>"0.5%"</c>.</summary>
    public static Shape<Budget> Budget { get; } = new BudgetShape();

    /// <summary>A number of bytes: a whole number, or text such as <c>"8GiB"</c>.</summary>
    public static Shape<long> Size { get; } = new SizeShape();

    /// <summary>A time such as <c>"30s"</c>, above 0.</summary>
    public static Shape<TimeSpan> Duration { get; } = new DurationShape();

    /// <summary>A whole number within bounds.</summary>
    public static Shape<long> Integer(long least = long.MinValue, long most = long.MaxValue) => new IntegerShape(least, most);

    /// <summary>A whole number within bounds that fits 32 bits.</summary>
    public static Shape<int> Count(int least = 0, int most = int.MaxValue) => new IntegerShape(least, most).To(value => (int)value);

    /// <summary><c>[from, to]</c> or <c>[from, to, step]</c>: whole numbers at equal steps.</summary>
    /// <param name="least">The least number allowed.</param>
    public static Shape<IReadOnlyList<int>> Range(int least) => new WholeRangeShape(least);

    /// <summary>A finite number within bounds.</summary>
    /// <param name="least">The least value allowed.</param>
    /// <param name="most">The greatest value allowed.</param>
    /// <param name="above">True when <paramref name="least"/> itself is refused.</param>
    public static Shape<double> Number(double least = double.NegativeInfinity, double most = double.PositiveInfinity, bool above = false) =>
        new NumberShape(least, most, above);

    /// <summary>One of a few words.</summary>
    public static Shape<T> Choice<T>(params (string Word, T Value)[] choices) => new ChoiceShape<T>(choices);

    /// <summary>The name of an input or a step that gives one of these kinds of value.</summary>
    public static Shape<Reference> Reference(params ValueKind[] allowed) => new ReferenceShape(allowed);

    /// <summary>An array of at least <paramref name="least"/> items.</summary>
    public static Shape<IReadOnlyList<T>> List<T>(Shape<T> item, int least = 1) => new ListShape<T>(item, least);

    /// <summary>One item, or an array of them.</summary>
    public static Shape<IReadOnlyList<T>> OneOrMore<T>(Shape<T> item) => OneOf(item.To<IReadOnlyList<T>>(one => [one]), List(item));

    /// <summary>An object whose keys are free names, in the order written.</summary>
    public static Shape<IReadOnlyList<KeyValuePair<string, T>>> Map<T>(Shape<T> value, int least = 1) => new MapShape<T>(value, least);

    /// <summary>An object with declared keys.</summary>
    public static Shape<Arguments> Object(ParameterSet parameters) => new ObjectShape(parameters);

    /// <summary>An object with declared keys, told apart from other objects by one of them.</summary>
    /// <param name="key">That key.</param>
    /// <param name="parameters">All keys.</param>
    public static Shape<Arguments> Keyed(string key, ParameterSet parameters) => new KeyedObjectShape(key, parameters);

    /// <summary>An object with exactly one key, which says what its value means: <c>{ "row": 3 }</c>.</summary>
    public static Shape<T> Tagged<T>(string key, Shape<T> value) => new TaggedShape<T>(key, value);

    /// <summary>One of several shapes, told apart by the kind of value and, for objects, by the key.</summary>
    public static Shape<T> OneOf<T>(params Shape<T>[] alternatives) => new OneOfShape<T>(alternatives);
}
