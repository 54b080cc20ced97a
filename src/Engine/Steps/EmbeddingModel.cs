using Engine.Data;
using Engine.Kernels;
using Engine.Plans;

namespace Engine.Steps;

/// <summary>What turns text into a vector.</summary>
public abstract record EmbeddingModel
{
    /// <summary>The plan's forms of a model.</summary>
    internal static Shape<EmbeddingModel> Forms { get; } = Shapes.OneOf(HashingModel.Form, OnnxModel.Form);

    /// <summary>Takes down what embedding records will need.</summary>
    /// <param name="needs">Where it goes.</param>
    /// <param name="records">The records.</param>
    /// <returns>Elements in a vector.</returns>
    internal abstract int Take(StepNeeds needs, ValueShape records);

    /// <summary>The files that the model is made of, as the plan writes their paths.</summary>
    internal virtual IEnumerable<string> Paths => [];

    /// <summary>Opens those files and finds the library that runs the model; null for a model that needs neither.</summary>
    internal virtual NamedFiles? Open(FileFinder files) => null;

    /// <summary>Embeds every record of a step, in order.</summary>
    internal abstract RowSource Embed(Embed step, StepRun run);
}

/// <summary>Words and character n-grams hashed into a fixed number of dimensions: no weights, no download, any language.</summary>
/// <remarks>The features and the hash are those of <see cref="Kernels.Algorithms.HashedNGrams"/>. A vector depends on its record alone.</remarks>
/// <param name="Dim">Elements in a vector, 16 to 65536.</param>
public sealed record HashingModel(int Dim = HashingModel.DefaultDim) : EmbeddingModel
{
    /// <summary>The dimension when a plan names none.</summary>
    public const int DefaultDim = 1024;

    internal static Shape<EmbeddingModel> Form { get; } = Declare();

    internal override int Take(StepNeeds needs, ValueShape records)
    {
        needs.Use("a batch of vectors", 4L * Dim * Math.Min(records.Rows, Math.Clamp((8 << 20) / Dim, 1, 8192)) + needs.Threads * 32L * Dim);
        return Dim;
    }

    internal override RowSource Embed(Embed step, StepRun run) => HashingEmbedder.Embed(step, Dim, run);

    private static Shape<EmbeddingModel> Declare()
    {
        var keys = new ParameterSet();
        Parameter<int> dim = keys.Optional("dim", Shapes.Count(16, 65536), DefaultDim, DefaultDim, "Elements in a vector.");
        return Shapes.Tagged("hashing", Shapes.Object(keys)).To<EmbeddingModel>(arguments => new HashingModel(arguments.Get(dim)));
    }
}
