using Engine.Data;
using Engine.Plans;

namespace Engine.Steps;

/// <summary>What is known of a value before it exists: enough to work out what steps over it need.</summary>
/// <param name="Name">Its name in the plan.</param>
/// <param name="Rows">Rows, at most.</param>
public sealed record ValueShape(string Name, long Rows)
{
    /// <summary>Elements in a row of embeddings, columns of scores, or clusters; 0 where it means nothing.</summary>
    public int Dim { get; init; }

    /// <summary>Rows of the pool that a selection's rows are from.</summary>
    public long PoolRows { get; init; }

    /// <summary>Bytes of text in records, at most; 0 for other values.</summary>
    public long TextBytes { get; init; }

    /// <summary>Bytes a borrowed block of rows takes beside the matrix.</summary>
    public long BlockBytes { get; init; }

    /// <summary>The records behind the rows, or null.</summary>
    public ValueShape? Pool { get; init; }

    /// <summary>The shape of a value that exists.</summary>
    internal static ValueShape Of(string name, Value value, long textBytes)
    {
        ValueShape? pool = value.Pool is null || ReferenceEquals(value.Pool, value) ? null : new ValueShape(value.Pool.Name, value.Pool.Rows) { TextBytes = textBytes };
        return new ValueShape(name, value.Rows)
        {
            Dim = value switch { Embeddings e => e.Dim, TokenStates t => t.Tokens.Dim, ScoreTable s => s.Columns.Count, _ => 0 },
            BlockBytes = value switch { Embeddings e => e.Matrix.BlockBytes, TokenStates t => t.Tokens.BlockBytes, _ => 0 },
            TextBytes = value is Records ? textBytes : 0,
            Pool = pool,
        };
    }
}

/// <summary>Memory that somebody needs.</summary>
/// <param name="What">What for.</param>
/// <param name="Bytes">How much.</param>
/// <param name="Kept">Whether it stays until the run ends; otherwise it is given back with the step.</param>
public readonly record struct MemoryUse(string What, long Bytes, bool Kept);

/// <summary>Takes down what a step will need, before anything runs: formulas of rows, dim, clusters, queries and threads.</summary>
/// <param name="arguments">The step's arguments.</param>
/// <param name="shapes">The shape of an input or an earlier step by name.</param>
/// <param name="threads">Worker threads.</param>
public sealed class StepNeeds(Arguments arguments, Func<string, ValueShape> shapes, int threads)
{
    /// <summary>Rows widened, and their products with queries or centroids, on one thread; and a little for its stack.</summary>
    private const long WorkerBytes = 1 << 20;

    /// <summary>Most text that is in memory at a time, decoded.</summary>
    private const long MostText = 64 << 20;

    private readonly List<MemoryUse> _uses = [];

    /// <summary>The files that the step's arguments name, open; null when they name none.</summary>
    internal NamedFiles? Files { get; init; }

    /// <summary>Worker threads.</summary>
    public int Threads => threads;

    /// <summary>What was taken down.</summary>
    public IReadOnlyList<MemoryUse> Uses => _uses;

    /// <summary>An argument of the step.</summary>
    public TValue Get<TValue>(Parameter<TValue> key) => arguments.Get(key);

    /// <summary>The shape of what a reference names.</summary>
    public ValueShape Of(Reference reference) => shapes(reference.Name);

    /// <summary>Memory that the step gives back when it ends.</summary>
    public void Use(string what, long bytes) => _uses.Add(new MemoryUse(what, bytes, Kept: false));

    /// <summary>Memory that stays until the run ends; one name counts once in a run.</summary>
    public void Keep(string what, long bytes) => _uses.Add(new MemoryUse(what, bytes, Kept: true));

    /// <summary>The norms of vectors, which are measured once and kept with them, and the buffers that passes over them take.</summary>
    public void Vectors(ValueShape vectors, bool norms = true)
    {
        if (norms) Keep($"norms of {vectors.Name}", 8 * vectors.Rows);
        Use($"blocks of {vectors.Name}", threads * (WorkerBytes + vectors.BlockBytes));
    }

    /// <summary>Conversations that are read in order.</summary>
    public void Texts(ValueShape records) => Use($"text of {(records.Pool ?? records).Name}", Math.Min(MostText, 6 * (records.Pool ?? records).TextBytes));

    /// <summary>A selection of so many rows: numbers and reasons, and its records on their way into a file.</summary>
    public ValueShape Selection(string name, long count, ValueShape from)
    {
        Keep($"rows chosen by {name}", 40 * count);
        ValueShape? pool = from.Pool ?? (from.TextBytes > 0 ? from : null);
        if (pool is not null) Use("records on their way into a file", Math.Min(2 * MostText, pool.TextBytes + 100 * count));
        return new ValueShape(name, count) { PoolRows = from.PoolRows > 0 ? from.PoolRows : from.Rows, Pool = pool };
    }

    /// <summary>Where a step says nothing of itself: a few numbers for each row of what it refers to.</summary>
    internal ValueShape Unknown(string name, IReadOnlyList<Reference> references)
    {
        ValueShape[] taken = [.. references.Select(Of)];
        ValueShape largest = taken.MaxBy(shape => shape.Rows) ?? new ValueShape(name, 0);
        Keep($"what {name} gives", 16 * largest.Rows);
        Use("numbers for each row", 16 * largest.Rows);
        return new ValueShape(name, largest.Rows) { Dim = largest.Dim, PoolRows = largest.PoolRows, Pool = largest.Pool ?? (largest.TextBytes > 0 ? largest : null) };
    }
}
