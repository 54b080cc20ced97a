namespace Engine.Plans;

/// <summary>"Did you mean": the nearest known word, when one is near enough.</summary>
internal static class Suggestion
{
    /// <summary>A sentence to append to a message, or nothing.</summary>
    public static string For(string written, IEnumerable<string> known)
    {
        string? best = known
            .Where(word => Math.Abs(written.Length - word.Length) <= Near(written, word))
            .Select(word => (Word: word, Distance: Distance(written.ToLowerInvariant(), word.ToLowerInvariant())))
            .Where(c => c.Distance <= Near(written, c.Word))
            .OrderBy(c => c.Distance).ThenBy(c => c.Word, StringComparer.Ordinal)
            .Select(c => c.Word).FirstOrDefault();
        return best is null ? "" : $" Did you mean \"{best}\"?";
    }

    /// <summary>Edits that still make one word a slip of the other.</summary>
    private static int Near(string written, string word) => Math.Max(1, Math.Max(written.Length, word.Length) / 3);

    /// <summary>Edits (insert, delete, replace, swap neighbours) from one word to the other; words over 64 characters never match.</summary>
    private static int Distance(string a, string b)
    {
        if (a.Length > 64 || b.Length > 64) return int.MaxValue;
        int[,] edits = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++) edits[i, 0] = i;
        for (int j = 0; j <= b.Length; j++) edits[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = edits[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                edits[i, j] = Math.Min(replace, 1 + Math.Min(edits[i - 1, j], edits[i, j - 1]));
                bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if (swapped) edits[i, j] = Math.Min(edits[i, j], edits[i - 2, j - 2] + 1);
            }
        }

        return edits[a.Length, b.Length];
    }
}
