using System.Globalization;
using Engine.Data;
using Engine.Data.Matrices;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Native.Files;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>How near a row that <c>kcenter</c> did not pick is to the picks.</summary>
internal static class RefusedByKCenter
{
    public static void Explain(StepInquiry inquiry)
    {
        // The radius is in the run's own files: said first, whatever becomes of the vectors.
        double? radius = null;
        if (inquiry.LastLine(_ => true)?.GetValueOrDefault("radius") is { Length: > 0 } text)
        {
            radius = double.Parse(text, CultureInfo.InvariantCulture);
            inquiry.Fact("coveringRadius", radius.Value);
            inquiry.Say($"After the last of {inquiry.Chosen.Length} picks no row was farther than {text} from a centre, and a pick is always a farthest row.");
        }

        var step = (KCenter)inquiry.Values.Bind(inquiry.Step);
        int[] centres = step.Start is FirstCentre.Rows given ? [.. inquiry.Chosen, .. given.Selection.Indices] : inquiry.Chosen;
        using IKernels kernels = KernelSets.Best(threads: 0);
        using var some = new RowSubset(step.In.Matrix, centres);
        double[] squared = new double[centres.Length];
        float[] vector = new float[step.In.Dim];
        step.In.Matrix.CopyRow(inquiry.Row, vector);
        if (step.Metric == KCenterMetric.Cosine)
        {
            RankedRows nearest = kernels.TopSimilarities(some, NormsOf(some, kernels), new QueryGroups(vector, vector.Length, [0, 1]), Combination.Each, [], centres.Length, Pass.Unwatched)[0];
            for (int i = 0; i < centres.Length; i++) squared[nearest.Rows[i]] = Math.Max(0, 2 - (2 * nearest.Scores[i]));
        }
        else
        {
            kernels.AssignNearest(some, [], vector, new int[centres.Length], squared, Pass.Unwatched);
        }

        int best = Array.IndexOf(squared, squared.Min());
        double distance = Math.Sqrt(squared[best]);
        inquiry.Fact("nearestCentre", centres[best]);
        inquiry.Fact("distance", distance);
        inquiry.Say($"Its nearest centre is row {centres[best]}, at {distance:R}{(radius is { } r ? string.Create(CultureInfo.InvariantCulture, $", {100 * distance / Math.Max(r, double.Epsilon):F1} % of the covering radius") : "")}.");
        if (step.Start is FirstCentre.VirtualCentre) inquiry.Say($"The virtual centre the traversal began with is left out here; it may be nearer still.");
    }

    /// <summary>For <c>cosineSample</c>: the cosine to the task's centre of the row and of the last row taken, elsewhere 0.</summary>
    public static double[]? CosinesToCentre(StepInquiry inquiry)
    {
        if (inquiry.Chosen.Length == 0) return null;
        var vectors = (Embeddings)inquiry.Values.Get(inquiry.Text("in"));
        int[] rows = [inquiry.Row, inquiry.Chosen[^1]];
        using InputFile file = inquiry.Run.OpenChecked(RunFiles.OfStep(inquiry.Text("centre"), "centroids.npy"));
        NativeBufferPool? buffers = null;
        using RowSource centre = NpyFile.FindMatrix(file, null).Open(file, 1f, MatrixIo.Map, ref buffers);
        using IKernels kernels = KernelSets.Best(threads: 0);
        using var some = new RowSubset(vectors.Matrix, rows);
        RankedRows ranked = kernels.TopSimilarities(some, NormsOf(some, kernels), new QueryGroups(RowCopies.Of(centre), vectors.Dim, [0, 1]), Combination.Each, [], rows.Length, Pass.Unwatched)[0];
        double[] scores = new double[vectors.Rows];
        for (int i = 0; i < rows.Length; i++) scores[rows[ranked.Rows[i]]] = ranked.Scores[i];
        return scores;
    }

    private static double[] NormsOf(RowSource rows, IKernels kernels)
    {
        double[] norms = new double[rows.Rows];
        kernels.Inspect(rows, norms, Pass.Unwatched);
        return norms;
    }
}
