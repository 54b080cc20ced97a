using System.Collections;

namespace Engine.Steps.Templates.Jinja;

/// <summary>The filters, methods and functions that templates may use. The list is whole: others are refused by name where a conversation reaches them.</summary>
/// <remarks>What stands in a branch that no conversation takes, such as the one for tools, does no harm.</remarks>
internal static class JinjaFunctions
{
    /// <summary>White space as Python strips it.</summary>
    private static readonly char[] _space = [.. Enumerable.Range(0, 0x3001).Select(c => (char)c).Where(c => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f')];

    /// <summary>A filter.</summary>
    public static Func<JinjaScope, object?> Filter(string name, Func<JinjaScope, object?> value, List<(string? Name, Func<JinjaScope, object?> Value)> arguments, int at, Func<int, string, EngineException> refuse)
    {
        if (name is "default" or "d" && arguments.Count == 1) return scope => value(scope) is var each && each == JinjaValue.Undefined ? arguments[0].Value(scope) : each;
        if (arguments.Count > 0) return _ => throw refuse(at, $"the filter \"{name}\" with arguments");
        return name switch
        {
            "trim" => scope => Text(value(scope), name, at, refuse).Trim(_space),
            "length" or "count" => scope => Count(value(scope)) ?? throw refuse(at, "the length of a value that has none"),
            "upper" => scope => Text(value(scope), name, at, refuse).ToUpperInvariant(),
            "lower" => scope => Text(value(scope), name, at, refuse).ToLowerInvariant(),
            "string" => scope => JinjaValue.Print(value(scope)) ?? throw refuse(at, "a list or map as text"),
            "list" => scope => value(scope) is IList list ? list : throw refuse(at, "a list of a value that is none"),
            "first" => scope => value(scope) is IList list && list.Count > 0 ? list[0] : JinjaValue.Undefined,
            "last" => scope => value(scope) is IList list && list.Count > 0 ? list[^1] : JinjaValue.Undefined,
            _ => _ => throw refuse(at, $"the filter \"{name}\""),
        };
    }

    /// <summary>A method of a text.</summary>
    public static Func<JinjaScope, object?> Method(string name, Func<JinjaScope, object?> value, List<(string? Name, Func<JinjaScope, object?> Value)> arguments, int at, Func<int, string, EngineException> refuse)
    {
        string Of(JinjaScope scope) => Text(value(scope), name, at, refuse);
        string Argument(JinjaScope scope, int i) => Text(arguments[i].Value(scope), name, at, refuse);
        char[] Stripped(JinjaScope scope) => arguments.Count == 0 ? _space : Argument(scope, 0).ToCharArray();
        return (name, arguments.Count) switch
        {
            ("strip", <= 1) => scope => Of(scope).Trim(Stripped(scope)),
            ("lstrip", <= 1) => scope => Of(scope).TrimStart(Stripped(scope)),
            ("rstrip", <= 1) => scope => Of(scope).TrimEnd(Stripped(scope)),
            ("startswith", 1) => scope => Of(scope).StartsWith(Argument(scope, 0), StringComparison.Ordinal),
            ("endswith", 1) => scope => Of(scope).EndsWith(Argument(scope, 0), StringComparison.Ordinal),
            ("upper", 0) => scope => Of(scope).ToUpperInvariant(),
            ("lower", 0) => scope => Of(scope).ToLowerInvariant(),
            ("split", 1) => scope => Of(scope).Split(Argument(scope, 0)).Cast<object?>().ToList(),
            ("replace", 2) => scope => Of(scope).Replace(Argument(scope, 0), Argument(scope, 1), StringComparison.Ordinal),
            ("get", 1) => scope => value(scope) is IDictionary<string, object?> map && map.TryGetValue(Argument(scope, 0), out object? found) ? found : null,
            _ => _ => throw refuse(at, $"the method \"{name}\" with {arguments.Count} arguments"),
        };
    }

    /// <summary>A function.</summary>
    public static Func<JinjaScope, object?> Call(string name, List<(string? Name, Func<JinjaScope, object?> Value)> arguments, int at, Func<int, string, EngineException> refuse)
    {
        switch (name)
        {
            case "namespace" when arguments.TrueForAll(argument => argument.Name is not null):
                return scope =>
                {
                    var made = new JinjaNamespace();
                    foreach ((string? key, Func<JinjaScope, object?> value) in arguments) made[key!] = value(scope);
                    return made;
                };
            case "raise_exception" when arguments.Count == 1:
                return scope => throw new JinjaRefusalException(JinjaValue.Print(arguments[0].Value(scope)) ?? "");
            default:
                return _ => throw refuse(at, $"the function \"{name}\"");
        }
    }

    private static string Text(object? value, string name, int at, Func<int, string, EngineException> refuse) => value as string ?? throw refuse(at, $"\"{name}\" of a value that is no text");

    private static object? Count(object? value) => value switch
    {
        string text => (long)text.EnumerateRunes().Count(),
        ICollection items => (long)items.Count,
        _ => null,
    };
}

/// <summary>A template refuses a conversation with <c>raise_exception</c>.</summary>
internal sealed class JinjaRefusalException(string message) : Exception(message);
