using System.Buffers;
using Engine.Data;
using Engine.Steps.Templates;

namespace Engine.Steps.LanguageScores;

/// <summary>The first user turn, an empty line, <c>### Response:</c> and the assistant turn behind it, as WizardLM was trained: the default of Cherry LLM's published code.</summary>
internal sealed class InstructionTemplate : ConversationTemplate
{
    /// <inheritdoc/>
    public override string NeededRole => "user";

    /// <inheritdoc/>
    protected override bool TryRenderTurns(Utf8Turns turns, EncodingSide side, ArrayBufferWriter<byte> text, out ResponsePlace response)
    {
        response = default;
        int user = FirstOf("user"u8, turns), begin = text.WrittenCount;
        if (user < 0) return false;
        int assistant = FirstOf("assistant"u8, turns, user + 1);
        text.Write(turns.Content(user));
        text.Write("\n\n"u8);
        int cue = text.WrittenCount - begin;
        text.Write("### Response:"u8);
        response = new ResponsePlace(cue, text.WrittenCount - begin, assistant >= 0);
        if (assistant >= 0) text.Write(turns.Content(assistant));
        return true;
    }
}
