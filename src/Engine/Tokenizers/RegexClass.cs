using System.Globalization;
using System.Text;

namespace Engine.Tokenizers;

/// <summary>Character classes and escapes of <see cref="RegexSyntax"/>.</summary>
internal static class RegexClass
{
    private static readonly Dictionary<string, string> _categories = new(StringComparer.OrdinalIgnoreCase)
    {
        ["letter"] = "L",
        ["mark"] = "M",
        ["number"] = "N",
        ["punctuation"] = "P",
        ["punct"] = "P",
        ["symbol"] = "S",
        ["separator"] = "Z",
        ["uppercaseletter"] = "Lu",
        ["lowercaseletter"] = "Ll",
        ["titlecaseletter"] = "Lt",
        ["modifierletter"] = "Lm",
        ["otherletter"] = "Lo",
        ["decimalnumber"] = "Nd",
        ["letternumber"] = "Nl",
        ["othernumber"] = "No",
    };

    /// <summary>Word characters, as .NET writes them within brackets.</summary>
    public const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u00B2\u00B3\u00B9\u00BC-\u00BE\u24B6-\u24E9";

    static RegexClass()
    {
        foreach (string name in "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Cn Co Cs".Split(' ')) _categories[name] = name;
    }

    /// <summary>A character as .NET's expressions write it, inside a class or out of one.</summary>
    public static string Quoted(char c) => char.IsAsciiLetterOrDigit(c) ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");

    /// <summary>Numbers of Latin-1 that Oniguruma takes for word characters, unlike all others of their category.</summary>
    public static bool IsWordNumber(int rune) => rune is 0xB2 or 0xB3 or 0xB9 or 0xBC or 0xBD or 0xBE;

    /// <summary>Reads a class behind its opening bracket.</summary>
    public static void Read(string source, ref int at, bool ignoreCase, StringBuilder to, List<(char From, char To)> named, Func<string, EngineException> refuse)
    {
        to.Append('[');
        if (at < source.Length && source[at] == '^')
        {
            to.Append('^');
            at++;
        }

        for (bool isFirst = true; ; isFirst = false)
        {
            if (at >= source.Length) throw refuse("a class that does not end");
            if (source[at] == ']' && !isFirst) break;
            if (source[at] == '[') throw refuse("a class within a class");
            if (string.CompareOrdinal(source, at, "&&", 0, 2) == 0) throw refuse("an intersection of classes (&&)");
            Member(source, ref at, ignoreCase, to, named, refuse);
        }

        at++;
        to.Append(']');
    }

    /// <summary>Reads a named class behind its backslash, if one stands there.</summary>
    /// <param name="source">The expression.</param>
    /// <param name="at">Behind the backslash; moved on.</param>
    /// <param name="refuse">Makes the refusal.</param>
    /// <param name="inside">The class as .NET writes it within brackets.</param>
    /// <param name="negated">Whether its complement is meant.</param>
    public static bool TryNamed(string source, ref int at, Func<string, EngineException> refuse, out string inside, out bool negated)
    {
        char c = source[at];
        negated = char.IsAsciiLetterUpper(c);
        inside = char.ToLowerInvariant(c) switch
        {
            's' => @"\s",
            'd' => @"\p{Nd}",
            'w' => Word,
            'p' => "p",
            _ => "",
        };
        if (inside.Length == 0) return false;
        at++;
        if (inside != "p") return true;

        int end = at < source.Length && source[at] == '{' ? source.IndexOf('}', at) : -1;
        if (end < 0) throw refuse("\\p without a name in braces");
        string name = source[(at + 1)..end];
        if (name.StartsWith('^')) (name, negated) = (name[1..], !negated);
        string plain = name.Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        if (!_categories.TryGetValue(plain, out string? category)) throw refuse($"the property {name}");
        inside = $"\\p{{{category}}}";
        at = end + 1;
        return true;
    }

    /// <summary>Reads an escaped character behind its backslash.</summary>
    public static char EscapedCharacter(string source, ref int at, Func<string, EngineException> refuse)
    {
        char c = source[at++];
        switch (c)
        {
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'f': return '\f';
            case 'v': return '\v';
            case 'a': return '\a';
            case 'e': return '\u001b';
            case 'u': return Hexadecimal(source, ref at, 4, refuse);
            case 'x' when at < source.Length && source[at] == '{':
                int end = source.IndexOf('}', at);
                if (end < 0 || end - at > 9) throw refuse("\\x{ without its end");
                at++;
                char found = Hexadecimal(source, ref at, end - at, refuse);
                at++;
                return found;
            case 'x': return Hexadecimal(source, ref at, 2, refuse);
            default:
                if (char.IsAsciiLetterOrDigit(c)) throw refuse($"the escape \\{c}");
                return c;
        }
    }

    /// <summary>Writes a range with the other case of its ASCII letters, as case is folded by Unicode: the long s and the Kelvin sign belong to s and k.</summary>
    public static void AppendBothCases(char from, char to, StringBuilder target, List<(char From, char To)> named, Func<string, EngineException> refuse)
    {
        if (to > 0x7F) throw refuse("(?i) on a character that is not ASCII");
        AppendRange(from, to, target, named);
        for (char c = from; c <= to; c++)
        {
            if (!char.IsAsciiLetter(c)) continue;
            AppendRange((char)(c ^ 0x20), (char)(c ^ 0x20), target, named);
            if ((c | 0x20) == 's') AppendRange('\u017F', '\u017F', target, named);
            if ((c | 0x20) == 'k') AppendRange('\u212A', '\u212A', target, named);
        }
    }

    private static void Member(string source, ref int at, bool ignoreCase, StringBuilder to, List<(char From, char To)> named, Func<string, EngineException> refuse)
    {
        bool escaped = source[at] == '\\';
        if (escaped && ++at >= source.Length) throw refuse("a backslash at the end");
        if (escaped && TryNamed(source, ref at, refuse, out string inside, out bool negated))
        {
            if (negated) inside = inside.StartsWith(@"\p{", StringComparison.Ordinal) && inside.LastIndexOf('\\') == 0 ? $"\\P{inside[2..]}" : inside == @"\s" ? @"\S" : throw refuse("a negated word class within a class");
            to.Append(inside);
            return;
        }

        char first = One(source, ref at, escaped, refuse), last = first;
        if (at + 1 < source.Length && source[at] == '-' && source[at + 1] != ']')
        {
            at++;
            bool escapedEnd = source[at] == '\\';
            if (escapedEnd) at++;
            if (at >= source.Length) throw refuse("a class that does not end");
            if (source[at] == '[' && !escapedEnd) throw refuse("a class within a class");
            last = One(source, ref at, escapedEnd, refuse);
            if (last < first) throw refuse($"the range {first}-{last}, which is empty");
        }

        if (ignoreCase) AppendBothCases(first, last, to, named, refuse);
        else AppendRange(first, last, to, named);
    }

    private static char One(string source, ref int at, bool escaped, Func<string, EngineException> refuse)
    {
        char c = escaped ? source[at] == 'b' ? throw refuse("a backspace (\\b in a class)") : EscapedCharacter(source, ref at, refuse) : source[at++];
        return char.IsSurrogate(c) ? throw refuse("a character above U+FFFF") : c;
    }

    private static void AppendRange(char from, char to, StringBuilder target, List<(char From, char To)> named)
    {
        named.Add((from, to));
        target.Append(Quoted(from));
        if (to > from) target.Append('-').Append(Quoted(to));
    }

    private static char Hexadecimal(string source, ref int at, int digits, Func<string, EngineException> refuse)
    {
        if (at + digits > source.Length || !uint.TryParse(source.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)) throw refuse("a character number that is no hexadecimal number");
        if (value > char.MaxValue) throw refuse("a character above U+FFFF");
        at += digits;
        return (char)value;
    }
}
