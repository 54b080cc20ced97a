namespace Engine.Steps.Onnx;

/// <summary>Records that run together: all of one padded length.</summary>
/// <param name="Length">The padded length.</param>
/// <param name="Records">Their places in the window, in row order.</param>
internal sealed record TokenBatch(int Length, int[] Records)
{
    /// <summary>Tokens with padding.</summary>
    public long Tokens => (long)Length * Records.Length;
}

/// <summary>The tokens of consecutive records, and the batches they make. Which records share a window depends on the records alone, never on threads or on where a run was resumed.</summary>
/// <param name="firstRow">The first record.</param>
/// <param name="shape">How batches are made.</param>
internal sealed class TokenWindow(long firstRow, BatchShape shape)
{
    private readonly List<int> _ids = [];
    private readonly List<int> _starts = [0];
    private readonly List<int> _lengths = [];
    private long _padded;

    /// <summary>The first record.</summary>
    public long FirstRow => firstRow;

    /// <summary>Records in it.</summary>
    public int Count => _lengths.Count;

    /// <summary>Tokens of the records, without padding.</summary>
    public int Tokens => _ids.Count;

    /// <summary>Tokens with padding.</summary>
    public long PaddedTokens => _padded;

    /// <summary>Whether no further record goes in.</summary>
    public bool IsFull => Count >= shape.WindowRecords || _padded >= shape.WindowTokens;

    /// <summary>Appends the next record.</summary>
    /// <param name="ids">Its tokens, at least one.</param>
    public void Add(ReadOnlySpan<int> ids)
    {
        int length = shape.LengthOf(ids.Length);
        _ids.AddRange(ids);
        _starts.Add(_ids.Count);
        _lengths.Add(length);
        _padded += length;
    }

    /// <summary>A record's tokens.</summary>
    /// <param name="record">Its place in the window.</param>
    public ReadOnlySpan<int> Ids(int record) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ids)[_starts[record].._starts[record + 1]];

    /// <summary>The batches, those with most tokens first: what is left at the end is little.</summary>
    public IReadOnlyList<TokenBatch> Batches()
    {
        List<TokenBatch> batches = [];
        foreach (IGrouping<int, int> same in Enumerable.Range(0, Count).GroupBy(record => _lengths[record]).OrderByDescending(group => group.Key))
            batches.AddRange(same.Chunk(shape.RecordsOf(same.Key)).Select(records => new TokenBatch(same.Key, records)));
        return [.. batches.OrderByDescending(batch => batch.Tokens)];
    }
}

/// <summary>How batches are made.</summary>
/// <param name="BatchTokens">Tokens of a batch with padding, about; a longer record is a batch of its own.</param>
/// <param name="MaxTokens">Tokens a record has at most; twice as many where prompt and answer are cut apart.</param>
/// <param name="Padded">Whether records are padded; otherwise a batch has records of one length only.</param>
/// <param name="Dim">Elements of a state.</param>
internal sealed record BatchShape(int BatchTokens, int MaxTokens, bool Padded, int Dim)
{
    private const int BatchesOfWindow = 32;
    private const long WindowValues = 8 << 20;

    /// <summary>Tokens with padding after which a window is full.</summary>
    public long WindowTokens => (long)BatchesOfWindow * BatchTokens;

    /// <summary>Records after which a window is full, so that their vectors stay below 32 MiB.</summary>
    public int WindowRecords => (int)Math.Clamp(WindowValues / Dim, 64, 8192);

    /// <summary>
    /// Memory of one batch while a model works on it, about: 16 values of every element of a state (the inner layer is four times as wide, and some values live side by
    /// side), and two of every pair of tokens of a record for each of dim / 64 heads.
    /// </summary>
    public long BatchBytes
    {
        get
        {
            long length = LengthOf(MaxTokens), tokens = Math.Max(length, BatchTokens);
            return checked(4 * tokens * (16L * Dim + 2 * length * Math.Max(1, Dim / 64)));
        }
    }

    /// <summary>The length a record is run at.</summary>
    public int LengthOf(int tokens) => Padded ? PaddedLength.Of(tokens, tokens <= MaxTokens ? MaxTokens : checked(2 * MaxTokens)) : tokens;

    /// <summary>Records of a batch of some length. Short ones that nothing may be added to run alone: a product with one row may be computed by other code.</summary>
    public int RecordsOf(int length) => length < PaddedLength.Least ? 1 : Math.Max(1, BatchTokens / length);
}
