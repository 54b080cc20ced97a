using System.Globalization;
using Engine.Data;
using Engine.Kernels;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

public sealed class EmbedTests
{
    [Fact]
    public void AVectorDependsOnItsRecordAlone()
    {
        string[] texts = [.. Enumerable.Range(0, 500).Select(i => $"record {i}: {new string((char)('a' + i % 26), i % 7)} Some words, {i * 31 % 17} of them")];
        float[] pool = Vectors(Embedded(texts));
        foreach (int row in (int[])[0, 1, 250, 499])
            Assert.Equal(Vectors(Embedded(texts[row])), pool[(row * 64)..(row * 64 + 64)]);
    }

    [Fact]
    public void ThreadsAndBatchesDoNotMatter()
    {
        // 65536 elements make batches of 128 records.
        string[] texts = [.. Enumerable.Range(0, 300).Select(i => $"text number {i} of {i % 13}")];
        float[] one = Vectors(Embedded(new HashingModel(65536), 1, texts)), three = Vectors(Embedded(new HashingModel(65536), 3, texts));
        Assert.True(one.AsSpan().SequenceEqual(three));
        Assert.True(one.AsSpan(200 << 16, 1 << 16).SequenceEqual(Vectors(Embedded(new HashingModel(65536), 1, texts[200]))));
    }

    [Fact]
    public void PlanTextChoosesTheModel()
    {
        MemoryRecords records = MemoryRecords.OfTexts("one two", "three");
        var vectors = (Embeddings)Bind("embed", """{ "in": "r", "model": { "hashing": { "dim": 32 } }, "pooling": "mean" }""", ("r", records)).Run(NewRun("vec"));
        Assert.Equal((2, 32, "vec"), (vectors.Rows, vectors.Dim, vectors.Name));
        Assert.Same(records, vectors.Pool);
        Assert.Equal(Vectors(Run(new Embed { In = records, Model = new HashingModel(32) })), Vectors(vectors));
        Assert.Equal(HashingModel.DefaultDim, ((Embeddings)Bind("embed", """{ "in": "r", "model": { "hashing": {} } }""", ("r", records)).Run(NewRun())).Dim);
        var raw = (Embeddings)Bind("embed", """{ "in": "r", "model": { "hashing": { "dim": 65536 } }, "normalize": false }""", ("r", records)).Run(NewRun());
        Assert.All(Vectors(raw), v => Assert.True(v is 0 or 1 or -1));
    }

    [Theory]
    [InlineData("""{ "in": "r", "model": { "hashing": { "dim": 15 } } }""", "RANGE")]
    [InlineData("""{ "in": "r", "model": { "hashing": { "dim": 65537 } } }""", "RANGE")]
    [InlineData("""{ "in": "r", "model": { "hash": {} } }""", "UNKNOWN_KEY")]
    [InlineData("""{ "in": "r" }""", "MISSING_KEY")]
    [InlineData("""{ "in": "r", "model": { "hashing": {} }, "template": "chatml" }""", "VALUE")]
    public void PlanErrorsAreFound(string plan, string code) => Assert.Contains(ReadErrors("embed", plan), e => e.Code == code);

    [Fact]
    public void EqualTextsInAnyUnicodeFormAreEqual()
    {
        Assert.Equal(Vectors(Embedded("caf\u00e9 \u1e69 \uac00")), Vectors(Embedded("cafe\u0301 s\u0323\u0307 \u1100\u1161")));
        Assert.Equal(Vectors(Embedded("a \uFFFD b\uFFFD")), Vectors(Embedded("a \uD800 b\uDC00")));
        Assert.Equal(Vectors(Embedded("\u00e9 \uFFFD")), Vectors(Embedded("e\u0301 \uFFFE")));
    }

    [Fact]
    public void TheLocaleDoesNotMatter()
    {
        float[] expected = Vectors(Embedded("TITLE Iıİi istanbul"));
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("tr-TR");
            Assert.Equal(expected, Vectors(Embedded("TITLE Iıİi istanbul")));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void TurnsAreEncodedByTheTemplate()
    {
        var chat = new MemoryRecords([ChatTemplateTests.Chat(("system", " Be brief. "), ("user", "Hi "), ("assistant", " Hello! "))]);
        foreach ((ChatTemplate template, string text) in ((ChatTemplate, string)[])[
            (ChatTemplate.Tulu, "<|system|>\nBe brief.\n<|user|>\nHi\n<|assistant|>\nHello!</s>"),
            (ChatTemplate.Plain, "Be brief. Hi Hello!"),
            (ChatTemplate.LabelOnly, "<|assistant|>\nHello!</s>")])
        {
            Assert.Equal(Vectors(Embedded(text)), Vectors(Run(new Embed { In = chat, Model = new HashingModel(64), Template = template })));
        }
    }

    [Fact]
    public void ARecordWithoutTheTurnTheTemplateNeedsIsNamed()
    {
        var chats = new MemoryRecords([.. Enumerable.Range(0, 50).Select(i => ChatTemplateTests.Chat(("user", "q"), (i < 31 ? "assistant" : "user", "a")))]);
        Refused(new Embed { In = chats, Model = new HashingModel(16), Template = ChatTemplate.LabelOnly }, ExitCode.Input, "TEMPLATE", "row 31 ", "assistant", "tulu");
    }

    [Fact]
    public void ARuntimeThatCannotNormaliseIsRefused()
    {
        var refused = Assert.Throws<EngineException>(() => UnicodeText.RequireNormalization("e\u0301"));
        Assert.Equal(ExitCode.Native, refused.Exit);
        Assert.Contains("libicu", refused.Message, StringComparison.Ordinal);
        UnicodeText.RequireNormalization();
    }

    [Fact]
    public void CancellationStopsIt()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        StepRun run = NewRun(cancel: stop.Token);
        Assert.ThrowsAny<OperationCanceledException>(() => new Embed { In = MemoryRecords.OfTexts("x"), Model = new HashingModel(16) }.Run(run));
    }

    [Fact]
    public void AFailingReaderIsReportedAsItself()
    {
        var failing = new FailingRecords(after: 9000);
        var refused = Assert.Throws<EngineException>(() => new Embed { In = failing, Model = new HashingModel(16) }.Run(new StepRun("e", 0, KernelSets.Best(2), Pass.Unwatched, new MemoryMatrixStore())));
        Assert.Equal("BROKEN", refused.Errors[0].Code);
    }

    private static float[] Vectors(Embeddings embeddings) => PoolStatesTests.Values(embeddings);

    private static Embeddings Embedded(params string[] texts) => Embedded(new HashingModel(64), 2, texts);

    private static Embeddings Embedded(HashingModel model, int threads, params string[] texts) =>
        new Embed { In = MemoryRecords.OfTexts(texts), Model = model }.Run(new StepRun("vec", 0, KernelSets.Best(threads), Pass.Unwatched, new MemoryMatrixStore()));

    /// <summary>Records whose reading fails in the middle.</summary>
    private sealed class FailingRecords(int after) : Records
    {
        public override string Name => "broken.jsonl";

        public override long Rows => 2 * after;

        public override IReadOnlyList<string> Sources => [];

        public override int SourceOf(long row) => -1;

        public override string Id(long row) => "";

        public override byte[] Bytes(long row) => [];

        public override Conversation Conversation(long row) => row < after ? ChatTemplateTests.Chat(("user", "x")) : throw EngineException.Input(Name, "BROKEN", "the file ends early.");

        public override IEnumerable<Conversation> Conversations(long firstRow, long count) => Enumerable.Range((int)firstRow, (int)count).Select(row => Conversation(row));
    }
}
