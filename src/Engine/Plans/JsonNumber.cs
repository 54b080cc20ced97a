using System.Globalization;
using System.Text.RegularExpressions;

namespace Engine.Plans;

/// <summary>A JSON number without loss: digits times a power of ten, so that 1000, 1e3 and 1000.0 are one value and 2^63 is none too many.</summary>
internal readonly partial record struct JsonNumber
{
    private JsonNumber(bool negative, string digits, long exponent) => (Negative, Digits, Exponent) = (negative, digits, exponent);

    /// <summary>Below zero; never for zero.</summary>
    public bool Negative { get; }

    /// <summary>Digits without zeros at either end; empty for zero.</summary>
    public string Digits { get; }

    /// <summary>Power of ten of the last digit.</summary>
    public long Exponent { get; }

    /// <summary>Without a fraction, however large.</summary>
    public bool IsWhole => Digits.Length == 0 || Exponent >= 0;

    /// <summary>Takes a number apart; false when the text is no JSON number.</summary>
    public static bool TryParse(string text, out JsonNumber number)
    {
        number = default;
        Match parts = Grammar().Match(text);
        if (!parts.Success) return false;
        string fraction = parts.Groups["fraction"].Value;
        string digits = (parts.Groups["whole"].Value + fraction).TrimStart('0');
        string kept = digits.TrimEnd('0');
        if (kept.Length == 0)
        {
            number = new JsonNumber(false, "", 0);
            return true;
        }

        // An exponent beyond 2^63 is as far out of every range as one of 2^62.
        if (!long.TryParse(parts.Groups["exponent"].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long exponent) && parts.Groups["exponent"].Success)
            exponent = parts.Groups["exponent"].ValueSpan.StartsWith("-") ? -(1L << 62) : 1L << 62;
        exponent = Math.Clamp(exponent, -(1L << 62), 1L << 62);
        number = new JsonNumber(parts.Groups["sign"].Length > 0, kept, exponent - fraction.Length + (digits.Length - kept.Length));
        return true;
    }

    /// <summary>The value when it is whole and fits 64 bits.</summary>
    public bool TryGetInt64(out long value)
    {
        value = 0;
        if (Digits.Length == 0) return true;
        if (Exponent < 0 || Digits.Length + Exponent > 19) return false;
        string whole = (Negative ? "-" : "") + Digits + new string('0', (int)Exponent);
        return long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>One spelling for every value: <c>0</c>, <c>1e3</c>, <c>-15e-1</c>.</summary>
    public override string ToString() =>
        Digits.Length == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"{(Negative ? "-" : "")}{Digits}e{Exponent}");

    [GeneratedRegex(@"^(?<sign>-?)(?<whole>0|[1-9][0-9]*)(\.(?<fraction>[0-9]+))?([eE](?<exponent>[+-]?[0-9]+))?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Grammar();
}
