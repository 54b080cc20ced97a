using System.Runtime.InteropServices;
using Engine.Steps.Onnx;

namespace Engine.Steps.LanguageScores;

/// <summary>Collects the sequences of one window.</summary>
/// <param name="firstRow">Its first record.</param>
/// <param name="shape">How batches are made.</param>
internal sealed class SequenceSink(long firstRow, BatchShape shape)
{
    private readonly TokenWindow _window = new(firstRow, shape);
    private readonly List<ScoredSequence> _sequences = [];
    private int _rows;

    /// <summary>The record whose sequences are added.</summary>
    public long Row => firstRow + _rows;

    /// <summary>Whether no further record goes in.</summary>
    public bool IsFull => _window.IsFull || _rows >= shape.WindowRecords;

    /// <summary>Appends a sequence of the record.</summary>
    /// <param name="ids">Its tokens, at least one.</param>
    /// <param name="reading">What is wanted of it.</param>
    /// <param name="from">The token that the part of interest begins at.</param>
    public void Add(List<int> ids, SequenceReading reading, int from = 0)
    {
        _window.Add(CollectionsMarshal.AsSpan(ids));
        _sequences.Add(new ScoredSequence(Row, reading, from));
    }

    /// <summary>Goes to the next record.</summary>
    public void EndRow() => _rows++;

    /// <summary>The window.</summary>
    public ScoreWork ToWork() => new(_window, _sequences, _rows);
}
