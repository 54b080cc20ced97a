using Engine.Data;

namespace Engine.Steps.LanguageScores;

/// <summary>What a language model measures of a record: the sequences it reads, and the numbers that come of what it says.</summary>
internal abstract class RecordMeasure
{
    /// <summary>The names of its numbers, in order.</summary>
    public abstract IReadOnlyList<string> Columns { get; }

    /// <summary>Appends the sequences of a record; none for a record that has nothing to measure, whose numbers are all 0.</summary>
    /// <param name="turns">The record's turns.</param>
    /// <param name="sink">Where they go.</param>
    /// <returns>How many were appended.</returns>
    public abstract int Ask(Utf8Turns turns, SequenceSink sink);

    /// <summary>Makes the record's numbers of what its sequences gave.</summary>
    /// <param name="results">One array for each sequence, in order; at least one.</param>
    /// <param name="values">Destination, [columns].</param>
    public abstract void Tell(ReadOnlySpan<double[]> results, Span<double> values);
}
