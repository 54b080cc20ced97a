using System.Runtime.InteropServices;
using Engine.Data;
using Engine.Steps.Templates;
using Engine.Tokenizers;

namespace Engine.Steps.Onnx;

/// <summary>The tokens of a step's records, by its template and its model's tokenizer.</summary>
internal sealed class TemplateTokens : RecordTokens
{
    private readonly Records _records;
    private readonly TurnReader _turns;
    private readonly RecordEncoder _plain;
    private readonly Lazy<(RecordEncoder Encoder, ConversationTemplate Template)> _chat;
    private readonly TokenSequence _tokens = new();
    private long _row = -1;

    /// <param name="step">The step.</param>
    /// <param name="model">Its model.</param>
    /// <param name="files">The model's files.</param>
    /// <exception cref="EngineException">The tokenizer cannot be read or used: exit 3, 4, 7 or 9.</exception>
    public TemplateTokens(Embed step, OnnxModel model, OnnxFiles files)
    {
        _records = step.In;
        _turns = step.In.OpenTurns(step.In.Rows);
        Tokenizer tokenizer = Tokenizer.Open(files.Tokenizer.Path, files.Tokenizer.Name);
        _plain = new RecordEncoder(tokenizer, ConversationTemplate.Named(ChatTemplate.Plain), model.MaxTokens, model.Side);

        // Plain texts need no end mark, and not every tokenizer has one.
        _chat = new(() =>
        {
            if (files.Template is { } file)
            {
                ConversationTemplate own = FileTemplate.Open(file.Path, file.Name);
                return (new RecordEncoder(tokenizer, own, model.MaxTokens, model.Side), own);
            }

            ChatTemplate chosen = model.Template ?? step.Template;
            ConversationTemplate template = ConversationTemplate.Named(chosen, chosen == ChatTemplate.Plain ? "" : EndMark.Of(tokenizer, model.Eos));
            return (new RecordEncoder(tokenizer, template, model.MaxTokens, model.Side), template);
        });
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<int> Read(long row)
    {
        // Going back costs a reader of packed files all it has unpacked.
        if (row == _row) return CollectionsMarshal.AsSpan(_tokens.Ids);
        _row = -1;
        Utf8Turns turns = _turns.Read(row);
        RecordEncoder encoder = turns.IsPlainText ? _plain : _chat.Value.Encoder;
        if (!encoder.TryEncode(turns, _tokens))
        {
            throw EngineException.Input(_records.Name, "TEMPLATE",
                $"row {row} has no {_chat.Value.Template.NeededRole} turn, which the template takes its text from. Remove the record, or use the template \"tulu\" or \"plain\".");
        }

        if (_tokens.Ids.Count > 0)
        {
            _row = row;
            return CollectionsMarshal.AsSpan(_tokens.Ids);
        }

        throw EngineException.Input(_records.Name, "EMPTY",
            $"row {row} has no token: its text is empty and the tokenizer adds none. Remove the record, or use a template that writes role tags.");
    }
}
