using Engine.Data;
using Engine.Kernels;
using Engine.Plans;

namespace Engine.Steps;

/// <summary>Turns every record into a vector.</summary>
public sealed record Embed : Step<Embeddings>
{
    /// <summary>The records.</summary>
    public required Records In { get; init; }

    /// <summary>What turns text into a vector.</summary>
    public required EmbeddingModel Model { get; init; }

    /// <summary>How a model with token states pools them; a hashing model has none.</summary>
    public Pooling Pooling { get; init; } = Pooling.WeightedMean;

    /// <summary>Divide each vector by its Euclidean norm.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>How a conversation becomes text.</summary>
    public ChatTemplate Template { get; init; } = ChatTemplate.Tulu;

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override Embeddings Run(StepRun run) => new(Model.Embed(this, run), run.Name) { Pool = In };

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Records), "The records.");
        Parameter<EmbeddingModel> model = keys.Required("model", EmbeddingModel.Forms, "What turns text into a vector.");
        Parameter<Pooling> pooling = keys.Optional("pooling", PoolStates.Words, Pooling.WeightedMean, "weightedMean", "How token states are pooled; hashing has none.");
        Parameter<bool> normalize = keys.Optional("normalize", Shapes.Flag, true, true, "Divide each vector by its Euclidean norm.");
        Parameter<ChatTemplate> template = keys.Optional("template", Shapes.Choice(
            ("tulu", ChatTemplate.Tulu), ("plain", ChatTemplate.Plain), ("promptOnly", ChatTemplate.PromptOnly), ("labelOnly", ChatTemplate.LabelOnly),
            ("firstTwo", ChatTemplate.FirstTwo), ("alpaca", ChatTemplate.Alpaca)),
            ChatTemplate.Tulu, "tulu", "How a conversation becomes text.");
        return new StepBinding("embed", ValueKind.Embeddings, "Turns every record into a vector.", keys, (arguments, inputs) => new Embed
        {
            In = inputs.Get<Records>(arguments.Get(@in)),
            Model = arguments.Get(model),
            Pooling = arguments.Get(pooling),
            Normalize = arguments.Get(normalize),
            Template = arguments.Get(template),
        })
        {
            Needs = (needs, name) =>
            {
                ValueShape records = needs.Of(needs.Get(@in));
                int dim = needs.Get(model).Dimension;
                needs.Texts(records);
                needs.Use("a batch of vectors", 4L * dim * Math.Min(records.Rows, Math.Clamp((8 << 20) / dim, 1, 8192)) + needs.Threads * 32L * dim);
                return new ValueShape(name, records.Rows) { Dim = dim, Pool = records };
            },
        };
    }
}
