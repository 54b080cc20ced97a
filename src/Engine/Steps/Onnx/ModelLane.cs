using Engine.Native.OnnxRuntime;

namespace Engine.Steps.Onnx;

/// <summary>What one thread runs a model with: the memory of the inputs, which the library reads in place, and one output in the memory that the library made.</summary>
/// <param name="session">The model; several lanes share it.</param>
/// <param name="call">How it is called.</param>
/// <param name="stop">Ends calls that run; null when nobody does.</param>
internal sealed class ModelLane(OnnxSession session, ModelCall call, OnnxStop? stop) : IDisposable
{
    private readonly OnnxBinding _binding = session.Bind();
    private readonly Dictionary<string, long[]> _wide = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int[]> _narrow = new(StringComparer.Ordinal);

    /// <summary>Runs a batch.</summary>
    /// <param name="window">The records.</param>
    /// <param name="batch">Which of them, and how long they are made.</param>
    /// <returns>The output, to be disposed: [records, length, ...].</returns>
    /// <exception cref="OrtException">The library cannot, or the call was ended.</exception>
    public OnnxTensor Run(TokenWindow window, TokenBatch batch)
    {
        List<OnnxTensor> inputs = [];
        try
        {
            foreach (OnnxValueInfo input in call.Inputs)
            {
                int length = input.Name is ModelCall.DecoderIds or ModelCall.DecoderMask ? 1 : batch.Length;
                long[] shape = [batch.Records.Length, length];
                OnnxTensor tensor = input.Element == OnnxElement.Int64
                    ? OnnxTensor.Over<long>(session.Library, Fill(_wide, input.Name, length, window, batch), shape)
                    : OnnxTensor.Over<int>(session.Library, Fill(_narrow, input.Name, length, window, batch), shape);
                inputs.Add(tensor);
                _binding.Input(input.Name, tensor);
            }

            _binding.Output(call.Output.Name);
            _binding.Run(stop);
            return _binding.Outputs()[0];
        }
        finally
        {
            _binding.Clear();
            foreach (OnnxTensor input in inputs) input.Dispose();
        }
    }

    /// <summary>Frees what the lane holds.</summary>
    public void Dispose() => _binding.Dispose();

    private Memory<T> Fill<T>(Dictionary<string, T[]> buffers, string name, int length, TokenWindow window, TokenBatch batch)
        where T : struct, System.Numerics.INumber<T>
    {
        int values = checked(batch.Records.Length * length);
        if (!buffers.TryGetValue(name, out T[]? buffer) || buffer.Length < values) buffers[name] = buffer = new T[values];
        if (name is ModelCall.DecoderIds or ModelCall.DecoderMask)
        {
            buffer.AsSpan(0, values).Fill(name == ModelCall.DecoderIds ? T.CreateTruncating(call.DecoderStart) : T.One);
            return buffer.AsMemory(0, values);
        }

        for (int i = 0; i < batch.Records.Length; i++)
        {
            ReadOnlySpan<int> ids = window.Ids(batch.Records[i]);
            Span<T> row = buffer.AsSpan(i * batch.Length, batch.Length);
            row[ids.Length..].Clear();
            switch (name)
            {
                case ModelCall.InputIds:
                    for (int t = 0; t < ids.Length; t++) row[t] = T.CreateTruncating(ids[t]);
                    break;
                case ModelCall.AttentionMask:
                    row[..ids.Length].Fill(T.One);
                    break;
                case ModelCall.PositionIds:
                    for (int t = 0; t < ids.Length; t++) row[t] = T.CreateTruncating(t);
                    break;
                default:
                    row[..ids.Length].Clear();
                    break;
            }
        }

        return buffer.AsMemory(0, values);
    }
}
