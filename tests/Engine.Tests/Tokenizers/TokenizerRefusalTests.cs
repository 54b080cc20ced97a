using System.Text;
using Engine.Tests.Hostile;
using Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>What a file may not hold is refused by name and place.</summary>
public sealed class TokenizerRefusalTests
{
    private const string Model = """{"type": "WordLevel", "unk_token": "u", "vocab": {"u": 0, "a": 1}}""";

    [Theory]
    [InlineData("", "JSON", "")]
    [InlineData("[1", "JSON", "")]
    [InlineData("[]", "TYPE", "the whole file")]
    [InlineData("""{"model": null}""", "TYPE", "model")]
    [InlineData("""{"model": {}}""", "TYPE", "model.type")]
    [InlineData("""{"model": {"type": "Neural"}}""", "UNSUPPORTED", "model.type: found the model \"Neural\"")]
    [InlineData("""{"version": "2.0"}""", "UNSUPPORTED", "version")]
    [InlineData("""{"surprise": 1}""", "UNSUPPORTED", "surprise")]
    [InlineData("""{"model": {"type": "WordLevel", "unk_token": "x", "vocab": {"u": 0}}}""", "UNKNOWN_TOKEN", "model.unk_token")]
    [InlineData("""{"model": {"type": "WordLevel", "unk_token": "u", "vocab": ["u"]}}""", "TYPE", "model.vocab")]
    [InlineData("""{"model": {"type": "WordLevel", "unk_token": "u", "vocab": {"u": -1}}}""", "TYPE", "\"u\" has -1")]
    [InlineData("""{"model": {"type": "WordLevel", "unk_token": "u", "vocab": {"u": 1e99}}}""", "TYPE", "1e99")]
    [InlineData("""{"model": {"type": "WordLevel", "unk_token": "u", "vocab": {"u": 2147483647}}}""", "TYPE", "2147483647")]
    [InlineData("""{"model": {"type": "WordLevel", "unk_token": "u", "vocab": {"u": 0, "a": 0}}}""", "DUPLICATE", "both have id 0")]
    [InlineData("""{"model": {"type": "WordLevel", "unk_token": "u", "vocab": {"u": 0, "u": 1}}}""", "DUPLICATE", "twice")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}""", "MERGE", "model.merges[0]")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]}}""", "MERGE", "model.merges[0]")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}}""", "MERGE", "model.merges[0]")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0, "aa": 1}, "merges": ["a a", 7]}}""", "MERGE", "model.merges[1]")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}}""", "UNSUPPORTED", "model.dropout")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "new_key": 1}}""", "UNSUPPORTED", "new_key")]
    [InlineData("""{"model": {"type": "Unigram", "unk_id": 5, "vocab": [["a", 0]]}}""", "RANGE", "model.unk_id")]
    [InlineData("""{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", "0"]]}}""", "TYPE", "model.vocab[0][1]")]
    [InlineData("""{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 0], ["a", 1]]}}""", "DUPLICATE", "model.vocab[1]")]
    public void AFileThatIsWrongIsRefused(string json, string code, string place) => Refused(json, code, place);

    [Theory]
    [InlineData("normalizer", """{"type": "ByteLevel"}""", "UNSUPPORTED", "normalizer.type: found the normalizer \"ByteLevel\"")]
    [InlineData("normalizer", """{"type": "NFC", "level": 3}""", "UNSUPPORTED", "level")]
    [InlineData("normalizer", """{"type": "Sequence", "normalizers": [{"type": "NFC"}, null]}""", "TYPE", "normalizer.normalizers[1]")]
    [InlineData("normalizer", """{"type": "Strip", "strip_left": 1}""", "TYPE", "normalizer.strip_left")]
    [InlineData("normalizer", """{"type": "Replace", "pattern": {}, "content": ""}""", "TYPE", "normalizer.pattern")]
    [InlineData("normalizer", """{"type": "Replace", "pattern": {"Regex": "(a)"}, "content": "$1"}""", "UNSUPPORTED", "normalizer.content")]
    [InlineData("normalizer", """{"type": "Precompiled", "precompiled_charsmap": "?"}""", "BASE64", "normalizer.precompiled_charsmap")]
    [InlineData("normalizer", """{"type": "Precompiled", "precompiled_charsmap": "//8="}""", "TRUNCATED", "normalizer.precompiled_charsmap")]
    [InlineData("pre_tokenizer", """{"type": "UnicodeScripts"}""", "UNSUPPORTED", "UnicodeScripts")]
    [InlineData("pre_tokenizer", """{"type": "Split", "pattern": {"String": "a"}, "behavior": "Sideways", "invert": false}""", "UNSUPPORTED", "Sideways")]
    [InlineData("pre_tokenizer", """{"type": "Metaspace", "replacement": "__"}""", "TYPE", "pre_tokenizer.replacement")]
    [InlineData("pre_tokenizer", """{"type": "Metaspace", "replacement": "_", "prepend_scheme": "last"}""", "UNSUPPORTED", "last")]
    [InlineData("pre_tokenizer", """{"type": "Metaspace", "replacement": "_", "prepend_scheme": "first", "add_prefix_space": false}""", "CONFLICT", "pre_tokenizer")]
    [InlineData("post_processor", """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x"}}], "special_tokens": {}}""", "UNKNOWN_TOKEN", "post_processor.single[0]")]
    [InlineData("post_processor", """{"type": "TemplateProcessing", "single": [{"Sequence": {"id": "B"}}], "special_tokens": {}}""", "UNSUPPORTED", "post_processor.single[0]")]
    [InlineData("post_processor", """{"type": "BertProcessing", "sep": ["x", 9], "cls": ["a", 1]}""", "RANGE", "token id 9")]
    [InlineData("added_tokens", """[{"id": 7, "content": "x"}]""", "ID", "expected 2")]
    [InlineData("added_tokens", """[{"id": 2, "content": "a"}]""", "ID", "expected 1")]
    [InlineData("added_tokens", """[{"id": 2, "content": "x"}, {"id": 2, "content": "x"}]""", "DUPLICATE", "added_tokens[1].content")]
    [InlineData("added_tokens", """[{"id": 2, "content": "\ud800"}]""", "TYPE", "surrogate")]
    public void AComponentThatIsWrongIsRefused(string part, string json, string code, string place) => Refused($$"""{"{{part}}": {{json}}, "model": {{Model}}}""", code, place);

    [Theory]
    [InlineData("(", "does not end")]
    [InlineData(")", "closing")]
    [InlineData("a**", "repetition")]
    [InlineData("*a", "repetition")]
    [InlineData("^*", "no length")]
    [InlineData("[a", "does not end")]
    [InlineData("[a[b]]", "class within")]
    [InlineData("[a&&b]", "intersection")]
    [InlineData("[b-a]", "empty")]
    [InlineData("\\p{Han}", "Han")]
    [InlineData("\\p{", "name in braces")]
    [InlineData("\\h", "\\h")]
    [InlineData("(a)\\1", "\\1")]
    [InlineData("(?<name>a)", "group")]
    [InlineData("(?m:a)", "group")]
    [InlineData("(?i:\u00e9)", "ASCII")]
    [InlineData("\\x{1F600}", "above U+FFFF")]
    [InlineData("\ud83d\ude00", "above U+FFFF")]
    [InlineData("[\ud83d\ude00]", "above U+FFFF")]
    [InlineData("a{2}?", "{n}?")]
    [InlineData("\\", "backslash")]
    [InlineData("[^\\W]", "negated")]
    public void AnExpressionThatIsNotKnownIsRefused(string expression, string named) => Refused(Split(expression), "UNSUPPORTED", named);

    [Fact]
    public void DepthIsLimited()
    {
        Refused($$"""{"normalizer": {{string.Concat(Enumerable.Repeat("""{"type": "Sequence", "normalizers": [""", 5_000))}}""", "JSON", "64 levels");
        Refused(Split(new string('(', 5_000) + new string(')', 5_000)), "UNSUPPORTED", "64 deep");
    }

    [Fact]
    public void AnEndlessExpressionIsStopped()
    {
        using var expression = System.Text.Json.JsonDocument.Parse("\"(?:a|aa)+b\"");
        RegexPattern pattern = RegexPattern.Read(new TokenizerJson(expression.RootElement, "pattern", "t"), TimeSpan.FromSeconds(0.1));
        List<(int Start, int Length)> matches = [];
        pattern.Find("aaaab"u8, matches);
        Assert.Equal([(0, 5)], matches);
        Assert.Equal((ExitCode.Input, "REGEX"), Error(() => pattern.Find(Encoding.UTF8.GetBytes(new string('a', 100)), matches)));
    }

    [Fact]
    public void AMissingFileIsNamed()
    {
        Assert.Equal((ExitCode.Input, "MISSING"), Error(() => Tokenizer.Open("/nowhere/tokenizer.json")));
        string folder = Directory.CreateTempSubdirectory("engine-tokenizer-").FullName;
        Assert.Equal((ExitCode.Input, "MISSING"), Error(() => Tokenizer.Open(folder)));
        Directory.Delete(folder);
    }

    [Fact]
    public void FuzzedFilesAreReadOrRefused()
    {
        byte[][] corpus = [.. ((string[])["Bert", "NFKC", "Metaspace first", "added tokens", "processors in a row", "prefix and suffix", "WordPiece", "Unigram", "Split at letters, inverted and contiguous"]).Select(GoldenModels.Component)];
        byte[][] words = [.. "type,model,vocab,merges,BPE,Unigram,Regex,String,\\p{L},(?i:,{1,3},\\u0120,null,true,-1,1e9,[,],{,},added_tokens,normalizer,Sequence,special,content,id".Split(',').Select(Encoding.UTF8.GetBytes)];
        Fuzzer.Run(corpus, words, () => new MemoryReader((bytes, _) =>
        {
            Tokenizer tokenizer = Tokenizer.Parse(bytes, "tokenizer.json");
            List<int> ids = [];
            tokenizer.Encode("What does the <s> \u00e9\ud83d\ude00  do?\n12"u8, addSpecialTokens: true, ids);
            Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
        }), [ExitCode.Input], share: 40);
    }

    private static (ExitCode, string) Error(Action open)
    {
        EngineError error = Assert.Throws<EngineException>(open).Errors[0];
        return (error.Exit, error.Code);
    }

    private static string Split(string expression) =>
        $$"""{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": {{System.Text.Json.JsonSerializer.Serialize(expression)}}}, "behavior": "Isolated", "invert": false}, "model": {{Model}}}""";

    private static void Refused(string json, string code, string place)
    {
        EngineError error = Assert.Single(Assert.Throws<EngineException>(() => Tokenizer.Parse(Encoding.UTF8.GetBytes(json), "tokenizer.json")).Errors);
        Assert.Equal((ExitCode.Input, code, "tokenizer.json"), (error.Exit, error.Code, error.File));
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
    }
}
