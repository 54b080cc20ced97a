using System.Buffers;
using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Tokenizers;

namespace Engine.Steps.LanguageScores;

/// <summary>How far a model says Yes rather than No to a question about a record's response.</summary>
/// <remarks>
/// 1 / (1 + e^(logit of No - logit of Yes)) at the first place of the answer, which is p(Yes) / (p(Yes) + p(No)). The response is the last assistant turn, the history all turns before it, a line
/// feed between them. Questions, words and the 1,024 tokens are those of UniEval's published code for dialogues. Source: UniEval (Zhong et al. 2022), methods 3.3.
/// </remarks>
internal sealed class YesNoScore : RecordMeasure
{
    private const int MostTokens = 1024;

    private static readonly Dictionary<string, (string Question, bool WithHistory)> Questions = new(StringComparer.Ordinal)
    {
        ["naturalness"] = ("Is this a natural response in the dialogue?", false),
        ["coherence"] = ("Is this a coherent response given the dialogue history?", true),
        ["understandability"] = ("Is this an understandable response in the dialogue?", false),
    };

    private readonly byte[] _before;
    private readonly bool _withHistory;
    private readonly Tokenizer _tokenizer;
    private readonly int _maxTokens;
    private readonly AnswerReading _yesNo;
    private readonly ArrayBufferWriter<byte> _text = new();
    private readonly List<int> _ids = [];

    /// <param name="name">The indicator.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="maxTokens">Tokens the model takes at most.</param>
    public YesNoScore(string name, Tokenizer tokenizer, int maxTokens)
    {
        (string question, _withHistory) = Questions[name];
        Columns = [name];
        _before = System.Text.Encoding.UTF8.GetBytes($"question: {question} </s> response: ");
        (_tokenizer, _maxTokens) = (tokenizer, Math.Max(tokenizer.SpecialTokenCount, Math.Min(MostTokens, maxTokens)));
        _yesNo = new AnswerReading(AnswerTokens.First(tokenizer, "Yes", "No"));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; }

    /// <inheritdoc/>
    public override int Ask(Utf8Turns turns, SequenceSink sink)
    {
        int response = turns.Count - 1;
        while (response >= 0 && !turns.IsPlainText && !turns.Role(response).SequenceEqual("assistant"u8)) response--;
        if (response < 0) return 0;
        _text.ResetWrittenCount();
        _text.Write(_before);
        _text.Write(turns.Content(response));
        if (_withHistory)
        {
            _text.Write(" </s> dialogue history: "u8);
            for (int turn = 0; turn < response; turn++)
            {
                if (turn > 0) _text.Write("\n"u8);
                _text.Write(turns.Content(turn));
            }
        }

        _ids.Clear();
        _tokenizer.Encode(_text.WrittenSpan, addSpecialTokens: true, _maxTokens, _ids);
        sink.Add(_ids, _yesNo);
        return 1;
    }

    /// <inheritdoc/>
    public override void Tell(ReadOnlySpan<double[]> results, Span<double> values) => values[0] = LanguageModelScores.YesShare(results[0][0], results[0][1]);
}
