using Engine.Data;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>The rows that a selection or a task stands for where it restricts another step.</summary>
internal static class PoolRows
{
    /// <summary>The distinct rows of a selection or a task, in its order.</summary>
    /// <param name="value">A selection or a task's rows.</param>
    /// <param name="key">The key that names it, for messages.</param>
    /// <param name="vectors">The vectors whose rows they must be.</param>
    /// <exception cref="EngineException">It is from another pool. Exit 4.</exception>
    public static int[] Of(Value value, string key, Embeddings vectors)
    {
        (int[] indices, long pool) = value is TaskCentre task ? (task.Indices, task.PoolRows) : (((Selection)value).Indices, ((Selection)value).PoolRows);
        return pool == vectors.Rows
            ? [.. indices.Distinct()]
            : throw EngineException.Input(vectors.Name, "POOL",
                $"\"{key}\" has rows from a pool of {pool} rows, but there are {vectors.Rows} vectors. Select from the same input.");
    }
}
