using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Engine.Tokenizers;

/// <summary>A regular expression over characters, not over halves of surrogate pairs.</summary>
/// <remarks>
/// .NET matches UTF-16, where a character above U+FFFF is two units and no letter. So the text is matched with every such character replaced by one of the same
/// category from below U+FFFF that the expression does not name; an expression can tell the two apart only by naming the higher one, and that is refused.
/// </remarks>
internal sealed class RegexPattern : TextPattern
{
    private const char AlphabeticSymbol = '\u24B6';
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(10);

    private readonly Regex _regex;
    private readonly RegexSyntax _syntax;
    private readonly string _file;
    private readonly TimeSpan _mostTime;
    private readonly Lazy<char[]> _standIns;

    private RegexPattern(Regex regex, RegexSyntax syntax, string file, TimeSpan mostTime)
    {
        (_regex, _syntax, _file, _mostTime) = (regex, syntax, file, mostTime);
        _standIns = new Lazy<char[]>(FindStandIns);
    }

    /// <summary>Reads an expression in Oniguruma's syntax.</summary>
    /// <exception cref="EngineException">It has something that this runtime does not know: exit 4.</exception>
    public static new RegexPattern Read(TokenizerJson json) => Read(json, MostTime);

    /// <summary>Reads an expression that may take this long for one match.</summary>
    internal static RegexPattern Read(TokenizerJson json, TimeSpan mostTime)
    {
        RegexSyntax syntax = RegexSyntax.Translate(json);
        try
        {
            return new RegexPattern(new Regex(syntax.Pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled, mostTime), syntax, json.File, mostTime);
        }
        catch (RegexParseException refused)
        {
            throw json.Refuse("REGEX", $"found the regular expression {json.Text()}, which cannot be read: {refused.Message}");
        }
    }

    /// <inheritdoc/>
    public override void Find(ReadOnlySpan<byte> text, List<(int Start, int Length)> matches)
    {
        matches.Clear();
        char[] characters = ArrayPool<char>.Shared.Rent(text.Length);
        try
        {
            int count = 0;
            for (int at = 0; at < text.Length;)
            {
                at += Runes.Decode(text, at, out int rune);
                characters[count++] = rune <= char.MaxValue ? (char)rune : StandIn(rune);
            }

            (int place, int bytes, int last) = (0, 0, -1);
            foreach (ValueMatch match in _regex.EnumerateMatches(characters.AsSpan(0, count)))
            {
                // An empty match right behind another is none in Oniguruma.
                if (match.Length == 0 && match.Index == last) continue;
                last = match.Index + match.Length;
                for (; place < match.Index; place++) bytes += Runes.Length(text[bytes]);
                int start = bytes;
                for (; place < last; place++) bytes += Runes.Length(text[bytes]);
                matches.Add((start, bytes - start));
            }
        }
        catch (RegexMatchTimeoutException)
        {
            throw EngineException.Input(_file, "REGEX", $"the regular expression {_syntax.Source} took over {_mostTime.TotalSeconds:F1} seconds on a text of {text.Length} bytes. Use a model whose tokenizer has no expression that backtracks without end, or shorten the text.");
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }

    private char StandIn(int rune) => Runes.IsAlphabeticSymbol(rune) ? AlphabeticSymbol : _standIns.Value[(int)Runes.Category(rune)];

    private char[] FindStandIns()
    {
        char[] found = new char[(int)UnicodeCategory.OtherNotAssigned + 1];
        for (int c = char.MaxValue; c > 0; c--)
        {
            if (char.IsSurrogate((char)c) || RegexClass.IsWordNumber(c) || Runes.IsAlphabeticSymbol(c) || _syntax.Names((char)c)) continue;
            found[(int)CharUnicodeInfo.GetUnicodeCategory((char)c)] = (char)c;
        }

        return found;
    }
}
