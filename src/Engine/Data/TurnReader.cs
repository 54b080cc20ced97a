namespace Engine.Data;

/// <summary>Reads records' turns as UTF-8, one record after the other into the same memory.</summary>
/// <remarks>Not safe for several threads; several readers of the same records are.</remarks>
internal abstract class TurnReader
{
    /// <summary>The turns of one record.</summary>
    /// <param name="row">The record; rows in order are read fastest.</param>
    /// <returns>Valid until the next one is read.</returns>
    /// <exception cref="EngineException">The record is no longer what it was when it was checked: exit 5. It cannot be read: exit 7.</exception>
    public abstract Utf8Turns Read(long row);
}

/// <summary>The turns of records that are strings.</summary>
/// <param name="records">The records.</param>
internal sealed class StringTurnReader(Records records) : TurnReader
{
    private readonly Utf8Turns _turns = new();

    /// <inheritdoc/>
    public override Utf8Turns Read(long row)
    {
        _turns.Begin([], 0, 0);
        foreach (Turn turn in records.Conversation(row).Turns) _turns.Add(_turns.Take(turn.Role), _turns.Take(turn.Content));
        return _turns;
    }
}
