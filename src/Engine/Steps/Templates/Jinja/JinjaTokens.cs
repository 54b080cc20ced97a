using System.Globalization;
using System.Text;

namespace Engine.Steps.Templates.Jinja;

/// <summary>What a token is.</summary>
internal enum JinjaTokenKind
{
    /// <summary>Text between tags.</summary>
    Text,

    /// <summary><c>{{</c> or <c>{%</c>.</summary>
    Open,

    /// <summary><c>}}</c> or <c>%}</c>.</summary>
    Close,

    /// <summary>A name or keyword.</summary>
    Name,

    /// <summary>A string literal, unescaped.</summary>
    String,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>An operator or bracket.</summary>
    Operator,

    /// <summary>The template's end.</summary>
    End,
}

/// <summary>A token and where it stands.</summary>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int At);

/// <summary>Cuts a template into tokens; white space around tags goes as <c>trim_blocks</c> and <c>lstrip_blocks</c> have it, with which chat templates are written.</summary>
internal sealed class JinjaTokens(string source, Func<int, string, EngineException> refuse)
{
    private static readonly string[] _operators = ["==", "!=", "<=", ">=", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ":", ".", "|", "+", "-", "~", "%", "*"];

    private readonly List<JinjaToken> _tokens = [];
    private int _at;

    /// <summary>All tokens, the last of them the end.</summary>
    public List<JinjaToken> Read()
    {
        bool trimsNext = false, trimsLine = false;
        while (_at < source.Length)
        {
            int open = NextTag(_at);
            string text = source[_at..(open < 0 ? source.Length : open)];
            if (trimsNext) text = text.TrimStart();
            else if (trimsLine) text = text.StartsWith("\r\n", StringComparison.Ordinal) ? text[2..] : text.StartsWith('\n') ? text[1..] : text;
            (trimsNext, trimsLine) = (false, false);
            if (open >= 0) text = TrimBefore(text, open);
            if (text.Length > 0) _tokens.Add(new JinjaToken(JinjaTokenKind.Text, text, _at));
            if (open < 0) break;
            char kind = source[open + 1];
            _at = open + 2;
            if (_at < source.Length && source[_at] is '-' or '+') _at++;
            if (kind == '#') SkipComment(open);
            else ReadTag(open, kind);
            trimsNext = source[_at - 3] == '-';
            trimsLine = kind != '{' && source[_at - 3] != '+';
        }

        _tokens.Add(new JinjaToken(JinjaTokenKind.End, "the end", source.Length));
        return _tokens;
    }

    private int NextTag(int from)
    {
        for (int at = source.IndexOf('{', from); at >= 0 && at + 1 < source.Length; at = source.IndexOf('{', at + 1))
            if (source[at + 1] is '{' or '%' or '#') return at;
        return -1;
    }

    private string TrimBefore(string text, int open)
    {
        char sign = open + 2 < source.Length ? source[open + 2] : ' ';
        if (sign == '-') return text.TrimEnd();
        if (source[open + 1] == '{' || sign == '+') return text;
        int line = text.LastIndexOf('\n') + 1;
        bool beginsLine = line > 0 || open == text.Length;
        return beginsLine && text.AsSpan(line).IndexOfAnyExcept(' ', '\t') < 0 ? text[..line] : text;
    }

    private void SkipComment(int open)
    {
        int end = source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0) throw refuse(open, "a comment that does not end");
        _at = end + 2;
    }

    private void ReadTag(int open, char kind)
    {
        string close = kind == '{' ? "}}" : "%}";
        _tokens.Add(new JinjaToken(JinjaTokenKind.Open, kind == '{' ? "{{" : "{%", open));
        for (int depth = 0; ;)
        {
            while (_at < source.Length && char.IsWhiteSpace(source[_at])) _at++;
            if (_at >= source.Length) throw refuse(open, "a tag that does not end");
            int sign = source[_at] is '-' or '+' ? 1 : 0;
            if (depth == 0 && string.CompareOrdinal(source, _at + sign, close, 0, 2) == 0)
            {
                _tokens.Add(new JinjaToken(JinjaTokenKind.Close, close, _at));
                _at += sign + 2;
                return;
            }

            JinjaToken token = Next();
            if (token.Kind == JinjaTokenKind.Operator) depth += token.Text is "(" or "[" or "{" ? 1 : token.Text is ")" or "]" or "}" ? -1 : 0;
            _tokens.Add(token);
        }
    }

    private JinjaToken Next()
    {
        int start = _at;
        char c = source[_at];
        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (_at < source.Length && (char.IsAsciiLetterOrDigit(source[_at]) || source[_at] == '_')) _at++;
            return new JinjaToken(JinjaTokenKind.Name, source[start.._at], start);
        }

        if (char.IsAsciiDigit(c))
        {
            while (_at < source.Length && char.IsAsciiDigit(source[_at])) _at++;
            return new JinjaToken(JinjaTokenKind.Number, source[start.._at], start);
        }

        if (c is '\'' or '"') return new JinjaToken(JinjaTokenKind.String, Literal(c), start);
        string known = Array.Find(_operators, each => string.CompareOrdinal(source, start, each, 0, each.Length) == 0) ?? throw refuse(start, $"the character {c}");
        _at += known.Length;
        return new JinjaToken(JinjaTokenKind.Operator, known, start);
    }

    private string Literal(char quote)
    {
        int start = _at++;
        var text = new StringBuilder();
        for (; _at < source.Length && source[_at] != quote; _at++)
        {
            if (source[_at] != '\\')
            {
                text.Append(source[_at]);
                continue;
            }

            if (++_at >= source.Length) break;
            text.Append(source[_at] switch
            {
                'n' => "\n",
                't' => "\t",
                'r' => "\r",
                '\\' or '\'' or '"' => source[_at].ToString(),
                'u' when _at + 4 < source.Length && ushort.TryParse(source.AsSpan(_at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit) => Unit(unit),
                var other => throw refuse(_at, $"the escape \\{other}"),
            });
        }

        if (_at >= source.Length) throw refuse(start, "a string that does not end");
        _at++;
        return text.ToString();
    }

    private string Unit(ushort unit)
    {
        _at += 4;
        return ((char)unit).ToString();
    }
}
