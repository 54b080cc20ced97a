using Engine.Kernels;
using Engine.Native.OnnxRuntime;

namespace Engine.Steps.Onnx;

/// <summary>Runs batches on one thread and pools their hidden states where the library left them: tokens of the record alone, never padding.</summary>
internal sealed class PoolingLane(OnnxSession session, ModelCall call, BatchShape shape, Embed step, OnnxFiles files, OnnxStop? stop) : IDisposable
{
    private readonly ModelLane _lane = new(session, call, stop);
    private readonly IKernels _kernels = KernelSets.Best(threads: 1);

    /// <summary>Runs a batch; whatever fails is told to the window.</summary>
    public void Run(WindowWork work, TokenBatch batch)
    {
        try
        {
            using OnnxTensor states = States(work, batch);
            Pool(work, batch, states);
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
            work.End(work.Window.FirstRow + batch.Records[0], failure);
        }
    }

    /// <summary>Runs a batch that nobody waits for.</summary>
    /// <exception cref="EngineException">The library refuses, or a row has no vector. Exit 4 or 8.</exception>
    public void RunAlone(WindowWork work, TokenBatch batch)
    {
        try
        {
            using OnnxTensor states = States(work, batch);
            Pool(work, batch, states);
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
    /// <returns>Its states, [records, length, dim], to be disposed.</returns>
    /// <exception cref="OrtException">The library refuses.</exception>
    public OnnxTensor States(WindowWork work, TokenBatch batch) => _lane.Run(work.Window, batch);

    /// <summary>Pools the states of a batch, and gives the vectors to their places.</summary>
    /// <exception cref="EngineException">They have another shape. Exit 4.</exception>
    /// <exception cref="RowException">A row has no vector.</exception>
    public void Pool(WindowWork work, TokenBatch batch, OnnxTensor states)
    {
        if (states.Shape is not [var records, var length, var dim] || records != batch.Records.Length || length != batch.Length || dim != shape.Dim)
        {
            throw EngineException.Input(files.Model.File.Name, "SHAPE",
                $"the output {call.Output.Name} has the shape [{string.Join(", ", states.Shape.ToArray())}], expected [{batch.Records.Length}, {batch.Length}, {shape.Dim}]: a state for every token. Name another output with \"output\", or another size with \"dim\".");
        }

        using RowSource tokens = states.Rows();
        for (int i = 0; i < batch.Records.Length; i++)
        {
            int record = batch.Records[i];
            long first = (long)i * batch.Length;
            Span<float> vector = work.Vectors.AsSpan(checked(record * shape.Dim), shape.Dim);
            long row = work.Window.FirstRow + record;
            try
            {
                _kernels.Pool(tokens, [first, first + work.Window.Ids(record).Length], step.Pooling, step.Normalize, vector, Pass.Unwatched);
            }
            catch (ArgumentException zero) when (step.Normalize)
            {
                throw new RowException(row, new EngineException(new EngineError(ExitCode.Input, "ZERO_ROW",
                    $"row {row} pools to zeros, which have no direction, so it cannot be normalised. Remove the record, or set \"normalize\" to false.", step.In.Name), zero));
            }

            // A mean of finite states is finite, so nothing has to look at the states themselves.
            foreach (float value in vector)
            {
                if (float.IsFinite(value)) continue;
                throw new RowException(row, EngineException.Input(step.In.Name, "NOT_FINITE",
                    $"the hidden states of row {row} hold a NaN or an infinity, expected finite values. Export the model in f32 or bf16 if it is in f16, or remove the record."));
            }
        }
    }

    /// <summary>Frees what the lane holds.</summary>
    public void Dispose()
    {
        _lane.Dispose();
        _kernels.Dispose();
    }

    /// <summary>Finds the first record of a batch that fails alone.</summary>
    private (long Row, EngineException Failure) Blame(WindowWork work, TokenBatch batch, OrtException refused)
    {
        long first = work.Window.FirstRow + batch.Records[0];
        if (refused.OutOfMemory) return (first, files.Refused(refused, $"a batch of {batch.Records.Length} x {batch.Length} tokens failed"));
        foreach (int record in batch.Records)
        {
            try
            {
                using OnnxTensor alone = _lane.Run(work.Window, new TokenBatch(batch.Length, [record]));
            }
            catch (OrtException own)
            {
                long row = work.Window.FirstRow + record;
                return (row, files.Refused(own, $"row {row} of {step.In.Name} ({work.Window.Ids(record).Length} tokens, greatest id {Greatest(work.Window.Ids(record))}) is refused; a tokenizer and a model that belong together, and a \"maxTokens\" that the model can take, are expected"));
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
