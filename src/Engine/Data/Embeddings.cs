using Engine.Kernels;

namespace Engine.Data;

/// <summary>One vector per row, [rows x dim], with the norms taken once.</summary>
/// <param name="matrix">The vectors; owned from here on.</param>
/// <param name="name">How messages call it: the file or pattern as the user wrote it, or the step's name.</param>
public sealed class Embeddings(RowSource matrix, string name) : Value
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Embeddings;

    /// <inheritdoc/>
    public override long Rows => matrix.Rows;

    /// <summary>Elements in a vector.</summary>
    public int Dim => matrix.Dim;

    /// <summary>The vectors.</summary>
    public RowSource Matrix => matrix;

    /// <summary>How messages call it.</summary>
    public string Name => name;

    /// <summary>Wraps vectors in memory: no copy, pinned until disposed.</summary>
    /// <param name="values">Row-major, <c>rows * dim</c> values.</param>
    /// <param name="dim">Elements in a vector.</param>
    /// <exception cref="ArgumentException">The length is no multiple of <paramref name="dim"/>.</exception>
    public static Embeddings From(ReadOnlyMemory<float> values, int dim) => new(ArrayRows.From(values, dim), "embeddings in memory");

    /// <summary>Wraps float16 vectors in memory: no copy, pinned until disposed.</summary>
    /// <inheritdoc cref="From(ReadOnlyMemory{float}, int)"/>
    public static Embeddings From(ReadOnlyMemory<Half> values, int dim) => new(ArrayRows.From(values, dim), "embeddings in memory");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) matrix.Dispose();
        base.Dispose(disposing);
    }
}
