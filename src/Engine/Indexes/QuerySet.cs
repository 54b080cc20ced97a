using Engine.Kernels;

namespace Engine.Indexes;

/// <summary>The queries of a search, by number.</summary>
internal abstract class QuerySet
{
    /// <summary>Queries.</summary>
    public abstract int Count { get; }

    /// <summary>Some of them as they are, [which x dim], row-major.</summary>
    public abstract float[] Vectors(ReadOnlySpan<int> which);

    /// <summary>The row of the matrix that a query is, which is left out of its own list; -1 of another vector.</summary>
    public virtual int RowOf(int query) => -1;

    /// <summary>The truly nearest rows of some queries.</summary>
    public abstract RankedRows[] Exact(int[] which, int depth, Pass pass);
}

/// <summary>Vectors from elsewhere.</summary>
internal sealed class VectorQueries(RowSource rows, double[] norms, QueryGroups queries, IKernels kernels, IndexMetric metric = IndexMetric.Cosine) : QuerySet
{
    public override int Count => queries.Count;

    public override float[] Vectors(ReadOnlySpan<int> which)
    {
        float[] vectors = new float[checked(which.Length * queries.Dim)];
        for (int i = 0; i < which.Length; i++) queries.Vectors.AsSpan(which[i] * queries.Dim, queries.Dim).CopyTo(vectors.AsSpan(i * queries.Dim));
        return vectors;
    }

    public override RankedRows[] Exact(int[] which, int depth, Pass pass)
    {
        if (which.Length == 0) return [];
        if (metric == IndexMetric.L2) return [.. which.Select(query => Nearest(query, depth, pass))];
        QueryGroups asked = new(Vectors(which), queries.Dim, [.. Enumerable.Range(0, which.Length + 1)]);
        return [.. kernels.TopSimilarities(rows, norms, asked, Combination.Each, [], depth, pass).Select(list => list with { Queries = null })];
    }

    /// <summary>By every row's distance: for a sample, not for a search.</summary>
    private RankedRows Nearest(int query, int depth, Pass pass)
    {
        int[] all = [.. Enumerable.Range(0, checked((int)rows.Rows))], order = [.. all];
        double[] scores = new double[all.Length];
        kernels.ScorePairs(rows, [], Vectors([query]), [0, all.Length], all, PairMeasure.SquaredDistance, scores, pass);

        // The sort is not stable, so the row is part of the key.
        (double Score, int Row)[] keys = [.. scores.Zip(all)];
        Array.Sort(keys, order);
        return new RankedRows(order[..Math.Min(depth, order.Length)], [.. order.Take(depth).Select(row => scores[row])]);
    }
}

/// <summary>Rows of the matrix itself.</summary>
internal sealed class MatrixQueries(RowSource rows, double[] norms, IndexMetric metric, IKernels kernels) : QuerySet
{
    public override int Count { get; } = checked((int)rows.Rows);

    public override float[] Vectors(ReadOnlySpan<int> which) => IndexRows.Copy(rows, norms, IndexMetric.L2, which);

    public override int RowOf(int query) => query;

    public override RankedRows[] Exact(int[] which, int depth, Pass pass) => metric == IndexMetric.L2
        ? kernels.NearestRows(rows, norms, which, depth, pass)
        : kernels.SimilarRows(rows, norms, [], which, [], depth, double.NegativeInfinity, pass);
}
