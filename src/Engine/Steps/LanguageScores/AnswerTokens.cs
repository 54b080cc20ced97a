using System.Text;
using Engine.Tokenizers;

namespace Engine.Steps.LanguageScores;

/// <summary>The tokens by which a model answers in one word.</summary>
internal static class AnswerTokens
{
    /// <summary>The first token of each word.</summary>
    /// <exception cref="EngineException">Two words begin alike, or one has no token. Exit 4.</exception>
    public static int[] First(Tokenizer tokenizer, params string[] words) => Of(tokenizer, words, ids => ids[0]);

    /// <summary>The last token of each word, which is its own where a tokenizer puts a token for a space before it.</summary>
    /// <exception cref="EngineException">Two words end alike, or one has no token. Exit 4.</exception>
    public static int[] Last(Tokenizer tokenizer, params string[] words) => Of(tokenizer, words, ids => ids[^1]);

    private static int[] Of(Tokenizer tokenizer, string[] words, Func<List<int>, int> choose)
    {
        List<int> tokens = [];
        foreach (string word in words)
        {
            List<int> ids = [];
            tokenizer.Encode(Encoding.UTF8.GetBytes(word), addSpecialTokens: false, ids);
            if (ids.Count > 0 && !tokens.Contains(choose(ids)))
            {
                tokens.Add(choose(ids));
                continue;
            }

            throw EngineException.Input(tokenizer.Path, "ANSWER",
                $"found no token that tells \"{word}\" from the other answers ({string.Join(", ", words)}), expected one for each. Give the tokenizer of a model that was trained to answer so.");
        }

        return [.. tokens];
    }
}
