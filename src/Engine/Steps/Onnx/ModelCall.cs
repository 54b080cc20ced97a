using Engine.Data.Onnx;
using Engine.Native.OnnxRuntime;

namespace Engine.Steps.Onnx;

/// <summary>How a language model is called: which of its inputs there are, and which output is wanted.</summary>
/// <param name="Inputs">The inputs, each filled by what its name means.</param>
/// <param name="Output">The output.</param>
internal sealed record ModelCall(IReadOnlyList<OnnxValueInfo> Inputs, OnnxValueInfo Output)
{
    /// <summary>Token ids.</summary>
    public const string InputIds = "input_ids";

    /// <summary>1 for tokens of the record, 0 for padding.</summary>
    public const string AttentionMask = "attention_mask";

    /// <summary>0 for all: the first segment.</summary>
    public const string TokenTypeIds = "token_type_ids";

    /// <summary>0, 1, 2, ...</summary>
    public const string PositionIds = "position_ids";

    /// <summary>Of a model with a decoder: what its answer begins after.</summary>
    public const string DecoderIds = "decoder_input_ids";

    /// <summary>1 for that token.</summary>
    public const string DecoderMask = "decoder_attention_mask";

    private static readonly string[] Known = [InputIds, AttentionMask, TokenTypeIds, PositionIds];
    private static readonly string[] StateNames = ["last_hidden_state", "hidden_states", "hidden_state", "token_embeddings"];

    /// <summary>The token that the answer of a model with a decoder begins after.</summary>
    public int DecoderStart { get; init; }

    /// <summary>Whether an encoder reads the tokens and a decoder answers, so that the output has one place a record.</summary>
    public bool HasDecoder => Inputs.Any(input => input.Name == DecoderIds);

    /// <summary>Whether padding is marked, so that a model may look in both directions.</summary>
    public bool HasMask => Inputs.Any(input => input.Name == AttentionMask);

    /// <summary>Checks a model's inputs, and finds its hidden states: [records, tokens, dim] in f32, f16 or bf16.</summary>
    /// <param name="model">The model.</param>
    /// <param name="output">The output's name, or null to find it: one of the usual names, else the only output of that shape.</param>
    /// <exception cref="EngineException">An input is not known, or no output fits: exit 4, with the names there are.</exception>
    public static ModelCall OfHiddenStates(OnnxModelFile model, string? output) => new(CheckedInputs(model), FindStates(model, output));

    /// <summary>Checks a model's inputs, and finds what it thinks of the next token: [records, tokens, vocabulary] in f32, f16 or bf16.</summary>
    /// <param name="model">The model.</param>
    /// <param name="output">The output's name, or null for <c>logits</c>.</param>
    /// <param name="decoderStart">For a model with a decoder, the token that its answer begins after; null to refuse such a model.</param>
    /// <exception cref="EngineException">An input is not known, or no output fits: exit 4, with the names there are.</exception>
    public static ModelCall OfLogits(OnnxModelFile model, string? output, int? decoderStart)
    {
        if (decoderStart is null && model.Inputs.Any(input => input.Name == DecoderIds))
            throw Refuse(model, $"it has the input {DecoderIds}: an encoder with a decoder, but losses of a text need a causal language model, which has none. Give another model.");
        return new(CheckedInputs(model, DecoderIds, DecoderMask), Find(model, output ?? "logits", "[records, tokens, vocabulary]", found => found.Shape is null or { Count: 3 })) { DecoderStart = decoderStart ?? 0 };
    }

    /// <summary>Checks a model's inputs, and finds its one number a record: [records] or [records, 1] in f32, f16 or bf16.</summary>
    /// <param name="model">The model.</param>
    /// <param name="output">The output's name, or null for the only one, or <c>logits</c>.</param>
    /// <exception cref="EngineException">An input is not known, or no output fits: exit 4, with the names there are.</exception>
    public static ModelCall OfScalars(OnnxModelFile model, string? output) => new(
        CheckedInputs(model),
        Find(model, output ?? (model.Outputs.Count == 1 ? model.Outputs[0].Name : "logits"), "[records] or [records, 1]", found => found.Shape is null or { Count: 1 } || found.Shape is [_, { Size: 1 or -1 }]));

    /// <summary>The inputs of a model, all of them known.</summary>
    /// <exception cref="EngineException">One is not known, has another type, or there are no token ids. Exit 4.</exception>
    public static IReadOnlyList<OnnxValueInfo> CheckedInputs(OnnxModelFile model, params string[] also)
    {
        foreach (OnnxValueInfo input in model.Inputs)
        {
            if (Known.Contains(input.Name) || also.Contains(input.Name))
            {
                if (input.Element is OnnxElement.Int64 or OnnxElement.Int32 && input.Shape is null or { Count: 2 }) continue;
                throw Refuse(model, $"the input {input} cannot be filled, expected int64 or int32 [records, tokens]. Export the model with such an input.");
            }

            string remedy = input.Name.StartsWith("past_key_values", StringComparison.Ordinal) || input.Name.StartsWith("past", StringComparison.Ordinal) || input.Name == "use_cache_branch"
                ? "It is for generating text with a cache: export the model without one (optimum-cli export onnx --task feature-extraction, or use_cache=False)."
                : "Export the model without it.";
            throw Refuse(model, $"the input {input} is not known, expected {string.Join(", ", Known)}. {remedy}");
        }

        if (model.Inputs.All(input => input.Name != InputIds))
            throw Refuse(model, $"it has no input {InputIds}, expected a model that takes token ids; its inputs are: {List(model.Inputs)}.");
        return model.Inputs;
    }

    private static OnnxValueInfo Find(OnnxModelFile model, string name, string expected, Func<OnnxValueInfo, bool> fits)
    {
        OnnxValueInfo named = model.Outputs.FirstOrDefault(output => output.Name == name)
            ?? throw Refuse(model, $"it has no output \"{name}\", expected one of f32, f16 or bf16 {expected}; its outputs are: {List(model.Outputs)}. Say which with \"output\".");
        return named.Element.ToElementType() is not null && fits(named) ? named
            : throw Refuse(model, $"the output {named} does not fit, expected f32, f16 or bf16 {expected}; its outputs are: {List(model.Outputs)}. Say which with \"output\", or give another model.");
    }

    private static OnnxValueInfo FindStates(OnnxModelFile model, string? name)
    {
        if (name is not null)
        {
            OnnxValueInfo named = model.Outputs.FirstOrDefault(output => output.Name == name)
                ?? throw Refuse(model, $"it has no output \"{name}\"; its outputs are: {List(model.Outputs)}.");
            return Fits(named) ? named : throw Refuse(model, $"the output {named} holds no hidden states, expected f32, f16 or bf16 [records, tokens, dim]; its outputs are: {List(model.Outputs)}.");
        }

        foreach (string usual in StateNames)
            if (model.Outputs.FirstOrDefault(output => output.Name == usual && Fits(output)) is { } found) return found;
        OnnxValueInfo[] fitting = [.. model.Outputs.Where(output => Fits(output) && output is { Shape: not null, Name: not "logits" })];
        return fitting.Length == 1 ? fitting[0] : throw Refuse(model,
            $"{(fitting.Length == 0 ? "no output holds" : "several outputs may hold")} hidden states, f32, f16 or bf16 [records, tokens, dim]; its outputs are: {List(model.Outputs)}. "
            + (fitting.Length == 0 ? "Export the model with its last hidden state (optimum-cli export onnx --task feature-extraction)." : "Say which with \"output\"."));
    }

    private static bool Fits(OnnxValueInfo output) => output.Element.ToElementType() is not null && output.Shape is null or { Count: 3 };

    private static string List(IReadOnlyList<OnnxValueInfo> values) => values.Count == 0 ? "none" : string.Join("; ", values);

    private static EngineException Refuse(OnnxModelFile model, string message) => EngineException.Input(model.File.Name, "MODEL", message);
}
