using Engine.Kernels;
using Engine.Native.OnnxRuntime;

namespace Engine.Steps.Onnx;

/// <summary>Pools the hidden states of batches where the library left them: tokens of the record alone, never padding.</summary>
internal sealed class PoolingLane(OnnxSession session, ModelCall call, BatchShape shape, Embed step, OnnxFiles files, OnnxStop? stop)
    : BatchLane<VectorWork>(session, call, files, step.In.Name, stop)
{
    private readonly OnnxFiles _files = files;
    private readonly ModelCall _call = call;

    /// <inheritdoc/>
    public override void Take(VectorWork work, TokenBatch batch, OnnxTensor states)
    {
        if (states.Shape is not [var records, var length, var dim] || records != batch.Records.Length || length != batch.Length || dim != shape.Dim)
        {
            throw EngineException.Input(_files.Model.File.Name, "SHAPE",
                $"the output {_call.Output.Name} has the shape [{string.Join(", ", states.Shape.ToArray())}], expected [{batch.Records.Length}, {batch.Length}, {shape.Dim}]: a state for every token. Name another output with \"output\".");
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
                Kernels.Pool(tokens, [first, first + work.Window.Ids(record).Length], step.Pooling, step.Normalize, vector, Pass.Unwatched);
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
}
