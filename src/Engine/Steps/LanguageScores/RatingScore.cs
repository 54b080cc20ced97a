using System.Buffers;
using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Tokenizers;

namespace Engine.Steps.LanguageScores;

/// <summary>A model's rating from 1 to 6 of an instruction's complexity or an answer's quality, mean over the record's exchanges.</summary>
/// <remarks>
/// sum of k p(k) with p the softmax of the six numbers' logits alone, at the first place of the answer. An exchange is a user turn and the assistant turn behind it; a plain text is an instruction
/// without a reply. Prompts are those of DEITA's published scorers. A text that is too long loses its beginning, since the model answers what stands at the end. Source: DEITA (Liu et al. 2024), methods 4.2.
/// </remarks>
internal sealed class RatingScore : RecordMeasure
{
    private static readonly string[] Numbers = ["1", "2", "3", "4", "5", "6"];

    private readonly bool _ofAnswer;
    private readonly Tokenizer _tokenizer;
    private readonly int _maxTokens;
    private readonly AnswerReading _numbers;
    private readonly ArrayBufferWriter<byte> _text = new();
    private readonly List<int> _ids = [];

    /// <param name="name"><c>complexity</c> or <c>quality</c>.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="maxTokens">Tokens the model takes at most.</param>
    public RatingScore(string name, Tokenizer tokenizer, int maxTokens)
    {
        (Columns, _ofAnswer) = ([name], name == "quality");
        (_tokenizer, _maxTokens) = (tokenizer, Math.Max(maxTokens, tokenizer.SpecialTokenCount + 1));
        _numbers = new AnswerReading(AnswerTokens.Last(tokenizer, Numbers));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; }

    /// <inheritdoc/>
    public override int Ask(Utf8Turns turns, SequenceSink sink)
    {
        if (turns.IsPlainText)
        {
            if (_ofAnswer) return 0;
            Add(turns.Content(0), default, sink);
            return 1;
        }

        int asked = 0;
        for (int turn = 0; turn + 1 < turns.Count; turn++)
        {
            if (!turns.Role(turn).SequenceEqual("user"u8) || !turns.Role(turn + 1).SequenceEqual("assistant"u8)) continue;
            Add(turns.Content(turn), turns.Content(turn + 1), sink);
            asked++;
        }

        return asked;
    }

    /// <inheritdoc/>
    public override void Tell(ReadOnlySpan<double[]> results, Span<double> values)
    {
        double sum = 0;
        foreach (double[] logits in results) sum += LanguageModelScores.Rating(logits);
        values[0] = sum / results.Length;
    }

    private void Add(ReadOnlySpan<byte> instruction, ReadOnlySpan<byte> answer, SequenceSink sink)
    {
        _text.ResetWrittenCount();
        if (_ofAnswer)
        {
            _text.Write("You are a helpful assistant. Please identify the quality score of the Response corresponding to the Question. \n #Question#:\n"u8);
            _text.Write(instruction);
            _text.Write("\n#Response#:\n"u8);
            _text.Write(answer);
            _text.Write(" \n##Quality: "u8);
        }
        else
        {
            _text.Write("You are a helpful assistant. Please identify the complexity score of the following user query. \n##Query: "u8);
            _text.Write(instruction);
            _text.Write("  \n##Complexity: "u8);
        }

        _ids.Clear();
        _tokenizer.Encode(_text.WrittenSpan, addSpecialTokens: true, _ids);

        // The answer begins where the prompt ends, not behind a token that ends texts.
        int behind = _tokenizer.SpecialTokenCount - _tokenizer.SpecialTokensBefore;
        _ids.RemoveRange(_ids.Count - behind, behind);
        if (_ids.Count > _maxTokens) _ids.RemoveRange(_tokenizer.SpecialTokensBefore, _ids.Count - _maxTokens);
        sink.Add(_ids, _numbers);
    }
}
