using System.Diagnostics;
using System.Globalization;
using Engine.Data;
using Engine.Kernels;
using Engine.Native.OnnxRuntime;

namespace Engine.Steps.Onnx;

/// <summary>
/// Streams records through a language model and pools its hidden states: one thread reads and encodes records, the others each run a batch, pool it where the
/// library left it and go on; vectors are written in row order. Hidden states are never copied, and never on the disk.
/// </summary>
internal sealed class OnnxEmbedder
{
    /// <summary>What rounding in f16 or bf16 may make of a masked token, with room to spare.</summary>
    private const double MostPaddingDifference = 0.05;

    private readonly Embed _step;
    private readonly OnnxModel _model;
    private readonly OnnxFiles _files;
    private readonly ModelCall _call;
    private readonly BatchShape _shape;
    private readonly StepRun _run;

    /// <param name="step">The step.</param>
    /// <param name="model">Its model.</param>
    /// <param name="files">The model's files.</param>
    /// <param name="run">The step's run.</param>
    public OnnxEmbedder(Embed step, OnnxModel model, OnnxFiles files, StepRun run)
    {
        (_step, _model, _files, _run) = (step, model, files, run);
        _call = ModelCall.OfHiddenStates(files.Model, model.Output);
        _shape = model.Shape(files);
    }

    /// <summary>Embeds every record.</summary>
    /// <param name="tokens">The records' tokens.</param>
    /// <exception cref="EngineException">The model or a record cannot be used; the row is named.</exception>
    public RowSource Embed(RecordTokens tokens)
    {
        long rows = _step.In.Rows;
        using var matrix = new ResumableMatrix(_run, rows, _shape.Dim);
        using OnnxSession session = _files.Load(_model.Cuda);
        Note(session);
        if (rows > 0) Try(session, tokens);

        // A model on a GPU shares its work out itself.
        int lanes = _model.Cuda is null ? Math.Max(1, _run.Kernels.Threads) : 1;
        using var pool = new LanePool<VectorWork>(lanes, session.Library, stop => new PoolingLane(session, _call, _shape, _step, _files, stop), _run.Pass.Cancel);
        Queue<VectorWork> waiting = new();
        long next = matrix.Rows, ran = 0, clock = Stopwatch.GetTimestamp();
        try
        {
            while (matrix.Rows < rows)
            {
                // Two windows are at work, so that nobody waits for the last batch of one.
                while (next < rows && waiting.Count < 2)
                {
                    VectorWork work = Read(tokens, next, rows);
                    next += work.Window.Count;
                    waiting.Enqueue(work);
                    pool.Add(work);
                }

                VectorWork done = waiting.Dequeue();
                done.Wait(_run.Pass.Cancel);
                ran += done.Window.Tokens;
                Count(done.Window);
                matrix.Append(done.Vectors);
                double rate = ran / Stopwatch.GetElapsedTime(clock).TotalSeconds;
                _run.Pass.Report(string.Create(CultureInfo.InvariantCulture, $"records, {rate:N0} tokens/s"), matrix.Rows, rows);
            }
        }
        catch (OperationCanceledException)
        {
            matrix.Keep();
            throw;
        }

        _run.Note("tokens", _run.Bytes / sizeof(int));
        return matrix.Finish();
    }

    /// <summary>Notes whether the first record's vector has the same bits in a batch of several as alone, and refuses a model that padding changes.</summary>
    private void Try(OnnxSession session, RecordTokens tokens)
    {
        using var lane = new PoolingLane(session, _call, _shape, _step, _files, stop: null);
        int[] ids = tokens.Read(0).ToArray();
        var trial = new BatchTrial(lane, _shape, ids);
        _run.Note("batchInvariant", trial.IsBatchInvariant());
        if (trial.PaddingDifference() is not { } difference) return;
        _run.Note("paddingDifference", difference);
        if (difference <= MostPaddingDifference) return;
        throw EngineException.Input(_files.Model.File.Name, "PADDING", string.Create(CultureInfo.InvariantCulture,
            $"padding changes the vector of row 0 by {difference:G2} of its largest element, expected at most {MostPaddingDifference}: the model does not heed its attention_mask. Export it without that input; then records are run at their own lengths."));
    }

    private VectorWork Read(RecordTokens tokens, long firstRow, long rows)
    {
        var window = new TokenWindow(firstRow, _shape);
        for (long row = firstRow; row < rows && !window.IsFull; row++)
        {
            _run.Pass.Cancel.ThrowIfCancellationRequested();
            window.Add(tokens.Read(row));
        }

        return new VectorWork(window, new float[checked(window.Count * _shape.Dim)]);
    }

    // Two operations for every weight and token, and for every value that is pooled.
    private void Count(TokenWindow window)
    {
        double values = (double)window.Tokens * _shape.Dim;
        _run.Count((long)sizeof(int) * window.Tokens, 2.0 * _files.Model.Parameters * window.Tokens + 2 * values + (_step.Normalize ? 3.0 * window.Count * _shape.Dim : 0));
    }

    private void Note(OnnxSession session)
    {
        _run.Note("onnxruntime", session.Library.Version);
        _run.Note("provider", _model.Cuda is null ? "CPU" : "CUDA");
        _run.Note("output", _call.Output.Name);
        foreach (InputFile file in _files.All) _run.NoteFile("model", file.Name, file.Sha256(new Pass(cancel: _run.Pass.Cancel)));
    }
}
