using System.Text;
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
    public const string EndMark = "</s>";

    /// <summary>The text of one conversation.</summary>
    /// <param name="conversation">The turns.</param>
    /// <param name="template">How.</param>
    /// <returns>The text, or null when the template needs a turn that the conversation lacks.</returns>
    public static string? Render(Conversation conversation, ChatTemplate template)
    {
        IReadOnlyList<Turn> turns = conversation.Turns;
        if (turns is [{ Role: Turn.TextRole } text]) return text.Content;
        return template switch
        {
            ChatTemplate.Plain => string.Join('\n', turns.Select(t => t.Content)),
            ChatTemplate.PromptOnly => Prompt(turns),
            ChatTemplate.LabelOnly => Label(turns),
            _ => Tagged(turns),
        };
    }

    private static string Tagged(IEnumerable<Turn> turns)
    {
        var text = new StringBuilder();
        foreach (Turn turn in turns)
        {
            text.Append("<|").Append(turn.Role).Append("|>\n").Append(Strip(turn.Content));
            if (turn.Role == "assistant") text.Append(EndMark);
            text.Append('\n');
        }

        return Strip(text.ToString()).ToString();
    }

    private static string? Prompt(IReadOnlyList<Turn> turns)
    {
        int user = FirstOf("user", turns);
        return user < 0 ? null : Tagged(turns.Take(user + 1).Where(t => t.Role is "system" or "user")) + EndMark;
    }

    private static string? Label(IReadOnlyList<Turn> turns)
    {
        int assistant = FirstOf("assistant", turns);
        return assistant < 0 ? null : Tagged([turns[assistant]]);
    }

    private static int FirstOf(string role, IReadOnlyList<Turn> turns)
    {
        for (int i = 0; i < turns.Count; i++)
            if (turns[i].Role == role) return i;
        return -1;
    }

    /// <summary>Without surrounding whitespace as the published code's language defines it: the four ASCII separators count too.</summary>
    private static ReadOnlySpan<char> Strip(ReadOnlySpan<char> text)
    {
        int start = 0, end = text.Length;
        while (start < end && IsSpace(text[start])) start++;
        while (end > start && IsSpace(text[end - 1])) end--;
        return text[start..end];
    }

    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';
}
