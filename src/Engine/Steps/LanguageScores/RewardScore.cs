using Engine.Data;
using Engine.Steps.Templates;

namespace Engine.Steps.LanguageScores;

/// <summary>The number that a reward model gives for a record's text under its template.</summary>
internal sealed class RewardScore(RecordTexts texts) : RecordMeasure
{
    private readonly NumberReading _number = new();
    private readonly TokenSequence _tokens = new();

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; } = ["reward"];

    /// <inheritdoc/>
    public override int Ask(Utf8Turns turns, SequenceSink sink)
    {
        texts.Encode(turns, sink.Row, _tokens);
        if (_tokens.Ids.Count == 0) return 0;
        sink.Add(_tokens.Ids, _number);
        return 1;
    }

    /// <inheritdoc/>
    public override void Tell(ReadOnlySpan<double[]> results, Span<double> values) => values[0] = results[0][0];
}
