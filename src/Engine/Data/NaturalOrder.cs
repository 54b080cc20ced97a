namespace Engine.Data;

/// <summary>The order people number files in: <c>part-2</c> before <c>part-10</c>. Folder by folder, digits by value, everything else by code unit.</summary>
/// <remarks>A total order: names that differ only in leading zeros are ordered by code unit. It depends on no locale.</remarks>
internal sealed class NaturalOrder : IComparer<string>
{
    /// <summary>The order.</summary>
    public static NaturalOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> a = x, b = y;
        int i = 0, j = 0;
        while (i < a.Length && j < b.Length)
        {
            if (char.IsAsciiDigit(a[i]) && char.IsAsciiDigit(b[j]))
            {
                ReadOnlySpan<char> m = Digits(a, ref i).TrimStart('0'), n = Digits(b, ref j).TrimStart('0');
                int byValue = m.Length != n.Length ? m.Length.CompareTo(n.Length) : m.SequenceCompareTo(n);
                if (byValue != 0) return byValue;
            }
            else
            {
                // A folder's files stay together: the separator comes before any other character.
                char c = a[i++], d = b[j++];
                if (c != d) return (c == '/' ? -1 : c).CompareTo(d == '/' ? -1 : d);
            }
        }

        int rest = (a.Length - i).CompareTo(b.Length - j);
        return rest != 0 ? rest : string.CompareOrdinal(x, y);
    }

    private static ReadOnlySpan<char> Digits(ReadOnlySpan<char> text, ref int at)
    {
        int start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return text[start..at];
    }
}
