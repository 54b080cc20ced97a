using System.Diagnostics;
using System.Globalization;
using Engine.Data;
using Engine.Native.OnnxRuntime;
using Engine.Steps.Onnx;
using Engine.Steps.Templates;
using Engine.Tokenizers;

namespace Engine.Steps.LanguageScores;

/// <summary>Streams records through one model: this thread reads and encodes records, others run batches and take what is wanted from the output where the library left it. Logits outlive no batch.</summary>
internal sealed class LanguageScorer
{
    private readonly Records _records;
    private readonly ScoringGroup _group;
    private readonly StepRun _run;
    private readonly RecordMeasure[] _measures;

    /// <param name="records">The records.</param>
    /// <param name="group">The model and the indicators it measures.</param>
    /// <param name="prompt">How prompt and answer become text for instruction-following difficulty.</param>
    /// <param name="run">The step's run.</param>
    /// <exception cref="EngineException">The tokenizer cannot be read or used: exit 3, 4, 7 or 9.</exception>
    public LanguageScorer(Records records, ScoringGroup group, DifficultyPrompt prompt, StepRun run)
    {
        (_records, _group, _run) = (records, group, run);
        Tokenizer tokenizer = Tokenizer.Open(group.Files.Tokenizer.Path, group.Files.Tokenizer.Name);
        var texts = new RecordTexts(records.Name, tokenizer, group.Model, group.Files.Template);
        int most = group.Model.MaxTokens;
        List<RecordMeasure> measures = [];
        foreach (string name in group.Names)
        {
            if (measures.Any(measure => measure.Columns.Contains(name))) continue;
            measures.Add(name switch
            {
                "reward" => new RewardScore(texts),
                "naturalness" or "coherence" or "understandability" => new YesNoScore(name, tokenizer, most),
                "quality" or "complexity" => new RatingScore(name, tokenizer, most),
                "conditionalNll" or "aloneNll" or "ifd" or "ifdPerplexity" =>
                    new AnswerLosses(new RecordEncoder(tokenizer, Template(prompt, tokenizer, group), Math.Min(AnswerLosses.MostTokens, most))),
                _ => new ChatLosses(texts),
            });
        }

        _measures = [.. measures];
    }

    /// <summary>Measures the records from a row on.</summary>
    /// <param name="columns">[rows] for each indicator, by name.</param>
    /// <param name="row">The first record that is not measured yet.</param>
    /// <param name="done">Told how many records are measured, after each window, and once more before it ends because it was cancelled.</param>
    /// <exception cref="EngineException">The model or a record cannot be used; the row is named.</exception>
    public void Score(IReadOnlyDictionary<string, double[]> columns, int row, Action<int> done)
    {
        int rows = checked((int)_records.Rows);
        if (row >= rows) return;
        using OnnxSession session = _group.Files.Load(_group.Model.Cuda);
        using var pool = new LanePool<ScoreWork>(
            _group.Lanes(_run.Kernels.Threads), session.Library, stop => new ScoringLane(session, _group.Call, _group.Files, _records.Name, stop), _run.Pass.Cancel);
        TurnReader turns = _records.OpenTurns(rows);
        Queue<(ScoreWork Work, List<int> Asked)> waiting = new();
        long ran = 0, clock = Stopwatch.GetTimestamp();
        int next = row;
        try
        {
            while (row < rows)
            {
                // Two windows are at work, so that nobody waits for the last batch of one.
                while (next < rows && waiting.Count < 2)
                {
                    (ScoreWork read, List<int> asked) = Read(turns, next, rows);
                    next += read.Rows;
                    waiting.Enqueue((read, asked));
                    if (read.Sequences.Count > 0) pool.Add(read);
                }

                (ScoreWork work, List<int> counts) = waiting.Dequeue();
                if (work.Sequences.Count > 0) work.Wait(_run.Pass.Cancel);
                Tell(work, counts, columns, row);
                row += work.Rows;
                ran += work.Window.Tokens;
                _run.Count((long)sizeof(int) * work.Window.Tokens, 2.0 * _group.Files.Model.Parameters * work.Window.Tokens);
                double rate = ran / Stopwatch.GetElapsedTime(clock).TotalSeconds;
                _run.Pass.Report(string.Create(CultureInfo.InvariantCulture, $"records, {rate:N0} tokens/s"), row, rows);
                done(row);
            }
        }
        catch (OperationCanceledException)
        {
            done(row);
            throw;
        }
    }

    private static ConversationTemplate Template(DifficultyPrompt prompt, Tokenizer tokenizer, ScoringGroup group) => prompt switch
    {
        DifficultyPrompt.Wizard => InstructionTemplate.Wizard(),
        DifficultyPrompt.Alpaca => InstructionTemplate.Alpaca(endMark: ""),
        _ when group.Files.Template is { } own => FileTemplate.Open(own.Path, own.Name),
        _ => ConversationTemplate.Named(group.Model.Template ?? ChatTemplate.Tulu, tokenizer, group.Model.Eos),
    };

    /// <summary>Encodes the records of a window, and says how many sequences each measure asked for, record by record.</summary>
    private (ScoreWork Work, List<int> Asked) Read(TurnReader turns, int firstRow, int rows)
    {
        var sink = new SequenceSink(firstRow, _group.Shape);
        List<int> asked = [];
        while (sink.Row < rows && !sink.IsFull)
        {
            _run.Pass.Cancel.ThrowIfCancellationRequested();
            Utf8Turns record = turns.Read(sink.Row);
            foreach (RecordMeasure measure in _measures) asked.Add(measure.Ask(record, sink));
            sink.EndRow();
        }

        return (sink.ToWork(), asked);
    }

    private void Tell(ScoreWork work, List<int> asked, IReadOnlyDictionary<string, double[]> columns, int firstRow)
    {
        int sequence = 0, place = 0;
        for (int row = firstRow; row < firstRow + work.Rows; row++)
        {
            foreach (RecordMeasure measure in _measures)
            {
                int count = asked[place++];
                double[] values = new double[measure.Columns.Count];
                if (count > 0) measure.Tell(work.Results.AsSpan(sequence, count), values);
                sequence += count;
                for (int i = 0; i < values.Length; i++)
                {
                    if (!columns.TryGetValue(measure.Columns[i], out double[]? column)) continue;
                    column[row] = double.IsFinite(values[i]) ? values[i] : throw EngineException.Input(_records.Name, "NOT_FINITE",
                        $"{measure.Columns[i]} of row {row} is beyond the range of numbers, expected a finite one. Ask for nll instead, or remove the record.");
                }
            }
        }
    }
}
