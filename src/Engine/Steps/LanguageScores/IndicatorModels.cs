namespace Engine.Steps.LanguageScores;

/// <summary>How prompt and answer become text for instruction-following difficulty.</summary>
public enum DifficultyPrompt
{
    /// <summary>The instruction, an empty line, <c>### Response:</c> and the answer: the default of the published code.</summary>
    Wizard,

    /// <summary>Alpaca's words: the published code's other prompt.</summary>
    Alpaca,

    /// <summary>The model's own template.</summary>
    Template,
}

/// <summary>Which model measures which indicator of a step.</summary>
/// <param name="Wanted">The indicators that need a model, in the order of the columns.</param>
/// <param name="Model">The model of those that have none of their own; null when all have.</param>
/// <param name="Models">Models of single indicators.</param>
/// <param name="DecoderStart">The token that the answer of a model with a decoder begins after.</param>
internal sealed record IndicatorModels(IReadOnlyList<string> Wanted, OnnxModel? Model, IReadOnlyList<KeyValuePair<string, OnnxModel>> Models, int DecoderStart)
{
    private static readonly string[] Losses = ["nll", "perplexity", "responseNll", "responsePerplexity", "conditionalNll", "aloneNll", "ifd", "ifdPerplexity"];

    /// <summary>Every indicator that a model measures.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Losses, "reward", "naturalness", "coherence", "understandability", "quality", "complexity"];

    /// <summary>Whether an indicator needs the losses of a text's tokens, and so a causal language model.</summary>
    public static bool ReadsLosses(string name) => Losses.Contains(name);

    /// <summary>The model of an indicator.</summary>
    /// <exception cref="EngineException">It has none. Exit 3.</exception>
    public OnnxModel Of(string name)
    {
        foreach ((string owner, OnnxModel model) in Models)
            if (owner == name) return model;
        return Model ?? throw new EngineException(new EngineError(ExitCode.Plan, "MODEL",
            $"the indicator \"{name}\" needs a language model, but none is given. Give {{ \"onnx\": ..., \"tokenizer\": ... }} as \"model\" or, for this one alone, as \"models\": {{ \"{name}\": ... }}; or give the column to quality by a \"scores\" input."));
    }
}
