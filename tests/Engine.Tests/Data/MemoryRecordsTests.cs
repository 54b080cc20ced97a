using System.Text;
using Engine.Data;
using Engine.Selections;
using Engine.Steps;

namespace Engine.Tests.Data;

/// <summary>Records that a program holds, through the whole way from text to selection.</summary>
public sealed class MemoryRecordsTests
{
    private static readonly Conversation[] Pool =
    [
        new([new Turn("user", "How do I read a file?"), new Turn("assistant", "Open it and read.")]),
        new([new Turn(Turn.TextRole, "A file is read from disk.")]),
        new([new Turn("user", "Who wrote \"Faust\"?"), new Turn("assistant", "Göthe.")]),
    ];

    [Fact]
    public async Task TextInMemoryBecomesASelection()
    {
        using Records records = Records.From(Pool, ["a", "b", "c"], ["x", "y", "x"]);
        using var engine = new SelectionEngine();
        using Embeddings vectors = await engine.RunAsync(new Embed { In = records, Model = new HashingModel(256) });
        using Records question = Records.From([new Conversation([new Turn("user", "read a file from disk")])]);
        using Embeddings query = await engine.RunAsync(new Embed { In = question, Model = new HashingModel(256) });
        Selection picked = await engine.RunAsync(new Rds { In = vectors, Queries = [new QueryTask("t", query)], Budget = 2 });
        Assert.Equal([0, 1], picked.Indices.Order());
        Assert.Equal("x", picked.Pool!.Sources[picked.Pool.SourceOf(0)]);
        Assert.Equal("b", picked.Pool.Id(1));
    }

    [Fact]
    public void BytesAreTheLayoutOfTheRecord()
    {
        using Records records = Records.From(Pool);
        Assert.Equal("""{"text":"A file is read from disk."}""", Encoding.UTF8.GetString(records.Bytes(1)));
        Assert.Equal("""{"messages":[{"role":"user","content":"Who wrote \"Faust\"?"},{"role":"assistant","content":"Göthe."}]}""", Encoding.UTF8.GetString(records.Bytes(2)));
        Assert.Equal("2", records.Id(2));
        Assert.Equal(-1, records.SourceOf(2));
        Assert.Equal(Pool[1..], records.Conversations(1, 2));
    }

    [Fact]
    public void ListsOfAnotherLengthAreRefused()
    {
        Assert.Throws<ArgumentException>(() => Records.From(Pool, ids: ["a"]));
        Assert.Throws<ArgumentException>(() => Records.From(Pool, sources: ["a"]));
        Assert.Throws<ArgumentException>(() => Records.From(Pool, ids: ["a", "b", "a"]));
    }
}
