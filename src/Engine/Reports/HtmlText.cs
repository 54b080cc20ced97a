using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Engine.Reports;

/// <summary>
/// Text of an HTML page under construction. Markup comes only from the literal parts of an interpolated string; whatever stands in its
/// holes is escaped, so no value can become markup. A plain string is not accepted.
/// </summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _text = new();

    /// <summary>Characters written so far.</summary>
    public int Length => _text.Length;

    /// <summary>Writes markup with values in its holes, for elements and for attributes in double quotes.</summary>
    public HtmlText Write([InterpolatedStringHandlerArgument("")] Markup markup)
    {
        _ = markup;
        return this;
    }

    /// <summary>Writes a data block that no browser runs and no text can end.</summary>
    /// <param name="id">The block's id.</param>
    /// <param name="write">Writes one JSON value.</param>
    public void Data(string id, Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        // The writer's default encoder leaves only letters, digits and harmless signs of ASCII as they are; the rest becomes \u and four digits.
        using (var json = new Utf8JsonWriter(bytes)) write(json);
        Write($"""<script type="application/json" id="{id}">""");
        _text.Append(Encoding.ASCII.GetString(bytes.GetBuffer(), 0, checked((int)bytes.Length)));
        Write($"</script>\n");
    }

    /// <summary>The page as written.</summary>
    public override string ToString() => _text.ToString();

    /// <summary>At most so many characters of a text, whole code points, with an ellipsis where something was left out.</summary>
    public static string Cut(string text, int characters)
    {
        if (text.Length <= characters) return text;
        int end = characters - 1;
        if (char.IsHighSurrogate(text[end - 1])) end--;
        return string.Concat(text.AsSpan(0, end), "…");
    }

    /// <summary>As <see cref="Cut"/>, but what is left out lies in the middle: names often differ at their ends.</summary>
    public static string CutMiddle(string text, int characters)
    {
        if (text.Length <= characters) return text;
        int tail = text.Length - (characters / 2) + 1;
        if (char.IsLowSurrogate(text[tail])) tail++;
        return string.Concat(Cut(text, characters / 2), text.AsSpan(tail));
    }

    private void Escape(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '&': _text.Append("&amp;"); break;
                case '<': _text.Append("&lt;"); break;
                case '>': _text.Append("&gt;"); break;
                case '"': _text.Append("&quot;"); break;
                case '\'': _text.Append("&#39;"); break;
                case '`': _text.Append("&#96;"); break;
                case '=': _text.Append("&#61;"); break;
                case '\n' or '\t': _text.Append((char)rune.Value); break;
                case < 0x20: _text.Append((char)(0x2400 + rune.Value)); break;
                case 0x7F: _text.Append('\u2421'); break;
                default:
                    if (IsHidden(rune)) _text.Append(CultureInfo.InvariantCulture, $"⟨U+{rune.Value:X4}⟩");
                    else Append(rune);
                    break;
            }
        }
    }

    private void Append(Rune rune)
    {
        Span<char> units = stackalloc char[2];
        _text.Append(units[..rune.EncodeToUtf16(units)]);
    }

    /// <summary>Code points that reorder, hide or end text without a glyph of their own: direction overrides, separators, tags, controls, non-characters.</summary>
    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        // Joiners shape letters and emoji, and the Arabic and Kaithi number signs have glyphs.
        UnicodeCategory.Format => rune.Value is not (0x200C or 0x200D or 0x00AD or (>= 0x0600 and <= 0x0605) or 0x06DD or 0x08E2 or 0x110BD or 0x110CD),
        UnicodeCategory.OtherNotAssigned => (rune.Value & 0xFFFE) == 0xFFFE || rune.Value is >= 0xFDD0 and <= 0xFDEF,
        _ => false,
    };

    /// <summary>Takes the parts of an interpolated string: literals as they are, values escaped, coordinates with two decimals.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct Markup
    {
        private readonly HtmlText _html;

        /// <summary>Begins markup that goes to <paramref name="html"/>.</summary>
        public Markup(int literalLength, int formattedCount, HtmlText html)
        {
            _html = html;
            html._text.EnsureCapacity(html._text.Length + literalLength + (8 * formattedCount));
        }

        /// <summary>Markup.</summary>
        public void AppendLiteral(string markup) => _html._text.Append(markup);

        /// <summary>A text, escaped.</summary>
        public void AppendFormatted(string? text)
        {
            if (text is not null) _html.Escape(text);
        }

        /// <summary>A plain number.</summary>
        public void AppendFormatted(long number) => _html._text.Append(CultureInfo.InvariantCulture, $"{number}");

        /// <summary>A coordinate, two decimals at most.</summary>
        public void AppendFormatted(double coordinate) =>
            _html._text.Append(CultureInfo.InvariantCulture, $"{Math.Round(coordinate, 2) + 0.0:0.##}");
    }
}
