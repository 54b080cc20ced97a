using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Which silhouette compares clusterings with different numbers of clusters.</summary>
public enum SilhouetteForm
{
    /// <summary>Mean distances to the rows of clusters, among the sampled rows.</summary>
    Exact,

    /// <summary>Distances of the sampled rows to centroids.</summary>
    Centroid,
}

/// <summary>Clusters vectors with several numbers of clusters and keeps the clustering with the highest mean silhouette, the lowest k on ties.</summary>
/// <remarks>The op <c>kmeans</c> with several k. Every clustering is the one that its k alone would give. Source: Diversify and Conquer (Yu et al. 2024), methods 4.3.</remarks>
public sealed record KMeansSweep : Step<Clustering>
{
    /// <summary>The clustering; its <see cref="KMeans.K"/> is replaced by each of <see cref="Ks"/>.</summary>
    public required KMeans Each { get; init; }

    /// <summary>The numbers of clusters, ascending, each at least 2.</summary>
    public required IReadOnlyList<int> Ks { get; init; }

    /// <summary>Which silhouette.</summary>
    public SilhouetteForm Form { get; init; } = SilhouetteForm.Exact;

    /// <summary>Rows the silhouette is the mean of, drawn once for all clusterings; all rows when there are no more.</summary>
    public int SilhouetteRows { get; init; } = 5000;

    /// <inheritdoc/>
    public override string Op => Each.Op;

    /// <summary>Centroids to begin with have one k.</summary>
    internal static KeyFault InitFault { get; } =
        new("INIT", "found first centroids, which have one k, together with several values of k. Give one k, or another init.");

    /// <inheritdoc/>
    public override void Check()
    {
        if (Each.Centroids is not null) InitFault.Throw();
        int count = Candidates.CountRows(Each.In);
        if (Ks[^1] > count)
            throw EngineException.Input(Each.In.Name, "K", $"k goes up to {Ks[^1]}, but there are {count} rows, expected k from 2 to that number. Change k or enlarge the pool.");
        (Each with { K = Ks[^1] }).Check();
    }

    /// <inheritdoc/>
    public override Clustering Run(StepRun run)
    {
        if (Ks.Count == 0) throw new ArgumentException("There is no k.", nameof(run));
        Check();
        int count = Candidates.CountRows(Each.In);
        (Clustering Clustering, StepRun Run)[] fits = [.. Ks.Select(k => Fit(k, run))];
        double[] means = Means(fits, count, run);
        int best = 0;
        for (int i = 1; i < means.Length; i++)
            if (means[i] > means[best]) best = i;
        foreach ((_, StepRun inner) in fits) run.Count(inner.Bytes, inner.Flops);
        foreach ((string fact, object value) in fits[best].Run.Facts) run.Note(fact, value);
        run.Note("k", Ks[best]);
        run.Note("silhouette", means[best]);
        Clustering kept = fits[best].Clustering;
        return new Clustering
        {
            Of = kept.Of,
            Pool = kept.Pool,
            Centroids = kept.Centroids,
            Assignments = kept.Assignments,
            Sizes = kept.Sizes,
            Inertia = kept.Inertia,
            Iterations = kept.Iterations,
            Silhouettes = [.. fits.Select((fit, i) => new KSilhouette(Ks[i], means[i], fit.Clustering.Inertia, fit.Clustering.Iterations))],
        };
    }

    private (Clustering Clustering, StepRun Run) Fit(int k, StepRun run)
    {
        run.Pass.Cancel.ThrowIfCancellationRequested();
        StepRun inner = run.Within();
        return ((Each with { K = k }).Run(inner), inner);
    }

    private double[] Means((Clustering Clustering, StepRun Run)[] fits, int count, StepRun run)
    {
        int sampled = Math.Min(SilhouetteRows, count);
        int[] rows = sampled == count ? [.. Enumerable.Range(0, count)] : run.Random("silhouette").Sample(count, sampled);
        Array.Sort(rows);
        using var sample = new RowSubset(Each.In.Matrix, rows);
        Pass quiet = new(cancel: run.Pass.Cancel);
        double[] scales = [];
        if (Each.Spherical)
        {
            ReadOnlySpan<double> norms = Each.In.CosineNorms(run.Kernels, quiet);
            scales = new double[sampled];
            for (int i = 0; i < sampled; i++) scales[i] = 1 / norms[rows[i]];
        }

        int[][] assignments = [.. fits.Select(fit => Array.ConvertAll(rows, row => fit.Clustering.Assignments[row]))];
        double work = 3.0 * sampled * Each.In.Dim * (Form == SilhouetteForm.Exact ? sampled : Ks.Sum(k => (double)k));
        run.Count(checked((long)sampled * Each.In.Dim * sizeof(float)), work);
        run.Note("silhouetteRows", sampled);
        double[][] each = Form == SilhouetteForm.Exact
            ? Silhouette.Exact(sample, scales, assignments, Ks, run.Kernels.Threads, run.Pass)
            : [.. fits.Select((fit, i) => Silhouette.Simplified(sample, scales, assignments[i], fit.Clustering.Centroids, fit.Clustering.Sizes, run.Kernels.Threads, run.Pass))];
        return Array.ConvertAll(each, Mean);
    }

    private static double Mean(double[] values)
    {
        double sum = 0;
        foreach (double value in values) sum += value;
        return sum / values.Length;
    }
}
