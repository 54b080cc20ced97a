using System.Runtime.InteropServices;

namespace Engine.Steps.Onnx;

/// <summary>Looks at one record to learn what a model makes of batches and of padding.</summary>
/// <param name="lane">Runs the model.</param>
/// <param name="shape">How batches are made.</param>
/// <param name="ids">The record's tokens.</param>
internal sealed class BatchTrial(PoolingLane lane, BatchShape shape, int[] ids)
{
    private const int MostCopies = 5;

    private int Length => shape.LengthOf(ids.Length);

    /// <summary>Whether the record's vector has the same bits in a batch of several as alone. On a GPU it may not; then it depends on which records share a batch, which the plan and the pool settle.</summary>
    public bool IsBatchInvariant()
    {
        int copies = Math.Min(MostCopies, shape.RecordsOf(Length));
        ReadOnlySpan<float> alone = Vectors(1, Length), together = Vectors(copies, Length);
        for (int copy = 0; copy < copies; copy++)
            if (!MemoryMarshal.AsBytes(alone).SequenceEqual(MemoryMarshal.AsBytes(together.Slice(copy * shape.Dim, shape.Dim)))) return false;
        return true;
    }

    /// <summary>The greatest difference that more padding makes to an element of the vector, as a share of its largest element; null where nothing is ever padded, or the record has no room for it.</summary>
    public double? PaddingDifference()
    {
        int longer = shape.LengthOf(Length + 1);
        if (!shape.Padded || longer == Length || longer > shape.MaxTokens) return null;
        float[] less = Vectors(1, Length), more = Vectors(1, longer);
        double difference = 0, largest = 0;
        for (int i = 0; i < less.Length; i++)
        {
            difference = Math.Max(difference, Math.Abs((double)more[i] - less[i]));
            largest = Math.Max(largest, Math.Abs(less[i]));
        }

        return largest == 0 ? difference : difference / largest;
    }

    private float[] Vectors(int copies, int length)
    {
        var window = new TokenWindow(firstRow: 0, shape);
        for (int copy = 0; copy < copies; copy++) window.Add(ids);
        var work = new VectorWork(window, new float[copies * shape.Dim]);
        lane.RunAlone(work, new TokenBatch(length, [.. Enumerable.Range(0, copies)]));
        return work.Vectors;
    }
}
