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
        Parameter<ChatTemplate> template = keys.Optional("template", ChatTemplates.Words, ChatTemplate.Tulu, "tulu", "How a conversation becomes text.");
        return new StepBinding("embed", ValueKind.Embeddings, "Turns every record into a vector.", keys, (arguments, inputs) => new Embed
        {
            In = inputs.Get<Records>(arguments.Get(@in)),
            Model = arguments.Get(model),
            Pooling = arguments.Get(pooling),
            Normalize = arguments.Get(normalize),
            Template = arguments.Get(template),
        })
        {
            ReadsFiles = arguments => arguments.Get(model).Paths,
            Open = (arguments, files) =>
            {
                if (arguments.Gives(template) && arguments.Get(model) is OnnxModel onnx && (onnx.TemplateFile is not null || onnx.Template is { } other && other != arguments.Get(template)))
                {
                    PlanPlace place = arguments.Node.Place;
                    throw new EngineException(new EngineError(ExitCode.Plan, "TEMPLATE",
                        "the step and its model have different templates, expected one. Leave \"template\" out of one of them.", place.File, place.Line, place.Column));
                }

                return arguments.Get(model).Open(files);
            },
            Needs = (needs, name) =>
            {
                ValueShape records = needs.Of(needs.Get(@in));
                needs.Texts(records);
                return new ValueShape(name, records.Rows) { Dim = needs.Get(model).Take(needs, records), Pool = records };
            },
        };
    }
}
