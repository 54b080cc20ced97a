using System.Globalization;
using Engine.Data;
using Engine.Kernels;
using Engine.Native.OnnxRuntime;
using Engine.Steps;
using Engine.Tests.Kernels;
using Engine.Tests.Steps;

namespace Engine.Tests.Onnx;

/// <summary>A causal language model, exported by torch and written by the tests' own writer, gives torch's hidden states, pooled vectors and losses for ragged batches of every size.</summary>
public class TransformerTests
{
    private const double Tolerance = 1e-5;

    [OnnxTheory]
    [MemberData(nameof(TransformerGolden.Models), MemberType = typeof(TransformerGolden))]
    public void StatesVectorsAndLossesAreTorchsForBatchesOf1To64(string which)
    {
        using OnnxSession session = OnnxSession.Open(OrtLibrary.Instance, TransformerGolden.Model(which), new OnnxSessionOptions());
        using IKernels kernels = Cases.Open("cpu-scalar");
        double states = 0, vectors = 0, losses = 0;
        for (int size = 1; size <= TransformerGolden.Records; size++)
        {
            // Each size begins elsewhere, so that records meet others in other batches.
            int[] records = [.. Enumerable.Range(size * 5, size).Select(i => i % TransformerGolden.Records)];
            int length = records.Max(record => TransformerGolden.Record(record).Length);
            (OnnxTensor logits, OnnxTensor hidden) = Run(session, records, length);
            using (logits)
            using (hidden)
            {
                for (int i = 0; i < size; i++)
                {
                    int tokens = TransformerGolden.Record(records[i]).Length;
                    states = Math.Max(states, Apart(TransformerGolden.States(records[i]), hidden.Values<float>().Slice(i * length * TinyTransformer.Dim, tokens * TinyTransformer.Dim)));
                    using RowSource allStates = hidden.Rows(), allLogits = logits.Rows();
                    using RowRange mine = new(allStates, (long)i * length, tokens);
                    vectors = Math.Max(vectors, VectorsApart(mine, records[i], kernels));
                    losses = Math.Max(losses, Math.Abs(Loss(allLogits, (long)i * length, records[i], kernels) - TransformerGolden.Losses[records[i]]));
                }
            }
        }

        Assert.InRange(states, 0, Tolerance);
        Assert.InRange(vectors, 0, Tolerance);
        Assert.InRange(losses, 0, Tolerance);
    }

    [OnnxFact]
    public void BothModelsComputeTheSame()
    {
        int[] records = [.. Enumerable.Range(0, 16)];
        int length = records.Max(record => TransformerGolden.Record(record).Length);
        float[][] logits = [.. new[] { "torch", "writer" }.Select(which =>
        {
            using OnnxSession session = OnnxSession.Open(OrtLibrary.Instance, TransformerGolden.Model(which), new OnnxSessionOptions());
            (OnnxTensor made, OnnxTensor hidden) = Run(session, records, length);
            using (made)
            using (hidden) return made.Values<float>().ToArray();
        })];
        Assert.InRange(Apart([.. logits[0].Select(x => (double)x)], logits[1]), 0, Tolerance);
    }

    [OnnxTheory]
    [MemberData(nameof(TransformerGolden.Models), MemberType = typeof(TransformerGolden))]
    public void StepsGiveTorchsVectorsAndLossesAndTheSameBitsForEveryBatchSize(string which)
    {
        using LanguageModel model = new(TransformerGolden.Model(which));
        string[] texts = [.. Enumerable.Range(0, TransformerGolden.Records).Select(record => string.Join(' ', TransformerGolden.Record(record).ToArray().Select(Word)))];
        var records = Engine.Tests.Steps.MemoryRecords.OfTexts(texts);
        Pooling[] order = [Pooling.WeightedMean, Pooling.Mean, Pooling.Last, Pooling.First];
        for (int p = 0; p < order.Length; p++)
            Assert.InRange(Apart(TransformerGolden.Pooled.AsSpan(p * texts.Length * TinyTransformer.Dim, texts.Length * TinyTransformer.Dim), Embedded(model.Model, order[p])), 0, Tolerance);
        double[] losses = Measured(model.Model);
        for (int i = 0; i < losses.Length; i++) Assert.Equal(TransformerGolden.Losses[i], losses[i], Tolerance);

        float[] vectors = Embedded(model.Model, Pooling.WeightedMean);
        foreach (int size in new[] { 1, 2, 3, 7, 16, 33, 64 })
        {
            // A batch has as many of the longest records.
            OnnxModel other = model.Model with { BatchTokens = size * 64 };
            Assert.Equal(vectors, Embedded(other, Pooling.WeightedMean));
            Assert.Equal(losses, Measured(other));
        }

        float[] Embedded(OnnxModel with, Pooling pooling)
        {
            using Embeddings made = StepCase.Run(new Embed { In = records, Model = with, Pooling = pooling, Normalize = false });
            float[] values = new float[texts.Length * TinyTransformer.Dim];
            for (int i = 0; i < texts.Length; i++) made.Matrix.CopyRow(i, values.AsSpan(i * TinyTransformer.Dim, TinyTransformer.Dim));
            return values;
        }

        double[] Measured(OnnxModel with) => StepCase.Run(new MeasureIndicators { In = records, Which = ["nll"], Model = with }).Columns["nll"];
    }

    /// <summary>The word for a token.</summary>
    private static string Word(long token) => token switch
    {
        0 => "<unk>",
        1 => "<s>",
        2 => "</s>",
        _ => string.Create(CultureInfo.InvariantCulture, $"w{token}"),
    };

    private static (OnnxTensor Logits, OnnxTensor Hidden) Run(OnnxSession session, int[] records, int length)
    {
        long[] ids = new long[records.Length * length], mask = new long[ids.Length];
        for (int i = 0; i < records.Length; i++)
        {
            ReadOnlySpan<long> tokens = TransformerGolden.Record(records[i]);
            tokens.CopyTo(ids.AsSpan(i * length));
            mask.AsSpan(i * length, tokens.Length).Fill(1);
        }

        using OnnxTensor given = OnnxTensor.Over<long>(session.Library, ids, [records.Length, length]), masked = OnnxTensor.Over<long>(session.Library, mask, [records.Length, length]);
        OnnxTensor[] outputs = session.Run([new("input_ids", given), new("attention_mask", masked)], ["logits", "last_hidden_state"]);
        return (outputs[0], outputs[1]);
    }

    private static double VectorsApart(RowSource states, int record, IKernels kernels)
    {
        Pooling[] order = [Pooling.WeightedMean, Pooling.Mean, Pooling.Last, Pooling.First];
        double apart = 0;
        for (int p = 0; p < order.Length; p++)
        {
            float[] pooled = new float[TinyTransformer.Dim];
            kernels.Pool(states, [0, states.Rows], order[p], normalize: false, pooled, Pass.Unwatched);
            apart = Math.Max(apart, Apart(TransformerGolden.Pooled.AsSpan((p * TransformerGolden.Records + record) * TinyTransformer.Dim, TinyTransformer.Dim), pooled));
        }

        return apart;
    }

    private static double Loss(RowSource logits, long first, int record, IKernels kernels)
    {
        ReadOnlySpan<long> tokens = TransformerGolden.Record(record);
        if (tokens.Length == 1) return 0;
        using RowRange predicting = new(logits, first, tokens.Length - 1);
        double[] losses = new double[tokens.Length - 1];
        int[] columns = [.. tokens[1..].ToArray().Select(token => (int)token)];
        kernels.TokenLosses(predicting, columns, losses, Pass.Unwatched);
        return losses.Average();
    }

    private static double Apart(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double apart = 0;
        for (int i = 0; i < expected.Length; i++) apart = Math.Max(apart, Math.Abs(expected[i] - actual[i]));
        return apart;
    }
}
