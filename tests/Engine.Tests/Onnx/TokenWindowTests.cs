using Engine.Steps.Onnx;

namespace Engine.Tests.Onnx;

/// <summary>How records are padded and put together.</summary>
public sealed class TokenWindowTests
{
    [Fact]
    public void A_padded_length_is_the_records_alone_and_wastes_little()
    {
        for (int tokens = 1; tokens <= 4096; tokens++)
        {
            int padded = PaddedLength.Of(tokens, most: int.MaxValue);
            Assert.InRange(padded, Math.Max(tokens, PaddedLength.Least), Math.Max(PaddedLength.Least, tokens + Math.Max(7, tokens / 8)));
            Assert.Equal(padded, PaddedLength.Of(padded, int.MaxValue));
            Assert.True(padded >= PaddedLength.Of(Math.Max(1, tokens - 1), int.MaxValue));
            Assert.Equal(Math.Max(tokens, Math.Min(padded, 500)), PaddedLength.Of(tokens, most: 500));
        }

        Assert.Equal([8, 8, 16, 128, 144, 256, 288, 512], ((int[])[1, 8, 9, 128, 129, 256, 257, 512]).Select(tokens => PaddedLength.Of(tokens, int.MaxValue)));
    }

    [Fact]
    public void Batches_have_one_length_and_every_record_once()
    {
        var shape = new BatchShape(BatchTokens: 200, MaxTokens: 512, Padded: true, Dim: 16);
        var window = new TokenWindow(100, shape);
        while (!window.IsFull) window.Add(Enumerable.Range(0, 1 + window.Count * 31 % 300).ToArray());
        IReadOnlyList<TokenBatch> batches = window.Batches();
        Assert.Equal(Enumerable.Range(0, window.Count), batches.SelectMany(batch => batch.Records).Order());
        foreach (TokenBatch batch in batches)
        {
            Assert.All(batch.Records, record => Assert.Equal(batch.Length, shape.LengthOf(window.Ids(record).Length)));
            Assert.True(batch.Records.Length == 1 || batch.Tokens <= 200);
            Assert.Equal(batch.Records.Order(), batch.Records);
        }

        Assert.Equal(batches.Select(batch => batch.Tokens).OrderDescending(), batches.Select(batch => batch.Tokens));
        Assert.InRange(window.PaddedTokens, shape.WindowTokens, shape.WindowTokens + 320);
    }

    [Fact]
    public void Short_records_that_may_not_be_padded_run_alone()
    {
        var shape = new BatchShape(BatchTokens: 64, MaxTokens: 512, Padded: false, Dim: 16);
        var window = new TokenWindow(0, shape);
        foreach (int tokens in (int[])[7, 9, 7, 9]) window.Add(new int[tokens]);
        Assert.Equal([(9, 2), (7, 1), (7, 1)], window.Batches().Select(batch => (batch.Length, batch.Records.Length)));
    }
}
