using System.Buffers;
using Engine.Data;
using Engine.Plans;
using Engine.Steps.Templates;

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

    /// <summary>The first two turns with role tags, and the end mark after an assistant turn.</summary>
    FirstTwo,

    /// <summary>The first user turn as the instruction and the assistant turn behind it as the response in the words of Alpaca, and the end mark.</summary>
    Alpaca,
}

/// <summary>Turns conversations into text with the end mark <c>&lt;/s&gt;</c>, for models that have no tokenizer to say another.</summary>
internal static class ChatTemplates
{
    /// <summary>The plan's words for templates.</summary>
    public static Shape<ChatTemplate> Words => Shapes.Choice(
        ("tulu", ChatTemplate.Tulu), ("plain", ChatTemplate.Plain), ("promptOnly", ChatTemplate.PromptOnly), ("labelOnly", ChatTemplate.LabelOnly),
        ("firstTwo", ChatTemplate.FirstTwo), ("alpaca", ChatTemplate.Alpaca));

    private static readonly ConversationTemplate[] _templates = [.. Enum.GetValues<ChatTemplate>().Select(template => ConversationTemplate.Named(template))];

    /// <summary>Writes the text of one conversation in UTF-8.</summary>
    /// <param name="turns">The turns.</param>
    /// <param name="template">How.</param>
    /// <param name="text">Where the text goes.</param>
    /// <returns>False, and nothing written, when the template needs a turn that the conversation lacks.</returns>
    public static bool TryRender(Utf8Turns turns, ChatTemplate template, ArrayBufferWriter<byte> text) =>
        _templates[(int)template].TryRender(turns, EncodingSide.Pool, text, out _);
}
