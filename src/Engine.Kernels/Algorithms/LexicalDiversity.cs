using System.Text;

namespace Engine.Kernels.Algorithms;

/// <summary>MTLD, the measure of textual lexical diversity: the mean length of runs of words that keep their type-token ratio above 0.72.</summary>
/// <remarks>Source: McCarthy and Jarvis (2010), as the LexicalRichness library computes it.</remarks>
public static class LexicalDiversity
{
    private const double Threshold = 0.72;

    /// <summary>MTLD of a text.</summary>
    /// <param name="words">The words in order.</param>
    /// <returns>The mean of words / factors read forwards and backwards; 0 without words.</returns>
    public static double Mtld(IReadOnlyList<string> words) =>
        words.Count == 0 ? 0 : (words.Count / Factors(words, backwards: false) + words.Count / Factors(words, backwards: true)) / 2;

    /// <summary>The words of a text: lower-cased, digits and dashes deleted, ASCII punctuation and white space between them.</summary>
    public static List<string> Words(string text)
    {
        List<string> words = [];
        var word = new StringBuilder();
        foreach (char c in text.ToLowerInvariant())
        {
            if (c is (>= '0' and <= '9') or '-' or '\u2013' or '\u2014') continue;
            if (!char.IsWhiteSpace(c) && !(char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c))))
            {
                word.Append(c);
                continue;
            }

            if (word.Length > 0) words.Add(word.ToString());
            word.Clear();
        }

        if (word.Length > 0) words.Add(word.ToString());
        return words;
    }

    private static double Factors(IReadOnlyList<string> words, bool backwards)
    {
        HashSet<string> types = new(StringComparer.Ordinal);
        double factors = 0, ratio = 1;
        int length = 0;
        for (int i = 0; i < words.Count; i++)
        {
            types.Add(words[backwards ? words.Count - 1 - i : i]);
            ratio = types.Count / (double)++length;
            if (ratio > Threshold) continue;
            factors++;
            types.Clear();
            length = 0;
        }

        if (length > 0) factors += (1 - ratio) / (1 - Threshold);

        // Nothing was counted only if every word is another one: the text is one factor.
        return factors == 0 ? 1 : factors;
    }
}
