using System.Text;
using Engine.Data;
using Engine.Steps;
using Engine.Steps.Templates;
using Engine.Tests.Steps;
using Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

public sealed class RecordEncoderTests : IDisposable
{
    // One token a byte, then <s>, </s> and <|user|>; <s> stands before every text.
    private static readonly Tokenizer Bytes = Tokenizer.Parse(Encoding.UTF8.GetBytes(Json()), "bytes");

    private readonly string _folder = Directory.CreateTempSubdirectory("engine-templates-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AlpacaIsThePublishedPrompt() => Assert.Equal(
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\nHi\n\n### Response:Hello!</s>",
        Rendered(ConversationTemplate.Named(ChatTemplate.Alpaca), EncodingSide.Pool, ("system", "x"), ("user", "Hi "), ("assistant", " Hello!"), ("user", "more")));

    [Theory]
    [InlineData(ChatTemplate.Tulu, "<|system|>\nBe\n<|user|>\n Hi \n", "<|assistant|>\n", " Hello! </s>")]
    [InlineData(ChatTemplate.Plain, "Be\n Hi \n", "", " Hello! ")]
    [InlineData(ChatTemplate.FirstTwo, "<|system|>\nBe\n<|user|>\n Hi \n", "<|assistant|>\n", "")]
    [InlineData(ChatTemplate.LabelOnly, "", "<|assistant|>\n", " Hello! </s>")]
    public void AQueryKeepsItsContentsAndEndsWithACue(ChatTemplate template, string prompt, string cue, string label)
    {
        using Records records = Records.From([ChatTemplateTests.Chat(("system", "Be"), ("user", " Hi "), ("assistant", " Hello! "))]);
        var text = new System.Buffers.ArrayBufferWriter<byte>();
        Assert.True(ConversationTemplate.Named(template).TryRender(records.OpenTurns(0).Read(0), EncodingSide.Query, text, out ResponsePlace response));
        string whole = Encoding.UTF8.GetString(text.WrittenSpan);
        Assert.Equal((prompt, cue, label, label.Length > 0), (whole[..response.CueStart], whole[response.CueStart..response.ResponseStart], whole[response.ResponseStart..], response.HasResponse));
    }

    [Fact]
    public void PoolSideIsOneTextCutAtMaxTokens()
    {
        TokenSequence whole = Encoded(EncodingSide.Pool, 2048, ("user", " Hi"), ("assistant", "Yes "));
        Assert.Equal("<s><|user|>\nHi\n<|assistant|>\nYes</s>", Text(whole.Ids));
        Assert.Equal("<s><|user|>\nHi\n<|assistant|>\n", Text(whole.Ids[..whole.PromptTokens]));
        Assert.True(whole.HasResponse);
        Assert.Equal(4, whole.ResponseTokens);
        Assert.Equal(257, whole.Ids[^1]);

        TokenSequence cut = Encoded(EncodingSide.Pool, 10, ("user", " Hi"), ("assistant", "Yes "));
        Assert.Equal(whole.Ids[..10], cut.Ids);
        Assert.Equal((10, 0, true), (cut.PromptTokens, cut.ResponseTokens, cut.HasResponse));

        TokenSequence asked = Encoded(EncodingSide.Pool, 100, ("assistant", "Yes"), ("user", "Why"));
        Assert.Equal((asked.Ids.Count, false), (asked.PromptTokens, asked.HasResponse));
        TokenSequence text = Encoded(EncodingSide.Pool, 100, (Turn.TextRole, "ab"));
        Assert.Equal(("<s>ab", 1), (Text(text.Ids), text.PromptTokens));
    }

    [Fact]
    public void QuerySideCutsPromptAndResponseApart()
    {
        TokenSequence whole = Encoded(EncodingSide.Query, 2048, ("user", " Hi"), ("assistant", " Yes "));
        Assert.Equal("<s><|user|>\n Hi\n<|assistant|>\n Yes </s>", Text(whole.Ids));
        TokenSequence cut = Encoded(EncodingSide.Query, 4, ("user", " Hi"), ("assistant", " Yes "));
        Assert.Equal(("<s><|user|>\n ", " Yes", 4), (Text(cut.Ids[..cut.PromptTokens]), Text(cut.Ids[cut.PromptTokens..]), cut.PromptTokens));
        TokenSequence asked = Encoded(EncodingSide.Query, 2048, ("user", "Hi"));
        Assert.Equal(("<s><|user|>\nHi\n<|assistant|>\n", false, 0), (Text(asked.Ids), asked.HasResponse, asked.ResponseTokens));
    }

    [Fact]
    public void AResponseAloneKeepsItsCue()
    {
        using Records records = Records.From([ChatTemplateTests.Chat(("user", "Hi"), ("assistant", "Yes")), ChatTemplateTests.Chat(("user", "Hi"))]);
        var encoder = new RecordEncoder(Bytes, ConversationTemplate.Named(ChatTemplate.Tulu), 2048);
        var tokens = new TokenSequence();
        Assert.True(encoder.TryEncodeResponse(records.OpenTurns(0).Read(0), tokens));
        Assert.Equal(("<s><|assistant|>\n", "Yes</s>"), (Text(tokens.Ids[..tokens.PromptTokens]), Text(tokens.Ids[tokens.PromptTokens..])));
        Assert.False(encoder.TryEncodeResponse(records.OpenTurns(1).Read(1), tokens));
        Assert.Empty(tokens.Ids);
        Assert.False(new RecordEncoder(Bytes, ConversationTemplate.Named(ChatTemplate.LabelOnly), 2048).TryEncode(records.OpenTurns(1).Read(1), tokens));
        Assert.Equal("RANGE", Assert.Throws<EngineException>(() => new RecordEncoder(Bytes, ConversationTemplate.Named(ChatTemplate.Tulu), 1)).Errors[0].Code);
    }

    [Fact]
    public void TheModelsOwnTemplateWritesItsSpecialTokens()
    {
        File.Copy(Path.Combine(GoldenTexts.Folder, "templates", "chatml.jinja"), Path.Combine(_folder, "chat_template.jinja"));
        FileTemplate template = FileTemplate.Open(_folder, "model");
        using Records records = Records.From([ChatTemplateTests.Chat(("user", " Hi"), ("assistant", "Yes"))]);
        var tokens = new TokenSequence();
        var encoder = new RecordEncoder(Bytes, template, 2048);
        Assert.True(encoder.TryEncode(records.OpenTurns(0).Read(0), tokens, countPrompt: true));
        Assert.Equal(("<|im_start|>user\n Hi<|im_end|>\n<|im_start|>assistant\n", "Yes<|im_end|>\n"), (Text(tokens.Ids[..tokens.PromptTokens]), Text(tokens.Ids[tokens.PromptTokens..])));
        Assert.True(encoder.TryEncodeResponse(records.OpenTurns(0).Read(0), tokens));
        Assert.Equal("<|im_start|>assistant\nYes<|im_end|>\n", Text(tokens.Ids));

        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), """{"bos_token": {"content": "<s>"}, "eos_token": "</s>", "chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"}""");
        Assert.Equal("<s> Hi</s>", Rendered(FileTemplate.Open(Path.Combine(_folder, "tokenizer_config.json"), "c"), EncodingSide.Pool, ("user", " Hi")));
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), """{"chat_template": [{"name": "default"}]}""");
        Assert.Equal("TEMPLATE", Assert.Throws<EngineException>(() => FileTemplate.Open(Path.Combine(_folder, "tokenizer_config.json"), "c")).Errors[0].Code);
    }

    [Fact]
    public void TheEndMarkIsTheModels()
    {
        string path = Path.Combine(_folder, "tokenizer.json"), configuration = Path.Combine(_folder, "tokenizer_config.json");
        File.WriteAllText(path, Json());
        Tokenizer tokenizer = Tokenizer.Open(_folder);
        Assert.Equal(path, tokenizer.Path);
        Assert.Equal("</s>", EndMark.Of(tokenizer));
        File.WriteAllText(configuration, """{"eos_token": {"content": "<|user|>"}}""");
        Assert.Equal("<|user|>", EndMark.Of(tokenizer));
        Assert.Equal("<s>", EndMark.Of(tokenizer, "<s>"));
        Assert.Equal("END_MARK", Assert.Throws<EngineException>(() => EndMark.Of(tokenizer, "<end>")).Errors[0].Code);
        File.WriteAllText(configuration, """{"eos_token": 7}""");
        Assert.Equal("TYPE", Assert.Throws<EngineException>(() => EndMark.Of(tokenizer)).Errors[0].Code);
        File.WriteAllText(configuration, "{");
        Assert.Equal("JSON", Assert.Throws<EngineException>(() => EndMark.Of(tokenizer)).Errors[0].Code);
    }

    private static TokenSequence Encoded(EncodingSide side, int maxTokens, params (string Role, string Content)[] turns)
    {
        using Records records = Records.From([ChatTemplateTests.Chat(turns)]);
        var tokens = new TokenSequence();
        Assert.True(new RecordEncoder(Bytes, ConversationTemplate.Named(ChatTemplate.Tulu), maxTokens, side).TryEncode(records.OpenTurns(0).Read(0), tokens, countPrompt: true));
        return tokens;
    }

    private static string Rendered(ConversationTemplate template, EncodingSide side, params (string Role, string Content)[] turns)
    {
        using Records records = Records.From([ChatTemplateTests.Chat(turns)]);
        var text = new System.Buffers.ArrayBufferWriter<byte>();
        Assert.True(template.TryRender(records.OpenTurns(0).Read(0), side, text, out _));
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static string Text(List<int> ids) => string.Concat(ids.Select(id => id switch { 256 => "<s>", 257 => "</s>", 258 => "<|user|>", _ => ((char)Value(id)).ToString() }));

    // Printable ASCII stands first in the alphabet, and what is no printable Latin-1 from 188 on, controls and the space before all.
    private static int Value(int id) => id < 94 ? id + '!' : id - 188;

    private static string Json() => $$$"""
        {"version": "1.0", "added_tokens": [
          {"id": 256, "content": "<s>", "special": true}, {"id": 257, "content": "</s>", "special": true}, {"id": 258, "content": "<|user|>", "special": true}],
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false},
         "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {"<s>": {"id": "<s>", "ids": [256], "tokens": ["<s>"]} } },
         "model": {"type": "BPE", "merges": [], "vocab": {{{System.Text.Json.JsonSerializer.Serialize(GoldenModels.Alphabet().Select((letter, id) => (letter, id)).ToDictionary(pair => pair.letter, pair => pair.id))}}} }}
        """;
}
