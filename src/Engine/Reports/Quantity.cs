using System.Collections;
using System.Globalization;

namespace Engine.Reports;

/// <summary>Numbers as a page sets them: a narrow space between groups, a few significant digits, the unit behind; the same in every locale.</summary>
internal static class Quantity
{
    private const string Narrow = "\u202F";
    private const int ListedItems = 16;

    private static readonly NumberFormatInfo Format = new()
    {
        NumberGroupSeparator = Narrow,
        NumberDecimalSeparator = ".",
        NegativeSign = "−",
    };

    /// <summary>A count: <c>1 234 567</c>.</summary>
    public static string Count(long count) => count.ToString("N0", Format);

    /// <summary>A count with its noun: <c>1 row</c>, <c>1 000 rows</c>.</summary>
    public static string Count(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>A number with so many significant digits; very large and very small ones as <c>1.23×10⁻⁵</c>.</summary>
    public static string Number(double number, int digits = 3)
    {
        if (double.IsNaN(number)) return "NaN";
        if (double.IsInfinity(number)) return number > 0 ? "∞" : "−∞";
        if (number == 0) return "0";
        // The exponent after rounding: 9.996 has the digits of 10.0.
        string scientific = number.ToString($"E{digits - 1}", CultureInfo.InvariantCulture);
        int mark = scientific.IndexOf('E', StringComparison.Ordinal);
        int exponent = int.Parse(scientific.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent is < -4 or > 8) return $"{scientific[..mark].Replace('-', '−')}×10{Superscript(exponent)}";
        return number.ToString($"N{Math.Max(0, digits - 1 - exponent)}", Format);
    }

    /// <summary>A tick of an axis whose ticks are <paramref name="step"/> apart.</summary>
    public static string Tick(double tick, double step)
    {
        if (tick == 0) return "0";
        double magnitude = Math.Abs(tick);
        if (magnitude >= 1e6 || step < 1e-6) return Trim(Number(tick, 4));
        int decimals = Math.Max(0, (int)-Math.Floor(Math.Log10(step) + 1e-9));
        return tick.ToString($"N{decimals}", Format);
    }

    /// <summary>A share as a percentage: <c>0.40 %</c>.</summary>
    public static string Percent(double share)
    {
        double percent = 100 * share;
        return (percent switch
        {
            0 => "0",
            >= 99.95 => percent.ToString("N0", Format),
            >= 0.1 => percent.ToString(percent >= 9.995 ? "N1" : "N2", Format),
            _ => Number(percent, 2),
        }) + Narrow + "%";
    }

    /// <summary>A ratio: <c>×1.85</c>.</summary>
    public static string Ratio(double ratio) => "×" + (ratio is >= 0.01 and < 1000 ? ratio.ToString(ratio >= 10 ? "N1" : "N2", Format) : Number(ratio, 2));

    /// <summary>Bytes in decimal units: <c>1.43 GB</c>.</summary>
    public static string Bytes(long bytes)
    {
        if (bytes < 1000) return $"{Count(bytes)}{Narrow}B";
        string[] units = ["kB", "MB", "GB", "TB", "PB", "EB"];
        double amount = bytes / 1e3;
        int unit = 0;
        for (; amount >= 999.5 && unit < units.Length - 1; unit++) amount /= 1e3;
        return $"{Number(amount)}{Narrow}{units[unit]}";
    }

    /// <summary>A time: <c>12.4 ms</c>, <c>12.4 s</c>, <c>3 min 20 s</c>, <c>2 h 05 min</c>.</summary>
    public static string Seconds(double seconds)
    {
        if (!double.IsFinite(seconds)) return Number(seconds);
        if (seconds < 0.0005) return seconds <= 0 ? $"0{Narrow}s" : $"{Number(seconds * 1e6, 2)}{Narrow}µs";
        if (seconds < 0.9995) return $"{Number(seconds * 1e3)}{Narrow}ms";
        if (seconds < 99.95) return $"{Number(seconds)}{Narrow}s";
        double whole = Math.Round(seconds);
        if (whole < 3600) return string.Create(Format, $"{Math.Floor(whole / 60):N0}{Narrow}min {whole % 60:00}{Narrow}s");
        double minutes = Math.Round(seconds / 60);
        return string.Create(Format, $"{Math.Floor(minutes / 60):N0}{Narrow}h {minutes % 60:00}{Narrow}min");
    }

    /// <summary>A fact as text: numbers set as numbers, lists and maps shortened.</summary>
    public static string Fact(object? fact) => fact switch
    {
        null => "none",
        string text => text,
        bool flag => flag ? "yes" : "no",
        sbyte or byte or short or ushort or int or uint or long => Count(Convert.ToInt64(fact, CultureInfo.InvariantCulture)),
        float number => Fact((double)number),
        double number => Whole(number) ? Count((long)number) : Trim(Number(number, 6)),
        IDictionary map => List(map.Keys, key => $"{Fact(key)}: {Fact(map[key!])}"),
        IEnumerable list => List(list, Fact),
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        _ => fact.ToString() ?? "",
    };

    private static bool Whole(double number) => number == Math.Floor(number) && Math.Abs(number) < 1e9;

    private static string List(IEnumerable items, Func<object?, string> text)
    {
        var shown = new List<string>(ListedItems);
        int count = 0;
        foreach (object? item in items)
        {
            if (count++ < ListedItems) shown.Add(text(item));
        }
        string joined = string.Join(", ", shown);
        return count > ListedItems ? $"{joined}, … ({Count(count)} in all)" : joined;
    }

    private static string Trim(string number) =>
        number.Contains('.', StringComparison.Ordinal) && !number.Contains('×', StringComparison.Ordinal) ? number.TrimEnd('0').TrimEnd('.') : number;

    private static string Superscript(int exponent) =>
        string.Concat(exponent.ToString(CultureInfo.InvariantCulture).Select(c => c == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c - '0']));
}
