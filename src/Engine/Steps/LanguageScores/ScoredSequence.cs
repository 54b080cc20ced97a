using Engine.Kernels;
using Engine.Steps.Onnx;

namespace Engine.Steps.LanguageScores;

/// <summary>What is wanted of a sequence of tokens when a model has read it.</summary>
internal abstract class SequenceReading
{
    /// <summary>Numbers it takes from a sequence.</summary>
    public abstract int Values { get; }

    /// <summary>Takes them.</summary>
    /// <param name="output">The output of the sequence's tokens, [tokens x vocabulary], or of its answer alone, [1 x elements].</param>
    /// <param name="ids">The tokens.</param>
    /// <param name="from">The token that the part of interest begins at.</param>
    /// <param name="kernels">What computes, on this thread alone.</param>
    /// <param name="values">Destination.</param>
    public abstract void Take(RowSource output, ReadOnlySpan<int> ids, int from, IKernels kernels, Span<double> values);
}

/// <summary>The mean losses of all tokens of a sequence and of those from a place on; 0 where there are none. The first token has no loss, since nothing comes before it.</summary>
internal sealed class LossReading : SequenceReading
{
    /// <inheritdoc/>
    public override int Values => 2;

    /// <inheritdoc/>
    public override void Take(RowSource output, ReadOnlySpan<int> ids, int from, IKernels kernels, Span<double> values)
    {
        values.Clear();
        int predicted = ids.Length - 1;
        if (predicted == 0) return;
        double[] losses = new double[predicted];
        using (RowRange before = new(output, 0, predicted)) kernels.TokenLosses(before, ids[1..], losses, Pass.Unwatched);
        double all = 0, part = 0;
        for (int t = 1; t < ids.Length; t++)
        {
            all += losses[t - 1];
            if (t >= from) part += losses[t - 1];
        }

        int parts = ids.Length - Math.Max(1, from);
        values[0] = all / predicted;
        values[1] = parts > 0 ? part / parts : 0;
    }
}

/// <summary>What the model thinks of a few tokens as the next one: their logits at the last place of the output.</summary>
/// <param name="candidates">The tokens.</param>
internal sealed class AnswerReading(int[] candidates) : SequenceReading
{
    /// <inheritdoc/>
    public override int Values => candidates.Length;

    /// <summary>The greatest of the tokens.</summary>
    public int Greatest { get; } = candidates.Max();

    /// <inheritdoc/>
    public override void Take(RowSource output, ReadOnlySpan<int> ids, int from, IKernels kernels, Span<double> values)
    {
        float[] logits = new float[output.Dim];
        output.CopyRow(output.Rows - 1, logits);
        for (int i = 0; i < candidates.Length; i++) values[i] = logits[candidates[i]];
    }
}

/// <summary>The one number that a model gives for a sequence.</summary>
internal sealed class NumberReading : SequenceReading
{
    /// <inheritdoc/>
    public override int Values => 1;

    /// <inheritdoc/>
    public override void Take(RowSource output, ReadOnlySpan<int> ids, int from, IKernels kernels, Span<double> values)
    {
        float[] number = new float[1];
        output.CopyRow(0, number);
        values[0] = number[0];
    }
}

/// <summary>A sequence of a window.</summary>
/// <param name="Row">The record it belongs to.</param>
/// <param name="Reading">What is wanted of it.</param>
/// <param name="From">The token that the part of interest begins at.</param>
internal readonly record struct ScoredSequence(long Row, SequenceReading Reading, int From);

/// <summary>The sequences of consecutive records at work.</summary>
/// <param name="window">Their tokens.</param>
/// <param name="sequences">What each of them is for.</param>
/// <param name="rows">Records they belong to.</param>
internal sealed class ScoreWork(TokenWindow window, IReadOnlyList<ScoredSequence> sequences, int rows) : WindowWork(window)
{
    /// <summary>Records they belong to, from the window's first on.</summary>
    public int Rows => rows;

    /// <summary>What each sequence is for.</summary>
    public IReadOnlyList<ScoredSequence> Sequences => sequences;

    /// <summary>What each sequence gave.</summary>
    public double[][] Results { get; } = [.. sequences.Select(sequence => new double[sequence.Reading.Values])];

    /// <inheritdoc/>
    public override long RowOf(int record) => sequences[record].Row;
}
