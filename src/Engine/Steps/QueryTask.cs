using Engine.Data;
using Engine.Kernels;

namespace Engine.Steps;

/// <summary>A task and what its queries look like.</summary>
/// <param name="Name">The task's name.</param>
/// <param name="Vectors">Its queries' vectors, at least one, of the model that embedded the pool.</param>
public sealed record QueryTask(string Name, Embeddings Vectors)
{
    /// <summary>The tasks' queries in one array, one group per task.</summary>
    /// <exception cref="EngineException">A dimension differs from the pool's, a query is zero or not finite, or a task has no query. Exit 4.</exception>
    internal static QueryGroups Gather(IReadOnlyList<QueryTask> tasks, Embeddings pool, IKernels kernels, Pass pass)
    {
        if (tasks.Count == 0) throw new ArgumentException("There is no task.", nameof(tasks));
        long total = 0;
        foreach (QueryTask task in tasks)
        {
            Check(task, pool);
            task.Vectors.CosineNorms(kernels, pass);
            total += task.Vectors.Rows;
        }

        if (total * pool.Dim > Array.MaxLength)
        {
            throw new EngineException(new EngineError(ExitCode.Memory, "MEMORY",
                $"{total} queries of {pool.Dim} elements are {total * pool.Dim} values, at most {Array.MaxLength} fit one array. Use fewer queries."));
        }

        float[] vectors = new float[total * pool.Dim];
        int[] starts = new int[tasks.Count + 1];
        for (int t = 0; t < tasks.Count; t++)
        {
            RowCopies.CopyTo(tasks[t].Vectors.Matrix, vectors.AsSpan(starts[t] * pool.Dim));
            starts[t + 1] = starts[t] + (int)tasks[t].Vectors.Rows;
        }

        return new QueryGroups(vectors, pool.Dim, starts);
    }

    /// <summary>Refuses queries whose shape does not fit the pool's.</summary>
    /// <exception cref="EngineException">The dimension differs from the pool's, or the task has no query. Exit 4.</exception>
    internal static void Check(QueryTask task, Embeddings pool)
    {
        Embeddings vectors = task.Vectors;
        if (vectors.Dim != pool.Dim)
        {
            throw EngineException.Input(vectors.Name, "DIM",
                $"the queries of task \"{task.Name}\" have {vectors.Dim} elements, but the pool \"{pool.Name}\" has {pool.Dim}. Embed both with one model.");
        }

        if (vectors.Rows == 0)
            throw EngineException.Input(vectors.Name, "EMPTY", $"task \"{task.Name}\" has no query, expected at least one. Add queries or remove the task.");
    }
}
