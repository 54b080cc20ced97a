using System.Buffers;
using Engine.Data;
using Engine.Tokenizers;

namespace Engine.Steps.Templates;

/// <summary>What a record is encoded as.</summary>
public enum EncodingSide
{
    /// <summary>A record of a pool: one text.</summary>
    Pool,

    /// <summary>A record of a query set: a prompt and the answer to it, each a text.</summary>
    Query,
}

/// <summary>Where the last assistant turn, the response, stands in a rendered text.</summary>
/// <param name="CueStart">Where what announces the response begins, such as its role tag.</param>
/// <param name="ResponseStart">Where the response itself begins; all before is the prompt. The text's end when there is no response.</param>
/// <param name="HasResponse">Whether the text ends with a response.</param>
internal readonly record struct ResponsePlace(int CueStart, int ResponseStart, bool HasResponse);

/// <summary>How a conversation becomes text.</summary>
/// <remarks>A record that is one plain text is that text under every template, all of it response. Safe for several threads.</remarks>
internal abstract class ConversationTemplate
{
    /// <summary>The end mark where nothing says another.</summary>
    public const string DefaultEndMark = "</s>";

    /// <summary>Whether the text has the model's special tokens already, so that the tokenizer must not add its own.</summary>
    public virtual bool WritesSpecialTokens => false;

    /// <summary>The turn that a record must have, for messages; null when any will do.</summary>
    public virtual string? NeededRole => null;

    /// <summary>A template of the engine.</summary>
    /// <param name="template">Which.</param>
    /// <param name="endMark">What ends an assistant turn: the text of the model's end-of-sequence token.</param>
    public static ConversationTemplate Named(ChatTemplate template, string endMark = DefaultEndMark) => template switch
    {
        ChatTemplate.Plain => new PlainTemplate(),
        ChatTemplate.Alpaca => InstructionTemplate.Alpaca(endMark),
        _ => new TaggedTemplate(template, endMark),
    };

    /// <summary>A template of the engine with a model's own end mark.</summary>
    /// <param name="template">Which.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="endMark">The end mark that the plan gives, or null for the model's.</param>
    /// <exception cref="EngineException">The template needs an end mark, and the tokenizer has no token for it: exit 4.</exception>
    public static ConversationTemplate Named(ChatTemplate template, Tokenizer tokenizer, string? endMark) =>
        Named(template, template == ChatTemplate.Plain ? DefaultEndMark : EndMark.Of(tokenizer, endMark));

    /// <summary>Writes the text of one conversation in UTF-8.</summary>
    /// <param name="turns">The turns.</param>
    /// <param name="side">Pool texts are stripped; the contents of a query stay as they are.</param>
    /// <param name="text">Text is appended.</param>
    /// <param name="response">Where the response stands, in bytes from where the text begins.</param>
    /// <returns>False, and nothing written, when the template needs a turn that the conversation lacks.</returns>
    public bool TryRender(Utf8Turns turns, EncodingSide side, ArrayBufferWriter<byte> text, out ResponsePlace response)
    {
        if (!turns.IsPlainText) return TryRenderTurns(turns, side, text, out response);
        text.Write(turns.Content(0));
        response = new ResponsePlace(0, 0, HasResponse: true);
        return true;
    }

    /// <summary>Writes the text of a conversation that has turns.</summary>
    protected abstract bool TryRenderTurns(Utf8Turns turns, EncodingSide side, ArrayBufferWriter<byte> text, out ResponsePlace response);

    /// <summary>The first turn of a role, from a place on.</summary>
    /// <returns>-1 when there is none.</returns>
    protected static int FirstOf(ReadOnlySpan<byte> role, Utf8Turns turns, int from = 0)
    {
        for (int i = from; i < turns.Count; i++)
            if (turns.Role(i).SequenceEqual(role)) return i;
        return -1;
    }
}

/// <summary>The contents alone, joined by line feeds.</summary>
internal sealed class PlainTemplate : ConversationTemplate
{
    /// <inheritdoc/>
    protected override bool TryRenderTurns(Utf8Turns turns, EncodingSide side, ArrayBufferWriter<byte> text, out ResponsePlace response)
    {
        int begin = text.WrittenCount, start = 0;
        for (int turn = 0; turn < turns.Count; turn++)
        {
            if (turn > 0) text.Write("\n"u8);
            start = text.WrittenCount - begin;
            text.Write(turns.Content(turn));
        }

        bool hasResponse = turns.Count > 0 && turns.Role(turns.Count - 1).SequenceEqual("assistant"u8);
        int place = hasResponse ? start : text.WrittenCount - begin;
        response = new ResponsePlace(place, place, hasResponse);
        return true;
    }
}
