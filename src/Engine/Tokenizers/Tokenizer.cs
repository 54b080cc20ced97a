using System.Collections.Concurrent;
using System.Text;
using System.Text.Unicode;

namespace Engine.Tokenizers;

/// <summary>From text to the token ids of a language model, by the model's own <c>tokenizer.json</c>.</summary>
/// <remarks>
/// The ids are those of Hugging Face's library. A component that this runtime does not have is refused by name, never approximated. The file's <c>truncation</c> and
/// <c>padding</c> are not applied: how long a text may be is the caller's to say, and batches pad themselves. Any number of threads may encode at once.
/// </remarks>
public sealed class Tokenizer
{
    private readonly ConcurrentBag<TokenizerLane> _lanes = [];
    private readonly TokenizerDefinition _definition;

    private Tokenizer(TokenizerDefinition definition) => _definition = definition;

    /// <summary>The file it was read from, as an absolute path.</summary>
    public string Path => _definition.Path;

    /// <summary>The greatest token id and one more: how many rows a model's table of embeddings needs.</summary>
    public int VocabularySize => _definition.IdLimit;

    /// <summary>Tokens that <see cref="Encode(ReadOnlySpan{byte}, bool, List{int})"/> adds around a text.</summary>
    public int SpecialTokenCount => _definition.Special.Before.Length + _definition.Special.Behind.Length;

    /// <summary>Special tokens before a text.</summary>
    internal int SpecialTokensBefore => _definition.Special.Before.Length;

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">A <c>tokenizer.json</c>, or a folder that holds one.</param>
    /// <exception cref="EngineException">It is missing, malformed or has a component that this runtime does not know: exit 4, naming the file and the place. It cannot be read: exit 7. It needs Unicode normalisation, which the runtime lacks: exit 9.</exception>
    public static Tokenizer Open(string path) => Open(path, path);

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">A file or folder.</param>
    /// <param name="name">How messages call it.</param>
    internal static Tokenizer Open(string path, string name) => new(TokenizerFile.Read(path, name));

    /// <summary>Reads a tokenizer from the bytes of its file.</summary>
    internal static Tokenizer Parse(ReadOnlyMemory<byte> json, string name) => new(TokenizerFile.Parse(json, name, name));

    /// <summary>The id of a token, written as the file has it.</summary>
    /// <returns>Null when there is no such token.</returns>
    public int? Find(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (_definition.AddedIds.TryGetValue(token, out int added)) return added;
        int id = _definition.Model.Vocabulary.Find(Encoding.UTF8.GetBytes(token));
        return id >= 0 ? id : null;
    }

    /// <summary>Encodes a text.</summary>
    /// <param name="utf8">The text. Bytes that are no UTF-8 count as U+FFFD, one for each part that no longer sequence begins with.</param>
    /// <param name="addSpecialTokens">Whether to add what the model expects around a text, such as a beginning-of-sequence token.</param>
    /// <param name="into">Ids are appended.</param>
    /// <exception cref="EngineException">The text cannot be spelt with the vocabulary, or a regular expression of the file does not end: exit 4.</exception>
    public void Encode(ReadOnlySpan<byte> utf8, bool addSpecialTokens, List<int> into) => Encode(utf8, addSpecialTokens, int.MaxValue, into);

    /// <summary>Encodes the beginning of a text.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="addSpecialTokens">Whether to add what the model expects around a text. They count, and are kept: the text is cut so that they fit.</param>
    /// <param name="maxTokens">Tokens at most, at least <see cref="SpecialTokenCount"/> with special tokens; what is cut away is the text's end.</param>
    /// <param name="into">Ids are appended.</param>
    /// <exception cref="EngineException">The text cannot be spelt with the vocabulary, or a regular expression of the file does not end: exit 4.</exception>
    public void Encode(ReadOnlySpan<byte> utf8, bool addSpecialTokens, int maxTokens, List<int> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, addSpecialTokens ? SpecialTokenCount : 0);
        int most = addSpecialTokens ? maxTokens - SpecialTokenCount : maxTokens;
        if (addSpecialTokens) into.AddRange(_definition.Special.Before);
        TokenizerLane lane = _lanes.TryTake(out TokenizerLane? idle) ? idle : new TokenizerLane();
        try
        {
            int end = (int)Math.Min(int.MaxValue, into.Count + (long)most);
            new TextEncoding(_definition, lane, into, end).Run(Utf8.IsValid(utf8) ? utf8 : lane.Repair(utf8));
            if (into.Count > end) into.RemoveRange(end, into.Count - end);
        }
        finally
        {
            _lanes.Add(lane);
        }

        if (addSpecialTokens) into.AddRange(_definition.Special.Behind);
    }
}
