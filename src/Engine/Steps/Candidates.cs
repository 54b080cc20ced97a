using Engine.Data;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>The rows a step may choose from: every row of a pool, or the rows of a selection in their order.</summary>
internal sealed class Candidates
{
    private readonly int[]? _rows;

    private Candidates(int[]? rows, int count, long poolRows, Records? pool) => (_rows, Count, PoolRows, Pool) = (rows, count, poolRows, pool);

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Rows of the pool they belong to.</summary>
    public long PoolRows { get; }

    /// <summary>The records of the pool, or null.</summary>
    public Records? Pool { get; }

    /// <summary>True when every row of the pool is a candidate.</summary>
    public bool AreAllRows => _rows is null;

    /// <summary>The pool's row at a place among the candidates.</summary>
    public int this[int place] => _rows is null ? place : _rows[place];

    /// <summary>The candidates a value stands for.</summary>
    /// <exception cref="EngineException">The value has more rows than can be numbered. Exit 4.</exception>
    public static Candidates Of(Value value) => value is Selection selection
        ? new Candidates(selection.Indices, selection.Indices.Length, selection.PoolRows, selection.Pool)
        : new Candidates(null, CountRows(value), value.Rows, value.Pool);

    /// <summary>A value's rows as an array length, because rows are numbered in 32 bits.</summary>
    /// <exception cref="EngineException">There are more. Exit 4.</exception>
    public static int CountRows(Value value) => value.Rows <= Array.MaxLength
        ? (int)value.Rows
        : throw EngineException.Input(NameOf(value), "ROWS", $"found {value.Rows} rows, expected at most {Array.MaxLength}. Split the pool.");

    private static string? NameOf(Value value) => value switch
    {
        Records records => records.Name,
        Embeddings embeddings => embeddings.Name,
        TokenStates states => states.Name,
        ScoreTable scores => scores.Name,
        _ => null,
    };
}
