using Engine.Kernels;

namespace Engine.Data;

/// <summary>One vector per row, [rows x dim], checked and measured once.</summary>
/// <param name="matrix">The vectors; owned from here on.</param>
/// <param name="name">How messages call it: the file or pattern as the user wrote it, or the step's name.</param>
public sealed class Embeddings(RowSource matrix, string name) : Value
{
    private readonly Lock _measuring = new();
    private double[]? _norms;
    private RowFacts _facts;

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

    /// <summary>The files the vectors come from, or null when they were made in memory or by a step.</summary>
    internal FileRows? Origin { get; init; }

    /// <summary>Bytes one pass over the vectors reads.</summary>
    public long Bytes => checked(Rows * Dim * matrix.Element.SizeInBytes());

    /// <summary>Wraps vectors in memory: no copy, pinned until disposed.</summary>
    /// <param name="values">Row-major, <c>rows * dim</c> values.</param>
    /// <param name="dim">Elements in a vector.</param>
    /// <exception cref="ArgumentException">The length is no multiple of <paramref name="dim"/>.</exception>
    public static Embeddings From(ReadOnlyMemory<float> values, int dim) => new(ArrayRows.From(values, dim), "embeddings in memory");

    /// <summary>Wraps float16 vectors in memory: no copy, pinned until disposed.</summary>
    /// <inheritdoc cref="From(ReadOnlyMemory{float}, int)"/>
    public static Embeddings From(ReadOnlyMemory<Half> values, int dim) => new(ArrayRows.From(values, dim), "embeddings in memory");

    /// <summary>Euclidean norms, [rows]; the first call reads the matrix and checks every value.</summary>
    /// <exception cref="EngineException">A value is NaN or infinite; the 0-based row is named. Exit 4.</exception>
    public double[] Norms(IKernels kernels, Pass pass)
    {
        lock (_measuring)
        {
            if (_norms is not null) return _norms;
            if (Rows > Array.MaxLength)
                throw EngineException.Input(name, "ROWS", $"found {Rows} rows, expected at most {Array.MaxLength}. Split the pool.");
            double[] norms = new double[Rows];
            _facts = kernels.Inspect(matrix, norms, pass);
            if (_facts.FirstNonFiniteRow >= 0)
                throw AtRow(_facts.FirstNonFiniteRow, "NOT_FINITE", "holds a NaN or an infinity", ", expected finite values. Remove the row or embed it again.");
            return _norms = norms;
        }
    }

    /// <summary>Euclidean norms, [rows], none of them zero, as every cosine needs.</summary>
    /// <exception cref="EngineException">A value is not finite, or a row is zero; the 0-based row is named. Exit 4.</exception>
    public double[] CosineNorms(IKernels kernels, Pass pass)
    {
        double[] norms = Norms(kernels, pass);
        return _facts.FirstZeroRow < 0
            ? norms
            : throw AtRow(_facts.FirstZeroRow, "ZERO_ROW", "is all zeros", " and has no direction, so no cosine. Remove the row or embed it again.");
    }

    /// <summary>What is wrong with a row: of shards the one it lies in is named, and where values were narrowed, that they were.</summary>
    private EngineException AtRow(long row, string code, string found, string expected)
    {
        if (Origin is { IsNarrowed: true }) found += " now that its float64 values are narrowed to float32 (1.2e-38 to 3.4e38)";
        if (Origin is not { Counts.Count: > 1 } shards) return EngineException.Input(name, code, $"row {row} {found}{expected}");
        (string file, long within) = shards.Find(row);
        return EngineException.Input(file, code, $"row {row} (row {within} of this file) {found}{expected}");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) matrix.Dispose();
        base.Dispose(disposing);
    }
}
