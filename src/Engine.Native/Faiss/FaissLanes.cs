using Engine.Kernels;
using Engine.Kernels.Cpu;

namespace Engine.Native.Faiss;

/// <summary>Searches an index for many queries: blocks of queries of one fixed size, shared among threads that enter FAISS one block at a time.</summary>
/// <remarks>Which thread takes a block is left to chance, and what FAISS answers depends on the block alone, so the number of threads changes nothing.</remarks>
internal static class FaissLanes
{
    /// <summary>Finds the best vectors for each query.</summary>
    /// <param name="index">The index.</param>
    /// <param name="queries">[n x dim], row-major.</param>
    /// <param name="depth">How many for each.</param>
    /// <param name="block">Queries in one call; small enough that a call does not last.</param>
    /// <param name="lanes">Threads.</param>
    /// <param name="pass">Cancellation, and progress in <c>queries</c>.</param>
    /// <returns>[n x depth], numbers of vectors, best first; -1 where there is none.</returns>
    /// <exception cref="FaissException">FAISS refused.</exception>
    public static int[] Search(FaissIndex index, ReadOnlyMemory<float> queries, int depth, int block, int lanes, Pass pass)
    {
        int dim = index.Dim, count = queries.Length / dim;
        int[] found = new int[checked(count * depth)];
        Workers.Run(lanes, count, block, "queries", pass, () => new Lane(index, queries, depth, dim, block, found, pass));
        return found;
    }

    private sealed class Lane(FaissIndex index, ReadOnlyMemory<float> queries, int depth, int dim, int block, int[] found, Pass pass) : Worker
    {
        private readonly float[] _scores = new float[checked(block * depth)];
        private readonly long[] _labels = new long[checked(block * depth)];

        public override void Work(long first, long end)
        {
            int count = (int)(end - first);
            index.Search(queries.Span.Slice(checked((int)first * dim), count * dim), depth, _scores, _labels, pass.Cancel);
            Span<int> to = found.AsSpan(checked((int)first * depth), count * depth);
            for (int i = 0; i < to.Length; i++) to[i] = checked((int)_labels[i]);
        }
    }
}
