using Engine.Kernels;
using Engine.Native.OnnxRuntime;
using Engine.Steps.Onnx;

namespace Engine.Steps.LanguageScores;

/// <summary>Takes numbers from the output of batches where the library left it; logits are never copied.</summary>
internal sealed class ScoringLane(OnnxSession session, ModelCall call, OnnxFiles files, string records, OnnxStop? stop)
    : BatchLane<ScoreWork>(session, call, files, records, stop)
{
    private readonly OnnxFiles _files = files;
    private readonly ModelCall _call = call;
    private readonly string _records = records;

    /// <inheritdoc/>
    public override void Take(ScoreWork work, TokenBatch batch, OnnxTensor output)
    {
        int count = batch.Records.Length;
        bool isNumber = work.Sequences[batch.Records[0]].Reading is NumberReading;
        long places = isNumber || _call.HasDecoder ? 1 : batch.Length;
        bool fits = output.Shape.Length > 0 && output.Shape[0] == count
            && (isNumber ? output.Count == count : output.Shape.Length == 3 && output.Shape[1] == places);
        if (!fits)
        {
            throw EngineException.Input(_files.Model.File.Name, "SHAPE",
                $"the output {_call.Output.Name} has the shape [{string.Join(", ", output.Shape.ToArray())}], expected {(isNumber ? $"[{count}] or [{count}, 1]" : $"[{count}, {places}, vocabulary]")}. Name another output with \"output\", or give another model.");
        }

        using RowSource rows = isNumber ? output.Rows(dim: 1) : output.Rows();
        for (int i = 0; i < count; i++)
        {
            int record = batch.Records[i];
            ScoredSequence sequence = work.Sequences[record];
            ReadOnlySpan<int> ids = work.Window.Ids(record);
            Check(ids, rows.Dim, sequence);
            double[] result = work.Results[record];
            using (RowRange own = new(rows, i * places, places == 1 ? 1 : ids.Length)) sequence.Reading.Take(own, ids, sequence.From, Kernels, result);
            foreach (double value in result)
            {
                if (double.IsFinite(value)) continue;
                throw new RowException(sequence.Row, EngineException.Input(_records, "NOT_FINITE",
                    $"the model's output for row {sequence.Row} gives {(double.IsNaN(value) ? "a NaN" : "an infinity")}, expected finite numbers. Export the model in f32 or bf16 if it is in f16, or remove the record."));
            }
        }
    }

    private void Check(ReadOnlySpan<int> ids, int vocabulary, ScoredSequence sequence)
    {
        int greatest = -1;
        if (sequence.Reading is LossReading)
            foreach (int id in ids) greatest = Math.Max(greatest, id);
        if (sequence.Reading is AnswerReading answer) greatest = answer.Greatest;
        if (greatest < vocabulary) return;
        throw new RowException(sequence.Row, EngineException.Input(_files.Model.File.Name, "VOCABULARY",
            $"for row {sequence.Row} of {_records} the token {greatest} is asked about, but the output {_call.Output.Name} has {vocabulary} elements a token. Give a tokenizer and a model that belong together."));
    }
}
