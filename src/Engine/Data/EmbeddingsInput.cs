using Engine.Kernels;

namespace Engine.Data;

/// <summary>An embeddings input of a plan: files that together make one matrix.</summary>
/// <param name="Name">The input's name in the plan.</param>
/// <param name="Paths">Absolute paths in row order, at least one.</param>
/// <param name="Written">The path or pattern as the plan writes it.</param>
public sealed record EmbeddingsInput(string Name, IReadOnlyList<string> Paths, string Written)
{
    /// <summary>The element type the files must have. With <see cref="Dim"/>, the files are raw little-endian rows whatever they are called.</summary>
    public ElementType? DType { get; init; }

    /// <summary>The width the rows must have.</summary>
    public int? Dim { get; init; }

    /// <summary>What an 8-bit element is multiplied by; 1 when absent.</summary>
    public float? Scale { get; init; }

    /// <summary>The tensor to take from a .safetensors file; needed when there are several matrices.</summary>
    public string? Tensor { get; init; }

    /// <summary>The column to take from a Parquet file; needed when several are lists of numbers.</summary>
    public string? Column { get; init; }
}
