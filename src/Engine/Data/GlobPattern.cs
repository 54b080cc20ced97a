namespace Engine.Data;

/// <summary>One path segment of a pattern: <c>*</c> any characters, <c>?</c> one, <c>[a-z]</c> one of a set, <c>[!a-z]</c> one outside it.</summary>
/// <remarks>As in a shell, a leading dot is matched by a dot only.</remarks>
internal static class GlobPattern
{
    /// <summary>Whether a text has a character that means something in a pattern.</summary>
    public static bool IsPattern(string text) => text.AsSpan().ContainsAny('*', '?', '[');

    /// <summary>Whether a name fits a segment, in time proportional to the product of their lengths.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        if (name.StartsWith('.') && !pattern.StartsWith('.')) return false;
        int p = 0, n = 0, starAt = -1, starName = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (starAt, starName) = (p++, n);
            }
            else if (p < pattern.Length && MatchesOne(pattern, p, name[n], out int next))
            {
                p = next;
                n++;
            }
            else if (starAt >= 0)
            {
                p = starAt + 1;
                n = ++starName;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }

    private static bool MatchesOne(ReadOnlySpan<char> pattern, int at, char c, out int next)
    {
        next = at + 1;
        if (pattern[at] == '?') return true;
        if (pattern[at] != '[') return pattern[at] == c;

        // A bracket directly behind the opening one (or its !) is a member; a bracket that is never closed stands for itself.
        int first = at + 1;
        bool negated = first < pattern.Length && pattern[first] == '!';
        if (negated) first++;
        int close = first + 1 >= pattern.Length ? -1 : pattern[(first + 1)..].IndexOf(']');
        if (close < 0) return c == '[';
        ReadOnlySpan<char> members = pattern.Slice(first, close + 1);
        next = first + members.Length + 1;
        bool found = false;
        for (int i = 0; i < members.Length; i++)
        {
            if (i + 2 < members.Length && members[i + 1] == '-')
            {
                found |= members[i] <= c && c <= members[i + 2];
                i += 2;
            }
            else
            {
                found |= members[i] == c;
            }
        }

        return found != negated;
    }
}
