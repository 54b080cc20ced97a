using System.Globalization;
using Engine.Data;
using Engine.Kernels;
using Engine.Plans;
using Engine.Steps.Onnx;
using Engine.Steps.Templates;

namespace Engine.Steps;

/// <summary>A language model in ONNX: its hidden states, pooled over the record's tokens, are the vector.</summary>
/// <remarks>
/// Needs ONNX Runtime. On the processor a vector depends on its record alone: records are padded to a length that is theirs alone, padding is masked and not
/// pooled, and every call runs on one thread. Other versions of the library, other processors and GPUs may round differently. Source: RDS+ (Ivison et al. 2025).
/// </remarks>
public sealed record OnnxModel : EmbeddingModel
{
    /// <summary>Tokens of a record when a plan says nothing.</summary>
    public const int DefaultMaxTokens = 2048;

    /// <summary>Tokens of a batch when a plan says nothing.</summary>
    public const int DefaultBatchTokens = 4096;

    /// <summary>The model's file; weights in files of their own lie beside it.</summary>
    public required string Onnx { get; init; }

    /// <summary>The <c>tokenizer.json</c> of the same model, or the folder it is in.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>How a conversation becomes text; null for the step's own.</summary>
    public ChatTemplate? Template { get; init; }

    /// <summary>The model's own chat template instead: a <c>.jinja</c> file, a <c>tokenizer_config.json</c> or a folder with one of them; null for <see cref="Template"/>.</summary>
    public string? TemplateFile { get; init; }

    /// <summary>Tokens of a record at most; of a query's prompt and of its answer each.</summary>
    public int MaxTokens { get; init; } = DefaultMaxTokens;

    /// <summary>The output that holds hidden states, [records, tokens, dim]; null to find it.</summary>
    public string? Output { get; init; }

    /// <summary>Which rule cuts a record that is too long.</summary>
    public EncodingSide Side { get; init; } = EncodingSide.Pool;

    /// <summary>The text of the end-of-sequence token, which ends responses; null for the one that the model's <c>tokenizer_config.json</c> names.</summary>
    public string? Eos { get; init; }

    /// <summary>Where the model runs: <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Tokens of a batch with padding, about.</summary>
    public int BatchTokens { get; init; } = DefaultBatchTokens;

    internal static Shape<EmbeddingModel> Form { get; } = Declare();

    /// <summary>The NVIDIA GPU the model runs on, or null for the processor.</summary>
    internal int? Cuda => Device == "cpu" ? null : Device.Length > 5 ? int.Parse(Device.AsSpan(5), CultureInfo.InvariantCulture) : 0;

    internal override IEnumerable<string> Paths => TemplateFile is null ? [Onnx, Tokenizer] : [Onnx, Tokenizer, TemplateFile];

    internal override NamedFiles Open(FileFinder files) => OnnxFiles.Open(Onnx, Tokenizer, readsConfiguration: Eos is null, files, template: TemplateFile);

    internal override int Take(StepNeeds needs, ValueShape records)
    {
        OnnxFiles files = (OnnxFiles)needs.Files!;
        BatchShape shape = Shape(files);
        int lanes = Cuda is null ? needs.Threads : 1;
        needs.Use("the model", 2 * files.ModelBytes);
        needs.Use("the tokenizer", 10 * files.Tokenizer.Length);
        needs.Use("states of batches", lanes * shape.BatchBytes);
        needs.Use("vectors on their way", 2 * Math.Min(records.Rows, shape.WindowRecords) * (4L * shape.Dim + 64) + 3 * sizeof(int) * shape.WindowTokens);
        return shape.Dim;
    }

    internal override RowSource Embed(Embed step, StepRun run)
    {
        OnnxFiles files = (OnnxFiles)(run.Named ?? Open(run.Files));
        return new OnnxEmbedder(step, this, files, run).Embed(new TemplateTokens(step, this, files));
    }

    /// <summary>How records make batches for this model.</summary>
    /// <exception cref="EngineException">The model has no hidden states: exit 4.</exception>
    internal BatchShape Shape(OnnxFiles files)
    {
        ModelCall call = ModelCall.OfHiddenStates(files.Model, Output);
        return new BatchShape(BatchTokens, MaxTokens, call.HasMask, call.Output.Shape is [.., { Size: > 0 and <= int.MaxValue } axis] ? (int)axis.Size : files.StateSize(call, Cuda));
    }

    private static Shape<EmbeddingModel> Declare()
    {
        var keys = new ParameterSet();
        Parameter<string> onnx = keys.Required("onnx", Shapes.Path, "The model, an .onnx file.");
        Parameter<string> tokenizer = keys.Required("tokenizer", Shapes.Path, "The tokenizer.json of the same model, or its folder.");
        Parameter<(ChatTemplate? Name, string? File)?> template = keys.OptionalValue("template",
            Shapes.OneOf(ChatTemplates.Words.To<(ChatTemplate? Name, string? File)>(name => (name, null)), Shapes.Tagged("file", Shapes.Path).To<(ChatTemplate? Name, string? File)>(file => (null, file))),
            "How a conversation becomes text, or the file of a chat template; the step's template when absent.");
        Parameter<int> maxTokens = keys.Optional("maxTokens", Shapes.Count(1, 1 << 20), DefaultMaxTokens, DefaultMaxTokens, "Tokens of a record at most.");
        Parameter<string?> output = keys.Optional("output", Shapes.Text, "The output that holds hidden states; found when absent.");
        Parameter<EncodingSide> side = keys.Optional("side", Shapes.Choice(("pool", EncodingSide.Pool), ("query", EncodingSide.Query)), EncodingSide.Pool, "pool", "Which rule cuts a record that is too long.");
        Parameter<string?> eos = keys.Optional("eos", Shapes.Text, "The end-of-sequence token; the one that tokenizer_config.json names when absent.");
        Parameter<string> device = keys.Optional("device", Shapes.Pattern("\"cpu\", \"cuda\" or \"cuda:1\"", "cpu|cuda(:[0-9]{1,3})?"), "cpu", "cpu", "Where the model runs.");
        Parameter<int> batchTokens = keys.Optional("batchTokens", Shapes.Count(1, 1 << 24), DefaultBatchTokens, DefaultBatchTokens, "Tokens of a batch with padding, about.");
        return Shapes.Keyed("onnx", keys).To<EmbeddingModel>(arguments => new OnnxModel
        {
            Onnx = arguments.Get(onnx),
            Tokenizer = arguments.Get(tokenizer),
            Template = arguments.Get(template)?.Name,
            TemplateFile = arguments.Get(template)?.File,
            MaxTokens = arguments.Get(maxTokens),
            Output = arguments.Get(output),
            Side = arguments.Get(side),
            Eos = arguments.Get(eos),
            Device = arguments.Get(device),
            BatchTokens = arguments.Get(batchTokens),
        });
    }
}
