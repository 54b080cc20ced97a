using Engine.Data;
using Engine.Steps.Onnx;

namespace Engine.Steps.LanguageScores;

/// <summary>The models of a step's indicators, open, and which indicators each of them measures.</summary>
/// <param name="Groups">One for every model and way to call it, in the order of the step's columns.</param>
internal sealed record ScoringModels(IReadOnlyList<ScoringGroup> Groups)
    : NamedFiles([.. Groups.SelectMany(group => group.Files.All).DistinctBy(file => file.Path)], [.. Groups.SelectMany(group => group.Files.Libraries).Distinct()])
{
    private const string Remedy = "Or score the records elsewhere and give the columns as a \"scores\" input.";

    /// <summary>Opens the models.</summary>
    /// <param name="step">The step.</param>
    /// <param name="files">Opens files.</param>
    /// <exception cref="EngineException">An indicator has no model: exit 3. A file is missing or no model: exit 4. It cannot be opened: exit 7. There is no ONNX Runtime: exit 9.</exception>
    public static ScoringModels Open(IndicatorModels step, FileFinder files)
    {
        Dictionary<OnnxModel, OnnxFiles> open = [];
        List<ScoringGroup> groups = [];
        foreach (var same in step.Wanted.GroupBy(name => (Model: step.Of(name), IsNumber: name == "reward")))
        {
            OnnxModel model = same.Key.Model;
            if (!open.TryGetValue(model, out OnnxFiles? opened))
                open.Add(model, opened = OnnxFiles.Open(model.Onnx, model.Tokenizer, model.Eos is null, files, Remedy, model.TemplateFile));
            groups.Add(ScoringGroup.Of([.. same], model, opened, step));
        }

        return new ScoringModels(groups);
    }
}

/// <summary>Indicators that one model measures with one way to call it.</summary>
/// <param name="Names">The indicators.</param>
/// <param name="Model">The model as the plan declares it.</param>
/// <param name="Files">Its files.</param>
/// <param name="Call">How it is called.</param>
/// <param name="Shape">How sequences make batches.</param>
internal sealed record ScoringGroup(IReadOnlyList<string> Names, OnnxModel Model, OnnxFiles Files, ModelCall Call, BatchShape Shape)
{
    /// <summary>Most memory for the logits of one batch; a longer sequence takes what it needs.</summary>
    private const long LogitBytes = 128 << 20;

    /// <summary>What the width of a model counts for where nothing says it.</summary>
    private const int AboutDim = 1024;

    /// <summary>Lanes that run the model side by side.</summary>
    public int Lanes(int threads) => Model.Cuda is null ? Math.Max(1, threads) : 1;

    /// <summary>Memory of a batch's logits, at most, unless they are one place a sequence.</summary>
    public long BatchLogitBytes => Call.HasDecoder || IsNumber ? 0 : Math.Max(Shape.LengthOf(Model.MaxTokens), Shape.BatchTokens) * BytesOfToken(Call);

    private bool IsNumber => Names.Contains("reward");

    /// <summary>Looks at a model and works out how it is called.</summary>
    /// <exception cref="EngineException">The model does not fit the indicators: exit 4.</exception>
    public static ScoringGroup Of(IReadOnlyList<string> names, OnnxModel model, OnnxFiles files, IndicatorModels step)
    {
        bool isNumber = names.Contains("reward");
        bool readsLosses = names.Any(IndicatorModels.ReadsLosses);
        ModelCall call = isNumber ? ModelCall.OfScalars(files.Model, model.Output) : ModelCall.OfLogits(files.Model, model.Output, readsLosses ? null : step.DecoderStart);

        // A reward model finds the end of its text by itself, and some look for padding by a number that no file names: none is added.
        bool padded = !isNumber && call.HasMask;
        long tokens = isNumber || call.HasDecoder ? model.BatchTokens : Math.Clamp(LogitBytes / BytesOfToken(call), 1, model.BatchTokens);
        return new ScoringGroup(names, model, files, call, new BatchShape((int)tokens, model.MaxTokens, padded, AboutDim));
    }

    /// <summary>Bytes of one token's logits; where the model does not say how many there are, those of a large vocabulary.</summary>
    private static long BytesOfToken(ModelCall call)
    {
        long vocabulary = call.Output.Shape is { } axes && axes[^1].Size > 0 ? axes[^1].Size : 1 << 18;
        return vocabulary * sizeof(float);
    }
}
