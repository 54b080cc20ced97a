using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Clusters vectors by k-means; the assignments, sizes and inertia are those of the centroids returned.</summary>
/// <remarks>The algorithm, its treatment of empty clusters and its stopping rule: <see cref="Engine.Kernels.Algorithms.KMeans"/>.</remarks>
public sealed record KMeans : Step<Clustering>
{
    /// <summary>The vectors.</summary>
    public required Embeddings In { get; init; }

    /// <summary>Clusters, 1 to the number of rows.</summary>
    public required int K { get; init; }

    /// <summary>Where the first centroids come from, unless <see cref="Centroids"/> are given.</summary>
    public KMeansInit Init { get; init; } = KMeansInit.KMeansPlusPlus;

    /// <summary>The first centroids, [k x dim], or null.</summary>
    public Embeddings? Centroids { get; init; }

    /// <summary>0: Lloyd's iteration over all rows. Above 0: mini-batches of so many rows, <see cref="MaxIterations"/> of them.</summary>
    public int MiniBatch { get; init; }

    /// <summary>With mini-batches: a centroid that had fewer rows than this share of what the largest had starts anew on a row of the batch; 0 leaves it where it is.</summary>
    public double ReassignmentRatio { get; init; }

    /// <summary>Most centroid updates, or the number of mini-batches.</summary>
    public int MaxIterations { get; init; } = 100;

    /// <summary>0: update until nothing changes. Above 0: also stop after an update that lowered the inertia by at most this share.</summary>
    public double Tolerance { get; init; }

    /// <summary>Independent runs, of which the lowest inertia is kept, the earlier on ties.</summary>
    public int Restarts { get; init; } = 1;

    /// <summary>Cluster by direction: rows count as unit rows, centroids are unit vectors.</summary>
    public bool Spherical { get; init; }

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override void Check()
    {
        if (K < 1 || K > In.Rows)
            throw EngineException.Input(In.Name, "K", $"k is {K}, but there are {In.Rows} rows, expected k from 1 to that number. Change k or enlarge the pool.");
        Candidates.CountRows(In);
        ToleranceFault(MiniBatch, Tolerance)?.Throw();
        ReassignmentFault(MiniBatch, ReassignmentRatio)?.Throw();
        long centroidValues = (long)K * In.Dim;
        if (centroidValues > Array.MaxLength)
        {
            throw new EngineException(new EngineError(ExitCode.Memory, "MEMORY",
                $"{K} centroids of {In.Dim} elements are {centroidValues} values, at most {Array.MaxLength} fit one array. Lower k.", In.Name));
        }

        if (Centroids is { } given && (given.Rows != K || given.Dim != In.Dim))
        {
            throw EngineException.Input(given.Name, "SHAPE",
                $"the first centroids are {given.Rows} x {given.Dim}, expected k x dim = {K} x {In.Dim}. Give k rows of the model that embedded the pool.");
        }
    }

    /// <inheritdoc/>
    public override Clustering Run(StepRun run)
    {
        Check();
        Pass quiet = new(cancel: run.Pass.Cancel);
        if (Spherical) In.CosineNorms(run.Kernels, quiet);
        else In.Norms(run.Kernels, quiet);
        float[]? centroids = Centroids is null ? null : CentroidValues(Centroids, run.Kernels, quiet);

        var options = new KMeansOptions
        {
            K = K,
            Init = centroids is null ? Init : KMeansInit.Given,
            Centroids = centroids,
            BatchRows = MiniBatch,
            ReassignmentRatio = ReassignmentRatio,
            MaxIterations = MaxIterations,
            Tolerance = Tolerance,
            Restarts = Restarts,
            Spherical = Spherical,
            BoundBytes = run.Spare is { } spare ? Math.Min(KMeansOptions.UsualBoundBytes(In.Matrix), Math.Max(0, spare / 2)) : null,
        };
        KMeansResult result = Kernels.Algorithms.KMeans.Fit(
            In.Matrix, options, run.Kernels, restart => run.Random($"restart-{restart + 1}"), run.Pass, run.Resume(PositionFormats.KMeans));

        Account(run, options, result.Updates);
        run.Note("restart", result.Restart + 1);
        run.Note("inertiaHistory", result.InertiaHistory);
        return new Clustering
        {
            Of = In,
            Pool = In.Pool,
            Spherical = Spherical,
            Centroids = result.Centroids,
            Assignments = result.Assignments,
            Sizes = result.Sizes,
            Inertia = result.Inertia,
            Iterations = result.Iterations,
        };
    }

    private static KeyFault? ToleranceFault(int miniBatch, double tolerance) => miniBatch == 0 || tolerance == 0
        ? null
        : new("TOLERANCE", "found a tolerance together with mini-batches, which know no inertia on their way. Leave one of them out.");

    private static KeyFault? ReassignmentFault(int miniBatch, double ratio) => miniBatch > 0 || ratio == 0
        ? null
        : new("REASSIGNMENT", "found a reassignmentRatio without miniBatch, expected both: whole iterations put every empty cluster on a row as it is. Leave it out, or set miniBatch.");

    private float[] CentroidValues(Embeddings given, IKernels kernels, Pass pass)
    {
        if (Spherical) given.CosineNorms(kernels, pass);
        else given.Norms(kernels, pass);
        return RowCopies.Of(given.Matrix);
    }

    /// <summary>Every restart assigns all rows once more than it updates; a squared distance is 3 dim operations, a row's share of a mean dim. A mini-batch counts as the share of the rows it has.</summary>
    private void Account(StepRun run, KMeansOptions options, long updates)
    {
        double share = MiniBatch > 0 ? Math.Min(1, MiniBatch / (double)In.Rows) : 1, once = MiniBatch > 0 || options.Init is KMeansInit.KMeansPlusPlus or KMeansInit.Random ? Restarts : 1;
        double assignments = (updates * share) + once, seedings = options.Init == KMeansInit.KMeansPlusPlus ? (double)K * Restarts : 0;
        double elements = (double)In.Rows * In.Dim;
        run.Count(checked((long)(In.Bytes * (1 + assignments + (updates * share) + seedings))), elements * ((3.0 * K * assignments) + (updates * share) + (3.0 * seedings)));
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Embeddings), "The vectors to cluster.");
        Parameter<Counts> k = keys.Required("k", Shapes.OneOf(
            Shapes.Count(1).To(one => new Counts([one], Several: false)),
            Shapes.Tagged("range", Shapes.Range(2)).To(range => new Counts(range, Several: true)),
            Shapes.Tagged("values", Shapes.List(Shapes.Count(2))).To(values => new Counts([.. values.Distinct().Order()], Several: true))),
            "Clusters; or several numbers of clusters, of which the silhouette decides.");
        Parameter<Start> init = keys.Optional("init", Shapes.OneOf(
            Shapes.Choice(
                ("kmeans++", new Start(KMeansInit.KMeansPlusPlus, null)), ("random", new Start(KMeansInit.Random, null)), ("first", new Start(KMeansInit.First, null))),
            Shapes.Tagged("centroids", Shapes.Reference(ValueKind.Embeddings)).To(centroids => new Start(KMeansInit.Given, centroids))),
            new Start(KMeansInit.KMeansPlusPlus, null), "kmeans++", "Where the first centroids come from.");
        Parameter<int?> miniBatch = keys.OptionalValue("miniBatch", Shapes.Count(1), "Rows of a mini-batch: approximate, for pools too large for whole iterations. Absent: every iteration looks at all rows.");
        Parameter<double> reassignmentRatio = keys.Optional("reassignmentRatio", Shapes.Number(0, 1), 0, 0,
            "With miniBatch: a centroid that had fewer rows than this share of what the largest had starts anew on a row of the batch.");
        Parameter<int> maxIterations = keys.Optional("maxIterations", Shapes.Count(0), 100, 100, "Most centroid updates, or the number of mini-batches.");
        Parameter<double> tolerance = keys.Optional("tolerance", Shapes.Number(0), 0, 0,
            "0: update until nothing changes; above 0: also stop after an update that lowered the inertia by at most this share.");
        Parameter<int> restarts = keys.Optional("restarts", Shapes.Count(1), 1, 1, "Independent runs; the lowest inertia is kept.");
        Parameter<bool> spherical = keys.Optional("spherical", Shapes.Flag, false, false, "Cluster by direction.");
        Parameter<SilhouetteForm> silhouette = keys.Optional("silhouette", Shapes.Choice(("exact", SilhouetteForm.Exact), ("centroid", SilhouetteForm.Centroid)), SilhouetteForm.Exact, "exact",
            "With several k: distances to the rows of clusters, or to centroids.");
        Parameter<int> silhouetteRows = keys.Optional("silhouetteRows", Shapes.Count(2), 5000, 5000, "With several k: rows the silhouette is the mean of, drawn from the step's stream.");
        keys.Rule(tolerance, a => ToleranceFault(a.Get(miniBatch) ?? 0, a.Get(tolerance)));
        keys.Rule(reassignmentRatio, a => ReassignmentFault(a.Get(miniBatch) ?? 0, a.Get(reassignmentRatio)));
        keys.Rule(init, a => a.Get(k).Several && a.Get(init).Centroids is not null ? KMeansSweep.InitFault : null);
        return new StepBinding("kmeans", ValueKind.Clustering, "Clusters vectors by k-means.", keys, (arguments, inputs) =>
        {
            KMeans one = Bind(arguments, inputs);
            Counts counts = arguments.Get(k);
            return counts.Several ? new KMeansSweep { Each = one, Ks = counts.Ks, Form = arguments.Get(silhouette), SilhouetteRows = arguments.Get(silhouetteRows) } : one;
        })
        {
            Needs = (needs, name) =>
            {
                ValueShape vectors = needs.Of(needs.Get(@in));
                long n = vectors.Rows, values = (long)needs.Get(k).Ks[^1] * vectors.Dim;
                bool directions = needs.Get(spherical);
                needs.Vectors(vectors);
                needs.Keep($"clusters of {name}", 4 * n + 16 * values);
                needs.Use("assignments, distances and seeds", (directions ? 36 : 20) * n + 8 * values);
                needs.Use("sums and packed centroids", 8 * values + Math.Min(8 * values * needs.Threads, 256L << 20) + 10 * values);
                return new ValueShape(name, n) { Dim = vectors.Dim, Pool = vectors.Pool };
            },
        };

        KMeans Bind(Arguments arguments, StepInputs inputs) => new()
        {
            In = inputs.Get<Embeddings>(arguments.Get(@in)),
            K = arguments.Get(k).Ks[0],
            Init = arguments.Get(init).Init,
            Centroids = inputs.Find<Embeddings>(arguments.Get(init).Centroids),
            MiniBatch = arguments.Get(miniBatch) ?? 0,
            ReassignmentRatio = arguments.Get(reassignmentRatio),
            MaxIterations = arguments.Get(maxIterations),
            Tolerance = arguments.Get(tolerance),
            Restarts = arguments.Get(restarts),
            Spherical = arguments.Get(spherical),
        };
    }

    private sealed record Counts(IReadOnlyList<int> Ks, bool Several);

    private sealed record Start(KMeansInit Init, Reference? Centroids);
}
