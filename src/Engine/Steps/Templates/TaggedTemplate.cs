using System.Buffers;
using System.Text;
using Engine.Data;

namespace Engine.Steps.Templates;

/// <summary>Turns with role tags, as RDS+ and Tulu have them: all, the first two, the prompt or the label.</summary>
/// <remarks>
/// A turn is <c>&lt;|role|&gt;</c>, a line feed, its content stripped, the end mark if the role is assistant, and a line feed; the whole text is stripped. On the query side
/// contents are not stripped, and a conversation that does not end with an assistant turn ends with the tag of one. Source: RDS+ (Ivison et al. 2025), published code.
/// </remarks>
internal sealed class TaggedTemplate(ChatTemplate template, string endMark) : ConversationTemplate
{
    private readonly byte[] _endMark = Encoding.UTF8.GetBytes(endMark);

    /// <inheritdoc/>
    public override string? NeededRole => template switch
    {
        ChatTemplate.PromptOnly => "user",
        ChatTemplate.LabelOnly => "assistant",
        _ => null,
    };

    /// <inheritdoc/>
    protected override bool TryRenderTurns(Utf8Turns turns, EncodingSide side, ArrayBufferWriter<byte> text, out ResponsePlace response)
    {
        response = default;
        int begin = text.WrittenCount;
        switch (template)
        {
            case ChatTemplate.PromptOnly:
                int user = FirstOf("user"u8, turns);
                if (user < 0) return false;
                for (int turn = 0; turn < user; turn++)
                {
                    if (turns.Role(turn).SequenceEqual("system"u8)) Tag(turns, turn, side, isLast: false, text);
                }

                Tag(turns, user, side, isLast: true, text);
                text.Write(_endMark);
                response = new ResponsePlace(text.WrittenCount - begin, text.WrittenCount - begin, HasResponse: false);
                return true;
            case ChatTemplate.LabelOnly:
                int assistant = FirstOf("assistant"u8, turns);
                if (assistant < 0) return false;
                response = new ResponsePlace(0, Tag(turns, assistant, side, isLast: true, text) - begin, HasResponse: true);
                return true;
            default:
                response = All(turns, template == ChatTemplate.FirstTwo ? Math.Min(2, turns.Count) : turns.Count, side, text);
                return true;
        }
    }

    private ResponsePlace All(Utf8Turns turns, int count, EncodingSide side, ArrayBufferWriter<byte> text)
    {
        int begin = text.WrittenCount, cue = 0, start = 0;
        bool hasResponse = count > 0 && turns.Role(count - 1).SequenceEqual("assistant"u8), addsCue = side == EncodingSide.Query && !hasResponse;
        for (int turn = 0; turn < count; turn++)
        {
            cue = text.WrittenCount - begin;
            start = Tag(turns, turn, side, isLast: turn == count - 1 && !addsCue, text) - begin;
        }

        if (hasResponse) return new ResponsePlace(cue, start, HasResponse: true);
        cue = text.WrittenCount - begin;
        if (addsCue) text.Write("<|assistant|>\n"u8);
        return new ResponsePlace(cue, text.WrittenCount - begin, HasResponse: false);
    }

    // The white space that stripping takes from the whole text is that behind its last turn. Gives the place where the content begins.
    private int Tag(Utf8Turns turns, int turn, EncodingSide side, bool isLast, ArrayBufferWriter<byte> text)
    {
        ReadOnlySpan<byte> role = turns.Role(turn), content = side == EncodingSide.Pool ? Utf8Text.Strip(turns.Content(turn)) : turns.Content(turn);
        bool isAssistant = role.SequenceEqual("assistant"u8);
        text.Write("<|"u8);
        text.Write(role);
        text.Write("|>"u8);
        if (isLast && content.IsEmpty && !isAssistant) return text.WrittenCount;
        text.Write("\n"u8);
        int start = text.WrittenCount;
        text.Write(content);
        if (isAssistant) text.Write(_endMark);
        if (!isLast) text.Write("\n"u8);
        return start;
    }
}
