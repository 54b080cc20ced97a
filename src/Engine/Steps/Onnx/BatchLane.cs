using Engine.Kernels;
using Engine.Native.OnnxRuntime;

namespace Engine.Steps.Onnx;

/// <summary>Runs batches on one thread and takes what it wants from the output where the library left it.</summary>
/// <param name="session">The model; several lanes share it.</param>
/// <param name="call">How it is called.</param>
/// <param name="files">Its files.</param>
/// <param name="records">What messages call the records.</param>
/// <param name="stop">Ends calls that run; null when nobody does.</param>
/// <typeparam name="TWork">What becomes of a window.</typeparam>
internal abstract class BatchLane<TWork>(OnnxSession session, ModelCall call, OnnxFiles files, string records, OnnxStop? stop) : IDisposable
    where TWork : WindowWork
{
    private readonly ModelLane _lane = new(session, call, stop);

    /// <summary>What computes on the output, on this thread alone.</summary>
    protected IKernels Kernels { get; } = KernelSets.Best(threads: 1);

    /// <summary>Runs a batch; whatever fails is told to the window.</summary>
    public void Run(TWork work, TokenBatch batch)
    {
        try
        {
            Take(work, batch);
            work.End();
        }
        catch (OrtException refused)
        {
            (long row, EngineException failure) = Blame(work, batch, refused);
            work.End(row, failure);
        }
        catch (RowException failed)
        {
            work.End(failed.Row, failed.Failure);
        }
        catch (Exception failure)
        {
            // A thread that ends takes the process with it; whoever waits for the window throws this.
            work.End(work.RowOf(batch.Records[0]), failure);
        }
    }

    /// <summary>Runs a batch that nobody waits for.</summary>
    /// <exception cref="EngineException">The library refuses, or a row has no vector. Exit 4 or 8.</exception>
    public void RunAlone(TWork work, TokenBatch batch)
    {
        try
        {
            Take(work, batch);
        }
        catch (OrtException refused)
        {
            throw Blame(work, batch, refused).Failure;
        }
        catch (RowException failed)
        {
            throw failed.Failure;
        }
    }

    /// <summary>Runs the model on a batch.</summary>
    /// <returns>Its output, to be disposed.</returns>
    /// <exception cref="OrtException">The library refuses.</exception>
    public OnnxTensor Output(TWork work, TokenBatch batch) => _lane.Run(work.Window, batch);

    /// <summary>Takes what is wanted from the output of a batch.</summary>
    /// <exception cref="RowException">A record has no result.</exception>
    public abstract void Take(TWork work, TokenBatch batch, OnnxTensor output);

    private void Take(TWork work, TokenBatch batch)
    {
        using OnnxTensor output = Output(work, batch);
        Take(work, batch, output);
    }

    /// <summary>Frees what the lane holds.</summary>
    public void Dispose()
    {
        _lane.Dispose();
        Kernels.Dispose();
    }

    /// <summary>Finds the first record of a batch that fails alone.</summary>
    private (long Row, EngineException Failure) Blame(TWork work, TokenBatch batch, OrtException refused)
    {
        long first = work.RowOf(batch.Records[0]);
        if (refused.OutOfMemory) return (first, files.Refused(refused, $"a batch of {batch.Records.Length} x {batch.Length} tokens failed"));
        foreach (int record in batch.Records)
        {
            try
            {
                using OnnxTensor alone = _lane.Run(work.Window, new TokenBatch(batch.Length, [record]));
            }
            catch (OrtException own)
            {
                long row = work.RowOf(record);
                return (row, files.Refused(own, $"row {row} of {records} ({work.Window.Ids(record).Length} tokens, greatest id {Greatest(work.Window.Ids(record))}) is refused; a tokenizer and a model that belong together, and a \"maxTokens\" that the model can take, are expected"));
            }
        }

        return (first, files.Refused(refused, $"a batch of {batch.Records.Length} x {batch.Length} tokens failed, though each record alone does not"));
    }

    private static int Greatest(ReadOnlySpan<int> ids)
    {
        int greatest = 0;
        foreach (int id in ids) greatest = Math.Max(greatest, id);
        return greatest;
    }
}

/// <summary>A record has no vector.</summary>
/// <param name="row">Its row.</param>
/// <param name="failure">Why.</param>
internal sealed class RowException(long row, EngineException failure) : Exception(failure.Message, failure)
{
    /// <summary>The row.</summary>
    public long Row => row;

    /// <summary>Why.</summary>
    public EngineException Failure => failure;
}
