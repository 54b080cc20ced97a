using Engine.Data;
using Engine.Kernels;

namespace Engine.Steps;

/// <summary>Where a step that computes a matrix row by row stands.</summary>
/// <param name="Part">The rows it has written.</param>
/// <param name="BytesRead">The step's account of bytes by then.</param>
/// <param name="Flops">The step's account of operations by then.</param>
internal sealed record MatrixPosition(MatrixPart Part, long BytesRead, double Flops);

/// <summary>A computed matrix that outlives its process: it keeps its position together with the step's account of work, and begins after the rows that are there.</summary>
internal sealed class ResumableMatrix : IDisposable
{
    private readonly StepRun _run;
    private readonly IResumePoint<MatrixPosition>? _resume;
    private readonly IMatrixWriter _writer;

    /// <param name="run">The step's run.</param>
    /// <param name="rows">Rows it will have.</param>
    /// <param name="dim">Elements in a row.</param>
    public ResumableMatrix(StepRun run, long rows, int dim)
    {
        _run = run;
        _resume = run.Resume(PositionFormats.Matrix);
        _writer = run.CreateMatrix(rows, dim, _resume?.From?.Part);
        if (_writer.Rows > 0) run.Count(_resume!.From!.BytesRead, _resume.From.Flops);
    }

    /// <summary>Rows it holds.</summary>
    public long Rows => _writer.Rows;

    /// <summary>Appends rows that the step has accounted for.</summary>
    public void Append(ReadOnlySpan<float> rows)
    {
        _writer.Append(rows);
        if (_resume is { IsDue: true }) Keep();
    }

    /// <summary>Keeps the position, if this run keeps any.</summary>
    public void Keep() => _resume?.Keep(new MatrixPosition(_writer.Settle(), _run.Bytes, _run.Flops));

    /// <summary>Ends the matrix and opens it for reading.</summary>
    public RowSource Finish() => _writer.Finish();

    public void Dispose() => _writer.Dispose();
}
