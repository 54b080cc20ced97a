using System.Globalization;
using System.Text;

namespace Engine.Tokenizers;

/// <summary>From the regular expressions of tokenizer files, which are Oniguruma's with its Ruby syntax, to those of .NET.</summary>
/// <remarks>
/// Known are literals, escapes, classes, <c>\s \w \d \b</c>, general categories, groups, look-around, alternatives, <c>(?i)</c> on ASCII letters, and greedy, lazy
/// and possessive repetition. Everything else is refused by name.
/// </remarks>
internal sealed class RegexSyntax
{
    private readonly TokenizerJson _json;
    private readonly StringBuilder _to = new();
    private readonly List<(char From, char To)> _named = [];
    private int _at;

    private RegexSyntax(TokenizerJson json) => (_json, Source) = (json, json.Text());

    /// <summary>The expression as the file has it.</summary>
    public string Source { get; }

    /// <summary>The expression for .NET, over texts in which every character is one unit.</summary>
    public string Pattern { get; private set; } = "";

    /// <summary>Whether the expression names a character, by itself or in a range.</summary>
    public bool Names(char c) => _named.Exists(range => range.From <= c && c <= range.To);

    /// <summary>Translates an expression.</summary>
    /// <exception cref="EngineException">It has something that is not known here: exit 4.</exception>
    public static RegexSyntax Translate(TokenizerJson json)
    {
        var syntax = new RegexSyntax(json);
        syntax.Alternatives(ignoreCase: false, depth: 0);
        if (syntax._at < syntax.Source.Length) throw syntax.Refuse("a closing parenthesis without its opening one");
        syntax.Pattern = syntax._to.ToString();
        return syntax;
    }

    private bool Peek(char c) => _at < Source.Length && Source[_at] == c;

    private bool Take(string text)
    {
        if (string.CompareOrdinal(Source, _at, text, 0, text.Length) != 0) return false;
        _at += text.Length;
        return true;
    }

    private void Alternatives(bool ignoreCase, int depth)
    {
        if (depth > 64) throw Refuse("groups more than 64 deep");
        if (Take("(?i)")) ignoreCase = true;
        while (_at < Source.Length && Source[_at] != ')')
        {
            if (Take("|")) _to.Append('|');
            else Repeated(ignoreCase, depth);
        }
    }

    private void Repeated(bool ignoreCase, int depth)
    {
        int start = _to.Length;
        bool repeatable = Atom(ignoreCase, depth);
        string count = Count(out bool isInterval);
        if (count.Length == 0) return;
        if (!repeatable) throw Refuse($"a repetition of what has no length, before position {_at}");
        if (Take("?"))
        {
            if (isInterval && !count.Contains(',', StringComparison.Ordinal)) throw Refuse("{n}?");
            _to.Append(count).Append('?');
        }
        else if (Take("+"))
        {
            // Behind an interval Ruby's syntax takes the plus for another repetition.
            _to.Insert(start, isInterval ? "(?:" : "(?>").Append(count).Append(isInterval ? ")+" : ")");
        }
        else
        {
            _to.Append(count);
        }

        if (_at < Source.Length && Source[_at] is '*' or '+' or '?') throw Refuse("a repetition of a repetition");
    }

    private string Count(out bool isInterval)
    {
        isInterval = false;
        if (_at >= Source.Length) return "";
        if (Source[_at] is '*' or '+' or '?') return Source[_at++].ToString();
        if (Source[_at] != '{' || !TryInterval(out string interval, out int end)) return "";
        (_at, isInterval) = (end, true);
        return interval;
    }

    private bool TryInterval(out string interval, out int end)
    {
        interval = "";
        end = Source.IndexOf('}', _at);
        if (end < 0) return false;
        string[] bounds = Source[(_at + 1)..end++].Split(',');
        if (bounds.Length > 2 || !bounds.All(b => b.Length <= 5 && b.All(char.IsAsciiDigit)) || bounds.All(b => b.Length == 0)) return false;
        if (bounds[0].Length == 0) bounds[0] = "0";
        interval = $"{{{string.Join(',', bounds)}}}";
        return true;
    }

    // False for what matches no character, which must not be repeated.
    private bool Atom(bool ignoreCase, int depth)
    {
        char c = Source[_at++];
        switch (c)
        {
            case '(':
                return Group(ignoreCase, depth);
            case '[':
                RegexClass.Read(Source, ref _at, ignoreCase, _to, _named, Refuse);
                return true;
            case '.':
                _to.Append("[^\\n]");
                return true;
            case '^':
                _to.Append(@"(?:\A|(?<=\n)(?!\z))");
                return false;
            case '$':
                _to.Append(@"(?=\n|\z)");
                return false;
            case '\\':
                return Escape(ignoreCase);
            case '*' or '+' or '?':
                throw Refuse($"a repetition of nothing at position {_at - 1}");
            default:
                Literal(c, ignoreCase);
                return true;
        }
    }

    private bool Group(bool ignoreCase, int depth)
    {
        string opening = Take("?i:") ? "(?:" : Take("?-i:") ? "(?-:" : Take("?:") ? "(?:" : Take("?=") ? "(?=" : Take("?!") ? "(?!" : Take("?<=") ? "(?<=" : Take("?<!") ? "(?<!" : Take("?>") ? "(?>" : "(";
        bool inside = opening == "(?:" && Source[_at - 2] == 'i' || ignoreCase && opening != "(?-:";
        if (opening == "(" && Peek('?')) throw Refuse($"the group {Source[(_at - 1)..Math.Min(Source.Length, _at + 3)]}");
        _to.Append(opening is "(" or "(?-:" ? "(?:" : opening);
        Alternatives(inside, depth + 1);
        if (!Take(")")) throw Refuse("a group that does not end");
        _to.Append(')');
        return opening is "(" or "(?:" or "(?-:" or "(?>";
    }

    private bool Escape(bool ignoreCase)
    {
        if (_at >= Source.Length) throw Refuse("a backslash at the end");
        char c = Source[_at];
        string? anchor = c switch
        {
            'A' => @"\A",
            'z' => @"\z",
            'Z' => @"\Z",
            'b' => $"(?:(?<=[{RegexClass.Word}])(?![{RegexClass.Word}])|(?<![{RegexClass.Word}])(?=[{RegexClass.Word}]))",
            'B' => $"(?:(?<=[{RegexClass.Word}])(?=[{RegexClass.Word}])|(?<![{RegexClass.Word}])(?![{RegexClass.Word}]))",
            _ => null,
        };
        if (anchor is not null)
        {
            _at++;
            _to.Append(anchor);
            return false;
        }

        if (RegexClass.TryNamed(Source, ref _at, Refuse, out string inside, out bool negated)) _to.Append(negated ? "[^" : "[").Append(inside).Append(']');
        else Literal(RegexClass.EscapedCharacter(Source, ref _at, Refuse), ignoreCase);
        return true;
    }

    private void Literal(char c, bool ignoreCase)
    {
        if (char.IsSurrogate(c)) throw Refuse("a character above U+FFFF");
        _named.Add((c, c));
        if (!ignoreCase)
        {
            _to.Append(RegexClass.Quoted(c));
            return;
        }

        _to.Append('[');
        RegexClass.AppendBothCases(c, c, _to, _named, Refuse);
        _to.Append(']');
    }

    private EngineException Refuse(string what) => _json.Unsupported(
        string.Create(CultureInfo.InvariantCulture, $"the regular expression {Source}, which has {what}"),
        @"literals, escapes, classes, \s \w \d \b, general categories, groups, look-around, alternatives, (?i) on ASCII letters, and repetition");
}
