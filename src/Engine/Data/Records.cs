namespace Engine.Data;

/// <summary>Text records in pool order: where each one's bytes are, its id, its source and its conversation.</summary>
/// <remarks>Memory holds positions, not text: about 40 bytes a record. Bytes are read again when they are wanted.</remarks>
public abstract class Records : Value
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.Records;

    /// <summary>Records stand for themselves.</summary>
    protected Records() => Pool = this;

    /// <summary>Records that a program holds: nothing is copied, nothing is on disk.</summary>
    /// <param name="conversations">The records in pool order; they must not change while they are used.</param>
    /// <param name="ids">[records], distinct, or null to number the rows.</param>
    /// <param name="sources">[records], the data set each comes from, or null.</param>
    /// <exception cref="ArgumentException">A list has another length, or an id stands twice.</exception>
    /// <remarks><see cref="Bytes"/> gives the messages layout, or the text layout for a record that is one <see cref="Turn.TextRole"/> turn.</remarks>
    public static Records From(IReadOnlyList<Conversation> conversations, IReadOnlyList<string>? ids = null, IReadOnlyList<string>? sources = null) =>
        new MemoryRecords(conversations, ids, sources);

    /// <summary>How messages call it: the path or pattern as the user wrote it.</summary>
    public abstract string Name { get; }

    /// <summary>The distinct sources in order of first appearance; empty when the input names no source.</summary>
    public abstract IReadOnlyList<string> Sources { get; }

    /// <summary>Index into <see cref="Sources"/> of a row's source, or -1.</summary>
    public abstract int SourceOf(long row);

    /// <summary>The record's id: its id field's text, or its row number.</summary>
    public abstract string Id(long row);

    /// <summary>The row with an id, or -1.</summary>
    /// <param name="id">The id's text, exactly.</param>
    public virtual long RowOf(string id)
    {
        for (long row = 0; row < Rows; row++)
        {
            if (Id(row) == id) return row;
        }

        return -1;
    }

    /// <summary>The record's bytes as they stand in the file, without the line end.</summary>
    public abstract byte[] Bytes(long row);

    /// <summary>The ids of many records, in the order asked for: much faster than one by one where the files are packed.</summary>
    /// <param name="rows">Rows in any order; a row may repeat.</param>
    public virtual IEnumerable<string> Ids(IReadOnlyList<int> rows) => rows.Select(row => Id(row));

    /// <summary>The bytes of many records, in the order asked for: the way to write a selection, however the files are packed.</summary>
    /// <param name="rows">Rows in any order; a row may repeat.</param>
    public virtual IEnumerable<byte[]> Texts(IReadOnlyList<int> rows) => rows.Select(row => Bytes(row));

    /// <summary>The turns of one record.</summary>
    public abstract Conversation Conversation(long row);

    /// <summary>The turns of consecutive records, streamed in order.</summary>
    /// <param name="firstRow">Where to begin.</param>
    /// <param name="count">How many records.</param>
    public abstract IEnumerable<Conversation> Conversations(long firstRow, long count);

    /// <summary>Opens a way to the turns as UTF-8 that reserves nothing for a record: for whoever does not need strings.</summary>
    /// <param name="readAhead">The row behind the last one that will be read in order, or 0 when rows are read here and there.</param>
    internal virtual TurnReader OpenTurns(long readAhead) => new StringTurnReader(this);
}

/// <summary>One record's turns, whatever layout it was stored in.</summary>
/// <param name="Turns">In order; a <c>text</c> record is one turn with role <see cref="Turn.TextRole"/>.</param>
public sealed record Conversation(IReadOnlyList<Turn> Turns);

/// <summary>One turn.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c>, another role as written, or <see cref="TextRole"/>.</param>
/// <param name="Content">The text, unescaped, not trimmed.</param>
public readonly record struct Turn(string Role, string Content)
{
    /// <summary>The role of a plain text without turns.</summary>
    public const string TextRole = "text";
}
