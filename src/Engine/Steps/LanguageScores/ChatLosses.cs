using Engine.Data;
using Engine.Kernels.Algorithms;
using Engine.Steps.Templates;

namespace Engine.Steps.LanguageScores;

/// <summary>Mean losses of the record's text under the model's template: of all of its tokens, and of its response after its prompt.</summary>
/// <remarks>nll is the score of RDS+'s perplexity baselines, responsePerplexity the indicator of InstructMining. Sources: methods 1.8 and 3.3.</remarks>
internal sealed class ChatLosses(RecordTexts texts) : RecordMeasure
{
    private readonly LossReading _losses = new();
    private readonly TokenSequence _tokens = new();

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; } = ["nll", "perplexity", "responseNll", "responsePerplexity"];

    /// <inheritdoc/>
    public override int Ask(Utf8Turns turns, SequenceSink sink)
    {
        texts.Encode(turns, sink.Row, _tokens);
        if (_tokens.Ids.Count == 0) return 0;
        sink.Add(_tokens.Ids, _losses, _tokens.PromptTokens);
        return 1;
    }

    /// <inheritdoc/>
    public override void Tell(ReadOnlySpan<double[]> results, Span<double> values)
    {
        values[0] = results[0][0];
        values[1] = Perplexity(values[0]);
        values[2] = results[0][1];
        values[3] = Perplexity(values[2]);
    }

    /// <summary>e^loss; 0 where nothing was predicted.</summary>
    private static double Perplexity(double loss) => loss == 0 ? 0 : LanguageModelScores.Perplexity(loss);
}
