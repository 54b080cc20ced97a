using Engine.Native.OnnxRuntime;

namespace Engine.Tests.Onnx;

/// <summary>What a model says of one sequence, run alone and without padding, and its losses by an ordinary log-softmax.</summary>
internal sealed class LogitsOracle(byte[] model) : IDisposable
{
    private readonly OnnxSession _session = OnnxSession.Open(OrtLibrary.Instance, model, new OnnxSessionOptions());

    public void Dispose() => _session.Dispose();

    /// <summary>[tokens][vocabulary].</summary>
    public float[][] Logits(IReadOnlyList<int> ids)
    {
        using OnnxTensor given = OnnxTensor.Over<long>(_session.Library, ids.Select(id => (long)id).ToArray(), [1, ids.Count]);
        using OnnxTensor mask = OnnxTensor.Over<long>(_session.Library, ids.Select(_ => 1L).ToArray(), [1, ids.Count]);
        OnnxTensor[] outputs = _session.Run([new("input_ids", given), new("attention_mask", mask)], ["logits"]);
        using OnnxTensor logits = outputs[0];
        return [.. logits.Values<float>().ToArray().Chunk((int)logits.Shape[^1])];
    }

    /// <summary>The mean loss of the tokens from a place on, the first token left out; 0 where there are none.</summary>
    public double Loss(IReadOnlyList<int> ids, int from)
    {
        float[][] logits = Logits(ids);
        double[] losses = [.. Enumerable.Range(1, ids.Count - 1).Where(t => t >= from).Select(t => Loss(logits[t - 1], ids[t]))];
        return losses.Length == 0 ? 0 : losses.Average();
    }

    /// <summary>The share of one token among some, at the end of a text.</summary>
    public double[] Shares(IReadOnlyList<int> ids, params int[] tokens)
    {
        float[] last = Logits(ids)[^1];
        double highest = tokens.Max(token => last[token]);
        double[] weights = [.. tokens.Select(token => Math.Exp(last[token] - highest))];
        return [.. weights.Select(weight => weight / weights.Sum())];
    }

    private static double Loss(float[] logits, int token)
    {
        double highest = logits.Max();
        return Math.Log(logits.Sum(x => Math.Exp(x - highest))) - (logits[token] - highest);
    }
}
