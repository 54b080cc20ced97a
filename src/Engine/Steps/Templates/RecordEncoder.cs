using System.Buffers;
using System.Globalization;
using Engine.Data;
using Engine.Tokenizers;

namespace Engine.Steps.Templates;

/// <summary>The tokens of one record; record after record may use the same.</summary>
internal sealed class TokenSequence
{
    /// <summary>The token ids, special tokens included.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>How many of them stand before the response: special tokens, prompt and what announces the response. All when there is no response, or none of it was kept.</summary>
    public int PromptTokens { get; set; }

    /// <summary>Whether the record ends with a response, be it cut away or not.</summary>
    public bool HasResponse { get; set; }

    /// <summary>Tokens of the response, the end mark included.</summary>
    public int ResponseTokens => Ids.Count - PromptTokens;
}

/// <summary>From records to token ids: a template makes the text, a tokenizer the ids, and both sides are cut as RDS+ cuts them.</summary>
/// <remarks>
/// Pool: the text in one piece with special tokens, at most <c>maxTokens</c> of them; its prompt is as many tokens as the text up to the response has by itself. Query:
/// prompt with special tokens and response without, each at most <c>maxTokens</c>, one behind the other. One thread's own; the tokenizer may be shared.
/// </remarks>
internal sealed class RecordEncoder
{
    private readonly Tokenizer _tokenizer;
    private readonly ConversationTemplate _template;
    private readonly int _maxTokens;
    private readonly EncodingSide _side;
    private readonly bool _addsSpecialTokens;
    private readonly ArrayBufferWriter<byte> _text = new(1 << 12);
    private readonly List<int> _prompt = [];

    /// <summary>Makes an encoder.</summary>
    /// <param name="tokenizer">From text to ids.</param>
    /// <param name="template">From turns to text.</param>
    /// <param name="maxTokens">Tokens of a text at most.</param>
    /// <param name="side">Which rule cuts.</param>
    /// <exception cref="EngineException"><paramref name="maxTokens"/> leaves no room beside the special tokens: exit 3.</exception>
    public RecordEncoder(Tokenizer tokenizer, ConversationTemplate template, int maxTokens, EncodingSide side = EncodingSide.Pool)
    {
        if (maxTokens <= tokenizer.SpecialTokenCount)
        {
            throw new EngineException(new EngineError(ExitCode.Plan, "RANGE",
                string.Create(CultureInfo.InvariantCulture, $"found maxTokens {maxTokens}, but the tokenizer adds {tokenizer.SpecialTokenCount} special tokens to every text, so at least {tokenizer.SpecialTokenCount + 1} are needed. Raise maxTokens."), tokenizer.Path));
        }

        (_tokenizer, _template, _maxTokens, _side, _addsSpecialTokens) = (tokenizer, template, maxTokens, side, !template.WritesSpecialTokens);
    }

    /// <summary>Encodes a record.</summary>
    /// <param name="turns">Its turns.</param>
    /// <param name="into">Replaced.</param>
    /// <param name="countPrompt">Whether <see cref="TokenSequence.PromptTokens"/> is wanted on the pool side, where it costs another pass over the prompt; it is 0 otherwise.</param>
    /// <returns>False when the record lacks the turn that the template needs.</returns>
    public bool TryEncode(Utf8Turns turns, TokenSequence into, bool countPrompt = false)
    {
        into.Ids.Clear();
        into.PromptTokens = 0;
        if (!TryRender(turns, into, out ResponsePlace response)) return false;
        ReadOnlySpan<byte> text = _text.WrittenSpan;
        if (_side == EncodingSide.Pool)
        {
            _tokenizer.Encode(text, _addsSpecialTokens, _maxTokens, into.Ids);
            if (countPrompt) into.PromptTokens = Math.Min(into.Ids.Count, response.HasResponse ? CountPrompt(text[..response.ResponseStart]) : int.MaxValue);
            return true;
        }

        if (response.ResponseStart > 0 || _addsSpecialTokens) _tokenizer.Encode(text[..response.ResponseStart], _addsSpecialTokens, _maxTokens, into.Ids);
        into.PromptTokens = into.Ids.Count;
        _tokenizer.Encode(text[response.ResponseStart..], addSpecialTokens: false, _maxTokens, into.Ids);
        return true;
    }

    /// <summary>Encodes a record's response alone, behind what announces it and with special tokens, at most <c>maxTokens</c>; <see cref="TokenSequence.PromptTokens"/> counts what stands before it.</summary>
    /// <param name="turns">The record's turns.</param>
    /// <param name="into">Replaced.</param>
    /// <returns>False when the record has no response, or lacks the turn that the template needs.</returns>
    public bool TryEncodeResponse(Utf8Turns turns, TokenSequence into)
    {
        into.Ids.Clear();
        into.PromptTokens = 0;
        if (!TryRender(turns, into, out ResponsePlace response) || !response.HasResponse) return false;
        ReadOnlySpan<byte> text = _text.WrittenSpan[response.CueStart..];
        _tokenizer.Encode(text, _addsSpecialTokens, _maxTokens, into.Ids);
        into.PromptTokens = Math.Min(into.Ids.Count, CountPrompt(text[..(response.ResponseStart - response.CueStart)]));
        return true;
    }

    private bool TryRender(Utf8Turns turns, TokenSequence into, out ResponsePlace response)
    {
        _text.ResetWrittenCount();
        bool has = _template.TryRender(turns, _side, _text, out response);
        into.HasResponse = has && response.HasResponse;
        return has;
    }

    private int CountPrompt(ReadOnlySpan<byte> prompt)
    {
        _prompt.Clear();
        _tokenizer.Encode(prompt, addSpecialTokens: false, _maxTokens, _prompt);
        return _prompt.Count + (_addsSpecialTokens ? _tokenizer.SpecialTokensBefore : 0);
    }
}
