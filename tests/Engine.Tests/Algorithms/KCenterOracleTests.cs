using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Tests.Kernels;

namespace Engine.Tests.Algorithms;

/// <summary>The picks and radii are to the bit those of plain greedy in canonical float64, on data made to mislead float32 proposals and lazy bounds.</summary>
public sealed class KCenterOracleTests
{
    public static TheoryData<string, string> SetsAndData
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (string set in Cases.SetNames)
                foreach (string kind in new[] { "iid", "sphere", "offset", "copies", "clusters", "spread", "huge", "tiny" }) data.Add(set, kind);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(SetsAndData))]
    public void EqualsPlainGreedy(string set, string kind)
    {
        foreach ((int dim, int count) in new[] { (1, 90), (7, 300), (16, 500), (33, 300), (70, 400) })
        {
            float[] values = Values(kind, dim, count);
            foreach (ElementType element in Cases.Elements)
            {
                // A wide range of values is float32's alone.
                if (element != ElementType.Float32 && (kind is "huge" or "tiny" or "spread" || dim is 7 or 33)) continue;
                using TestRows rows = new(values, dim, element, Cases.ScaleOf(element), longestBlock: 77);
                bool cosine = element is ElementType.Float32 or ElementType.Float16 && rows.Decoded.All(row => row.Any(v => v != 0)) && kind != "huge" && kind != "tiny";
                foreach (KCenterMetric metric in cosine ? [KCenterMetric.L2, KCenterMetric.Cosine] : new[] { KCenterMetric.L2 })
                {
                    (int[] picks, double[] radii) = Greedy(rows, count / 3, metric);
                    foreach (int threads in new[] { 1, 2 })
                    {
                        using IKernels kernels = Cases.Open(set, threads);
                        KCenterResult result = KCenterGreedy.Select(rows, new() { Budget = count / 3, Metric = metric }, kernels, Pass.Unwatched);
                        Assert.Equal(picks, result.Picks);
                        Assert.Equal(radii, result.Radii);
                    }
                }
            }
        }
    }

    private static float[] Values(string kind, int dim, int count)
    {
        RandomStream stream = new(dim, kind);
        float[] values = KernelCases.Gaussian(stream, count * dim);
        for (int r = 0; r < count; r++)
        {
            Span<float> row = values.AsSpan(r * dim, dim);
            float norm = MathF.Sqrt(row.ToArray().Sum(v => v * v)), factor = kind switch
            {
                "sphere" => 1 / norm,
                "spread" => MathF.ScaleB(1, (int)stream.NextBelow(40) - 20),
                "huge" => 1e19f,
                "tiny" => 1e-23f,
                _ => 1,
            };
            for (int j = 0; j < dim; j++) row[j] = (row[j] * factor) + (kind == "offset" ? 90 : 0);
            if (kind == "copies" && r >= 40) values.AsSpan((int)stream.NextBelow(40) * dim, dim).CopyTo(row);
            if (kind == "clusters" && r >= 12)
                for (int j = 0; j < dim; j++) row[j] = values[(r % 12 * dim) + j] + (row[j] * 0.02f);
        }

        return values;
    }

    private static (int[] Picks, double[] Radii) Greedy(TestRows rows, int budget, KCenterMetric metric)
    {
        bool cosine = metric == KCenterMetric.Cosine;
        double[] scales = [.. rows.Decoded.Select(row => cosine ? 1 / Oracle.Norm(row) : 1)];
        double[] squared = [.. Enumerable.Repeat(double.PositiveInfinity, rows.Decoded.Length)];
        List<int> picks = [];
        List<double> radii = [];
        for (int pick = 0; picks.Count < budget; pick = Array.IndexOf(squared, squared.Max()))
        {
            double[] centre = Array.ConvertAll(rows.Decoded[pick], v => scales[pick] * v);
            for (int r = 0; r < squared.Length; r++)
            {
                squared[r] = Math.Min(squared[r], Oracle.SquaredDistance(rows.Decoded[r], scales[r], centre));
                if (cosine && squared[r] < KCenterGreedy.ParallelSquared) squared[r] = 0;
            }

            squared[pick] = 0;
            picks.Add(pick);
            radii.Add(Math.Sqrt(squared.Max()));
            if (radii[^1] == 0) break;
        }

        return ([.. picks], [.. radii]);
    }
}
