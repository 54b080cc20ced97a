namespace Engine.Kernels.Algorithms;

/// <summary>One checkpoint's gradient features of the pool and of the subtasks' queries.</summary>
/// <param name="Rows">[rows x dim], one feature vector per row of the pool.</param>
/// <param name="Norms">[rows], Euclidean norms when influence is a cosine, or empty for dot products as they are.</param>
/// <param name="Subtasks">[subtasks x dim], the mean of each subtask's queries, row-major.</param>
/// <param name="Weight">What the checkpoint counts: its learning rate, above 0.</param>
public sealed record InfluenceCheckpoint(RowSource Rows, double[] Norms, double[] Subtasks, double Weight);

/// <summary>How much training on each row would lower the loss of a subtask's queries, to first order: gradient dot products over checkpoints.</summary>
/// <remarks>
/// influence(i, s) = sum over checkpoints c of v_c mean over queries q of s of g_c(i).g_c(q), with v_c the weights divided by their sum; the mean is taken of the queries
/// first, which is the same number. A row's score is its highest influence over the subtasks. Time O(checkpoints * rows * subtasks * dim), memory O(rows).
/// Source: LESS (Xia et al. 2024) and its code, methods 5.3.
/// </remarks>
public static class GradientInfluence
{
    private const int BlockRows = 1 << 14;

    /// <summary>The mean of consecutive vectors, each divided by its norm when asked.</summary>
    /// <param name="vectors">[count x dim], at least one.</param>
    /// <param name="dim">Elements in a vector.</param>
    /// <param name="norms">[count], what each vector is divided by, or empty for 1.</param>
    public static double[] Mean(ReadOnlySpan<float> vectors, int dim, ReadOnlySpan<double> norms)
    {
        int count = vectors.Length / dim;
        double[] mean = new double[dim];
        for (int q = 0; q < count; q++)
        {
            double divisor = norms.IsEmpty ? 1 : norms[q];
            for (int j = 0; j < dim; j++) mean[j] += vectors[(q * dim) + j] / divisor;
        }

        for (int j = 0; j < dim; j++) mean[j] /= count;
        return mean;
    }

    /// <summary>Scores every row.</summary>
    /// <param name="checkpoints">At least one; the same number of rows and subtasks in each.</param>
    /// <param name="kernels">Who multiplies.</param>
    /// <param name="pass">Cancellation and progress.</param>
    /// <returns>[rows], the highest influence, and the subtask that has it; ties go to the lower subtask.</returns>
    public static (double[] Scores, int[] Subtasks) Score(IReadOnlyList<InfluenceCheckpoint> checkpoints, IKernels kernels, Pass pass)
    {
        int count = RowNumbers.CountOf(checkpoints[0].Rows), subtasks = checkpoints[0].Subtasks.Length / checkpoints[0].Rows.Dim;
        foreach (InfluenceCheckpoint checkpoint in checkpoints)
        {
            if (checkpoint.Rows.Rows != count) throw new ArgumentException($"A checkpoint has {checkpoint.Rows.Rows} rows, another {count}.", nameof(checkpoints));
            if (checkpoint.Subtasks.Length != (long)subtasks * checkpoint.Rows.Dim)
                throw new ArgumentException($"{checkpoint.Subtasks.Length} values are not {subtasks} subtasks of {checkpoint.Rows.Dim} elements.", nameof(checkpoints));
        }

        double total = checkpoints.Sum(c => c.Weight);
        double[] scores = new double[count];
        int[] best = new int[count];
        Pass quiet = new(cancel: pass.Cancel);
        for (int first = 0; first < count; first += BlockRows)
        {
            pass.Report("rows", first, count);
            int[] block = [.. Enumerable.Range(first, Math.Min(BlockRows, count - first))];
            double[] influence = new double[checked(block.Length * subtasks)], products = new double[influence.Length];
            foreach (InfluenceCheckpoint checkpoint in checkpoints)
            {
                using var rows = new RowSubset(checkpoint.Rows, block);
                kernels.DotProducts(rows, checkpoint.Subtasks, products, quiet);
                double share = checkpoint.Weight / total;
                for (int i = 0; i < products.Length; i++)
                    influence[i] += share * (checkpoint.Norms.Length == 0 ? products[i] : products[i] / checkpoint.Norms[first + (i / subtasks)]);
            }

            for (int i = 0; i < block.Length; i++)
            {
                ReadOnlySpan<double> row = influence.AsSpan(i * subtasks, subtasks);
                int highest = 0;
                for (int s = 1; s < subtasks; s++)
                    if (row[s] > row[highest]) highest = s;
                (scores[first + i], best[first + i]) = (row[highest], highest);
            }
        }

        return (scores, best);
    }
}
