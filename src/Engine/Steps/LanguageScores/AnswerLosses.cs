using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Steps.Templates;

namespace Engine.Steps.LanguageScores;

/// <summary>Mean losses of a record's answer after its instruction and without it, and instruction-following difficulty.</summary>
/// <remarks>
/// As in the published code: the first tokens of instruction and answer together that fit, the answer alone behind what announces it and cut to the same tokens; a record of whose answer
/// nothing is left has no difficulty. Source: Cherry LLM (Li et al. 2024), methods 5.2.
/// </remarks>
/// <param name="encoder">Encodes with the prompt and the limit of the method.</param>
internal sealed class AnswerLosses(RecordEncoder encoder) : RecordMeasure
{
    /// <summary>Tokens of instruction and answer together, in the published code.</summary>
    public const int MostTokens = 1024;

    private readonly LossReading _losses = new();
    private readonly TokenSequence _whole = new(), _alone = new();

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; } = ["conditionalNll", "aloneNll", "ifd", "ifdPerplexity"];

    /// <inheritdoc/>
    public override int Ask(Utf8Turns turns, SequenceSink sink)
    {
        if (turns.IsPlainText || !encoder.TryEncode(turns, _whole, countPrompt: true) || !_whole.HasResponse || !encoder.TryEncodeResponse(turns, _alone)) return 0;
        int kept = Math.Min(_whole.ResponseTokens, _alone.ResponseTokens);
        if (kept <= 0 || _whole.PromptTokens == 0 || _alone.PromptTokens == 0) return 0;
        _whole.Ids.RemoveRange(_whole.PromptTokens + kept, _whole.ResponseTokens - kept);
        _alone.Ids.RemoveRange(_alone.PromptTokens + kept, _alone.ResponseTokens - kept);
        sink.Add(_whole.Ids, _losses, _whole.PromptTokens);
        sink.Add(_alone.Ids, _losses, _alone.PromptTokens);
        return 2;
    }

    /// <inheritdoc/>
    public override void Tell(ReadOnlySpan<double[]> results, Span<double> values)
    {
        (values[0], values[1]) = (results[0][1], results[1][1]);
        if (values[1] == 0) return;
        values[2] = FollowingDifficulty.Of(values[..1], values[1..2], IfdRatio.Loss)[0];
        values[3] = FollowingDifficulty.Of(values[..1], values[1..2], IfdRatio.Perplexity)[0];
    }
}
