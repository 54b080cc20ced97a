using System.Collections;
using System.Globalization;

namespace Engine.Steps.Templates.Jinja;

/// <summary>What a template's expressions work on: null (none), bool, long, string, <see cref="IList"/>, a dictionary by string, or <see cref="Undefined"/>. Rules are Python's.</summary>
internal static class JinjaValue
{
    /// <summary>The value of a name that nothing has.</summary>
    public static object Undefined { get; } = new();

    /// <summary>Whether a condition holds.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool flag => flag,
        long number => number != 0,
        string text => text.Length > 0,
        ICollection items => items.Count > 0,
        _ => value != Undefined,
    };

    /// <summary>How a value is printed.</summary>
    /// <returns>Null when this runtime does not print such a value.</returns>
    public static string? Print(object? value) => value switch
    {
        null => "None",
        bool flag => flag ? "True" : "False",
        long number => number.ToString(CultureInfo.InvariantCulture),
        string text => text,
        _ => value == Undefined ? "" : null,
    };

    /// <summary>Whether two values are equal.</summary>
    public static bool AreEqual(object? left, object? right) => left switch
    {
        bool flag when right is long number => number == (flag ? 1 : 0),
        long number when right is bool flag => number == (flag ? 1 : 0),
        IList list when right is IList other => list.Count == other.Count && Enumerable.Range(0, list.Count).All(i => AreEqual(list[i], other[i])),
        _ => Equals(left, right),
    };

    /// <summary>Whether one value is in another; null when that cannot be asked.</summary>
    public static bool? Contains(object? container, object? item) => container switch
    {
        string text when item is string part => text.Contains(part, StringComparison.Ordinal),
        IDictionary<string, object?> map => item is string key && map.ContainsKey(key),
        IList list => list.Cast<object?>().Any(each => AreEqual(each, item)),
        _ => container == Undefined ? false : null,
    };

    /// <summary>What is kept of a sequence.</summary>
    /// <returns>Null when the value is no sequence, or the step is 0.</returns>
    public static object? Slice(object? value, long? from, long? to, long step)
    {
        if (step == 0 || value is not (string or IList)) return null;
        string? text = value as string;
        IList items = text is null ? (IList)value : text.EnumerateRunes().ToArray();
        int count = items.Count;
        long Place(long? given, long otherwise) => given is not { } place ? otherwise : Math.Clamp(place < 0 ? place + count : place, step < 0 ? -1 : 0, step < 0 ? count - 1 : count);
        long start = Place(from, step < 0 ? count - 1 : 0), end = Place(to, step < 0 ? -1 : count);
        List<object?> kept = [];
        for (long i = start; step > 0 ? i < end : i > end; i += step) kept.Add(items[(int)i]);
        return text is null ? kept : string.Concat(kept);
    }
}

/// <summary>Names and their values; a loop has its own above those around it.</summary>
internal sealed class JinjaScope(JinjaScope? around)
{
    private readonly Dictionary<string, object?> _values = [];

    /// <summary>The value of a name, or <see cref="JinjaValue.Undefined"/>.</summary>
    public object? this[string name]
    {
        get => _values.TryGetValue(name, out object? value) ? value : around is null ? JinjaValue.Undefined : around[name];
        set => _values[name] = value;
    }
}

/// <summary>A value that a namespace() holds can be set from within a loop.</summary>
internal sealed class JinjaNamespace : Dictionary<string, object?>;
