using Engine.Data;
using Engine.Steps.Templates;
using Engine.Tokenizers;

namespace Engine.Steps.LanguageScores;

/// <summary>The tokens of whole records under a model's template; plain texts are taken as they are.</summary>
/// <remarks>One thread's own.</remarks>
internal sealed class RecordTexts
{
    private readonly string _records;
    private readonly RecordEncoder _plain;
    private readonly Lazy<(RecordEncoder Encoder, ConversationTemplate Template)> _chat;

    /// <param name="records">What messages call the records.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="model">The model.</param>
    /// <param name="file">The file of its own chat template, or null.</param>
    public RecordTexts(string records, Tokenizer tokenizer, OnnxModel model, InputFile? file)
    {
        _records = records;
        _plain = new RecordEncoder(tokenizer, ConversationTemplate.Named(ChatTemplate.Plain), model.MaxTokens);

        // Plain texts need no end mark, and not every tokenizer has one.
        _chat = new(() =>
        {
            if (file is not null)
            {
                ConversationTemplate own = FileTemplate.Open(file.Path, file.Name);
                return (new RecordEncoder(tokenizer, own, model.MaxTokens), own);
            }

            ChatTemplate chosen = model.Template ?? ChatTemplate.Tulu;
            ConversationTemplate template = ConversationTemplate.Named(chosen, chosen == ChatTemplate.Plain ? "" : EndMark.Of(tokenizer, model.Eos));
            return (new RecordEncoder(tokenizer, template, model.MaxTokens), template);
        });
    }

    /// <summary>Encodes a record and counts its prompt.</summary>
    /// <exception cref="EngineException">It lacks the turn its template needs. Exit 4.</exception>
    public void Encode(Utf8Turns turns, long row, TokenSequence into)
    {
        if ((turns.IsPlainText ? _plain : _chat.Value.Encoder).TryEncode(turns, into, countPrompt: true)) return;
        throw EngineException.Input(_records, "TEMPLATE",
            $"row {row} has no {_chat.Value.Template.NeededRole} turn, which the template takes its text from. Remove the record, or use the template \"tulu\" or \"plain\".");
    }
}
