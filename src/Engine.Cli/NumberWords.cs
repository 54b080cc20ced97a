using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Engine.Cli;

/// <summary>Options whose word is a number: a word that is none is told what was expected, in words for people.</summary>
internal static class NumberWords
{
    /// <summary>An option with a whole number, null without.</summary>
    /// <param name="name">The option.</param>
    /// <param name="description">For the help.</param>
    public static Option<T?> Whole<T>(string name, string description)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T> => new(name) { Description = description, CustomParser = word => Parse<T>(name, word, NumberStyles.AllowLeadingSign, "a whole number", FormattableString.Invariant($" from {T.MinValue} to {T.MaxValue}")) };

    /// <summary>An option with a number, null without.</summary>
    /// <inheritdoc cref="Whole{T}"/>
    public static Option<T?> Number<T>(string name, string description)
        where T : struct, IBinaryFloatingPointIeee754<T> => new(name) { Description = description, CustomParser = word => Parse<T>(name, word, NumberStyles.Float, "a number", "") };

    private static T? Parse<T>(string name, ArgumentResult word, NumberStyles style, string expected, string bounds)
        where T : struct, INumber<T>
    {
        string text = word.Tokens[0].Value;
        if (T.TryParse(text, style, CultureInfo.InvariantCulture, out T number)) return number;
        // A whole number that is too large for its type is one all the same, so the bounds have to be said.
        bool beyond = BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
        word.AddError($"found {name} \"{EngineError.Printable(text)}\", expected {expected}{(beyond ? bounds : "")}.");
        return null;
    }
}
