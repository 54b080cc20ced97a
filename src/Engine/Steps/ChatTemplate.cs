using System.Buffers;
using Engine.Data;

namespace Engine.Steps;

/// <summary>Which turns of a conversation become text, and how.</summary>
public enum ChatTemplate
{
    /// <summary>All turns with role tags, and the end mark after every assistant turn: the template of RDS+ and Tulu.</summary>
    Tulu,

    /// <summary>The contents alone, joined by line feeds.</summary>
    Plain,

    /// <summary>System and first user turn with role tags, stripped, and the end mark.</summary>
    PromptOnly,

    /// <summary>The first assistant turn with its role tag, and the end mark.</summary>
    LabelOnly,
}

/// <summary>Turns conversations into text.</summary>
/// <remarks>
/// A turn is <c>&lt;|role|&gt;</c>, a line feed, its content stripped, the end mark <c>&lt;/s&gt;</c> if the role is assistant, and a line feed; the whole
/// text is stripped. A record that is one plain text stays that text under every template. Source: RDS+ (Ivison et al. 2025), published code.
/// </remarks>
internal static class ChatTemplates
{
    private static ReadOnlySpan<byte> EndMark => "</s>"u8;

    /// <summary>Writes the text of one conversation in UTF-8.</summary>
    /// <param name="turns">The turns.</param>
    /// <param name="template">How.</param>
    /// <param name="text">Where the text goes.</param>
    /// <returns>False, and nothing written, when the template needs a turn that the conversation lacks.</returns>
    public static bool TryRender(Utf8Turns turns, ChatTemplate template, ArrayBufferWriter<byte> text)
    {
        if (turns.IsPlainText)
        {
            text.Write(turns.Content(0));
            return true;
        }

        int user = FirstOf("user"u8, turns), assistant = FirstOf("assistant"u8, turns);
        switch (template)
        {
            case ChatTemplate.Plain:
                for (int turn = 0; turn < turns.Count; turn++)
                {
                    if (turn > 0) text.Write("\n"u8);
                    text.Write(turns.Content(turn));
                }

                return true;
            case ChatTemplate.PromptOnly:
                if (user < 0) return false;
                for (int turn = 0; turn < user; turn++)
                {
                    if (turns.Role(turn).SequenceEqual("system"u8)) Tag(turns, turn, isLast: false, text);
                }

                Tag(turns, user, isLast: true, text);
                text.Write(EndMark);
                return true;
            case ChatTemplate.LabelOnly:
                if (assistant < 0) return false;
                Tag(turns, assistant, isLast: true, text);
                return true;
            default:
                for (int turn = 0; turn < turns.Count; turn++) Tag(turns, turn, isLast: turn == turns.Count - 1, text);
                return true;
        }
    }

    // The white space that stripping takes from the whole text is that behind its last turn.
    private static void Tag(Utf8Turns turns, int turn, bool isLast, ArrayBufferWriter<byte> text)
    {
        ReadOnlySpan<byte> role = turns.Role(turn), content = Utf8Text.Strip(turns.Content(turn));
        bool isAssistant = role.SequenceEqual("assistant"u8);
        text.Write("<|"u8);
        text.Write(role);
        text.Write("|>"u8);
        if (isLast && content.IsEmpty && !isAssistant) return;
        text.Write("\n"u8);
        text.Write(content);
        if (isAssistant) text.Write(EndMark);
        if (!isLast) text.Write("\n"u8);
    }

    private static int FirstOf(ReadOnlySpan<byte> role, Utf8Turns turns)
    {
        for (int i = 0; i < turns.Count; i++)
            if (turns.Role(i).SequenceEqual(role)) return i;
        return -1;
    }
}
