using System.Buffers;
using System.Text;
using Engine.Data;

namespace Engine.Steps.Templates;

/// <summary>The first user turn, an empty line, <c>### Response:</c> and the assistant turn behind it; other turns are left out.</summary>
/// <param name="preface">What stands before the user turn.</param>
/// <param name="strips">Whether turns of a pool lose the blanks around them.</param>
/// <param name="endMark">What stands behind the assistant turn.</param>
internal sealed class InstructionTemplate(string preface, bool strips, string endMark) : ConversationTemplate
{
    private readonly byte[] _preface = Encoding.UTF8.GetBytes(preface), _endMark = Encoding.UTF8.GetBytes(endMark);

    /// <inheritdoc/>
    public override string NeededRole => "user";

    /// <summary>As WizardLM was trained: the default of Cherry LLM's published code.</summary>
    public static InstructionTemplate Wizard() => new("", strips: false, endMark: "");

    /// <summary>The words that Alpaca was trained with; the user turn has the record's input if there is one.</summary>
    /// <remarks>Source: Stanford Alpaca's published prompt without an input; records in its layout have theirs joined to the instruction.</remarks>
    public static InstructionTemplate Alpaca(string endMark) =>
        new("Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n", strips: true, endMark);

    /// <inheritdoc/>
    protected override bool TryRenderTurns(Utf8Turns turns, EncodingSide side, ArrayBufferWriter<byte> text, out ResponsePlace response)
    {
        response = default;
        int user = FirstOf("user"u8, turns), begin = text.WrittenCount;
        if (user < 0) return false;
        int assistant = FirstOf("assistant"u8, turns, user + 1);
        text.Write(_preface);
        text.Write(Trimmed(turns.Content(user), side));
        text.Write("\n\n"u8);
        int cue = text.WrittenCount - begin;
        text.Write("### Response:"u8);
        response = new ResponsePlace(cue, text.WrittenCount - begin, assistant >= 0);
        if (assistant < 0) return true;
        text.Write(Trimmed(turns.Content(assistant), side));
        text.Write(_endMark);
        return true;
    }

    private ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> content, EncodingSide side) => strips && side == EncodingSide.Pool ? Utf8Text.Strip(content) : content;
}
