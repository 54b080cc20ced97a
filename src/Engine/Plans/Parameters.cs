using System.Text.Json.Nodes;

namespace Engine.Plans;

/// <summary>One declared key of an object in a plan.</summary>
public abstract class Parameter(string name, string summary, bool required)
{
    /// <summary>The key.</summary>
    public string Name => name;

    /// <summary>One sentence for the schema.</summary>
    public string Summary => summary;

    /// <summary>True when a plan must give it.</summary>
    public bool Required => required;

    internal abstract object? ReadValue(PlanNode node, PlanReading reading);

    internal abstract object? Absent { get; }

    internal abstract JsonObject Schema();
}

/// <summary>One declared key and the type its value becomes.</summary>
public sealed class Parameter<T> : Parameter
{
    private readonly Shape<T> _shape;
    private readonly T? _default;
    private readonly JsonNode? _schemaDefault;

    internal Parameter(string name, Shape<T> shape, string summary, bool required, T? @default, JsonNode? schemaDefault)
        : base(name, summary, required) => (_shape, _default, _schemaDefault) = (shape, @default, schemaDefault);

    internal override object? Absent => _default;

    internal override object? ReadValue(PlanNode node, PlanReading reading) => _shape.Read(node, reading);

    internal override JsonObject Schema()
    {
        JsonObject schema = _shape.Schema();
        schema["description"] = Summary;
        if (_schemaDefault is not null) schema["default"] = _schemaDefault.DeepClone();
        return schema;
    }
}

/// <summary>The keys an object may have, declared once: the reader, the schema and the step read the same declaration.</summary>
public sealed class ParameterSet
{
    private readonly List<Parameter> _parameters = [];
    private readonly List<KeyRule> _rules = [];
    private readonly Dictionary<string, string> _lacking = new(StringComparer.Ordinal);

    /// <summary>The parameters in the order declared.</summary>
    public IReadOnlyList<Parameter> All => _parameters;

    /// <summary>What must hold between them, asked where each is right alone.</summary>
    internal IReadOnlyList<KeyRule> Rules => _rules;

    /// <summary>Declares a key that every plan must give.</summary>
    public Parameter<T> Required<T>(string name, Shape<T> shape, string summary) => Add(new Parameter<T>(name, shape, summary, required: true, default, null));

    /// <summary>Declares a key with a default.</summary>
    /// <param name="name">The key.</param>
    /// <param name="shape">What its value must look like.</param>
    /// <param name="value">What it is when the plan does not give it.</param>
    /// <param name="written">The default as a plan would write it, for the schema.</param>
    /// <param name="summary">One sentence for the schema.</param>
    public Parameter<T> Optional<T>(string name, Shape<T> shape, T value, JsonNode? written, string summary) =>
        Add(new Parameter<T>(name, shape, summary, required: false, value, written));

    /// <summary>Declares a key that may be absent, and is then null.</summary>
    public Parameter<T?> Optional<T>(string name, Shape<T> shape, string summary)
        where T : class => Add(new Parameter<T?>(name, shape!, summary, required: false, null, null));

    /// <summary>Declares a key that may be absent, and is then null.</summary>
    public Parameter<T?> OptionalValue<T>(string name, Shape<T> shape, string summary)
        where T : struct => Add(new Parameter<T?>(name, shape.To(value => (T?)value), summary, required: false, null, null));

    /// <summary>Declares what must hold between keys.</summary>
    /// <param name="at">The key that an error points at where the plan gives it; otherwise it points at the object.</param>
    /// <param name="check">Says what is wrong, or null.</param>
    internal void Rule(Parameter at, Func<Arguments, KeyFault?> check) => _rules.Add(new KeyRule(at, check));
    /// <summary>Says that objects of this set lack a key that others of the kind have, so that an error can say why.</summary>
    /// <param name="name">The key.</param>
    /// <param name="owner">Who has none, in the plural.</param>
    internal void Lacks(string name, string owner) => _lacking[name] = owner;

    /// <summary>Who has no such key, in the plural, or null.</summary>
    internal string? WhoLacks(string name) => _lacking.GetValueOrDefault(name);

    /// <summary>Takes over the keys of another set, so that one object can have both.</summary>
    internal void Include(ParameterSet other)
    {
        foreach (Parameter parameter in other._parameters) Add(parameter);
        _rules.AddRange(other._rules);
    }

    private TParameter Add<TParameter>(TParameter parameter)
        where TParameter : Parameter
    {
        if (_parameters.Exists(p => p.Name == parameter.Name)) throw new ArgumentException($"The key \"{parameter.Name}\" is declared twice.", nameof(parameter));
        _parameters.Add(parameter);
        return parameter;
    }
}

/// <summary>What must hold between keys of one object.</summary>
/// <param name="At">The key that an error points at.</param>
/// <param name="Check">Says what is wrong, or null.</param>
internal sealed record KeyRule(Parameter At, Func<Arguments, KeyFault?> Check);

/// <summary>The values of one object's declared keys.</summary>
public sealed class Arguments
{
    private readonly Dictionary<Parameter, object?> _values = [];
    private readonly HashSet<Parameter> _given = [];

    internal Arguments(PlanNode node) => Node = node;

    /// <summary>The object they were read from.</summary>
    public PlanNode Node { get; }

    /// <summary>The value of a key, or its default.</summary>
    public T Get<T>(Parameter<T> parameter) => (T)_values[parameter]!;

    /// <summary>True when the plan gives the key.</summary>
    public bool Gives(Parameter parameter) => _given.Contains(parameter);

    internal void Set(Parameter parameter, object? value, bool given)
    {
        _values[parameter] = value;
        if (given) _given.Add(parameter);
    }
}
