namespace Engine.Reports;

/// <summary>Everything the report of a run shows, as plain data; the page is a function of this alone.</summary>
public sealed record ReportModel
{
    /// <summary>The plan's name.</summary>
    public required string PlanName { get; init; }

    /// <summary>The engine's version.</summary>
    public required string EngineVersion { get; init; }

    /// <summary>When the run began; shown in UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Wall time of the run in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>How the run ended.</summary>
    public ExitCode Exit { get; init; } = ExitCode.Ok;

    /// <summary>The plan as the user wrote it.</summary>
    public required string PlanText { get; init; }

    /// <summary>The plan with every default and variable filled in; empty when there is none.</summary>
    public string ResolvedPlan { get; init; } = "";

    /// <summary>Facts of the whole run by name, such as seed, device, kernel set and threads: strings, numbers, flags, and lists of them.</summary>
    public IReadOnlyDictionary<string, object> Facts { get; init; } = new Dictionary<string, object>();

    /// <summary>What the run warned of, in order.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The inputs, in the plan's order.</summary>
    public IReadOnlyList<ReportInput> Inputs { get; init; } = [];

    /// <summary>The steps, in the order they ran.</summary>
    public IReadOnlyList<ReportStep> Steps { get; init; } = [];

    /// <summary>The selections, in the plan's order; the last is the run's.</summary>
    public IReadOnlyList<ReportSelection> Selections { get; init; } = [];

    /// <summary>The clusterings, in the order they ran.</summary>
    public IReadOnlyList<ReportClustering> Clusterings { get; init; } = [];
}

/// <summary>An input of the run.</summary>
/// <param name="Name">Its name in the plan.</param>
/// <param name="Kind"><c>records</c>, <c>embeddings</c>, <c>states</c> or <c>scores</c>.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Files">Its files, in the order they were read.</param>
public sealed record ReportInput(string Name, string Kind, long Rows, IReadOnlyList<ReportFile> Files)
{
    /// <summary>Elements in a row, for a matrix.</summary>
    public int? Dim { get; init; }

    /// <summary>Element type, for a matrix.</summary>
    public string? Dtype { get; init; }

    /// <summary>The input whose rows these are, or null.</summary>
    public string? RowsOf { get; init; }
}

/// <summary>A file of an input.</summary>
/// <param name="Path">Its path as the report may show it.</param>
/// <param name="Bytes">Its length in bytes.</param>
/// <param name="Sha256">Its hash in lower-case hexadecimal, or null when it was not computed.</param>
public sealed record ReportFile(string Path, long Bytes, string? Sha256);

/// <summary>A step that ran.</summary>
/// <param name="Name">Its name in the plan.</param>
/// <param name="Op">Its operation.</param>
/// <param name="Rows">Rows of its value.</param>
/// <param name="Bytes">Bytes it read through its kernels.</param>
/// <param name="Flops">Floating-point operations of the method's definition.</param>
/// <param name="Seconds">Its own work in seconds.</param>
public sealed record ReportStep(string Name, string Op, long Rows, long Bytes, double Flops, double Seconds)
{
    /// <summary>The inputs and earlier steps it takes, by name.</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>What else is known of it, by name: strings, numbers, flags, and lists of them.</summary>
    public IReadOnlyDictionary<string, object> Facts { get; init; } = new Dictionary<string, object>();
}

/// <summary>A selection: what was chosen, out of what, and why.</summary>
/// <param name="Name">The step's name.</param>
/// <param name="Op">The step's operation.</param>
/// <param name="Count">Rows chosen.</param>
/// <param name="PoolRows">Rows in the pool that was chosen from.</param>
public sealed record ReportSelection(string Name, string Op, long Count, long PoolRows)
{
    /// <summary>[Count], the score each row was chosen under, in rank order; null when the method has none.</summary>
    public double[]? Scores { get; init; }

    /// <summary>What a score is, for the axis, such as <c>cosine</c> or <c>predicted log-loss, lower is better</c>.</summary>
    public string ScoreLabel { get; init; } = "score";

    /// <summary>[Count], the covering radius after each pick, not squared; null when the method has none.</summary>
    public double[]? Radii { get; init; }

    /// <summary>The metric of the radii, for the axis, such as <c>l2</c>; may be empty.</summary>
    public string Metric { get; init; } = "";

    /// <summary>Rows chosen for each task; empty when there are no tasks.</summary>
    public IReadOnlyList<ReportTask> Tasks { get; init; } = [];

    /// <summary>Rows of each source in the pool and among the chosen; empty when sources are unknown.</summary>
    public IReadOnlyList<ReportSource> Sources { get; init; } = [];

    /// <summary>The first chosen records, in rank order.</summary>
    public IReadOnlyList<ReportSample> Samples { get; init; } = [];
}

/// <summary>Rows chosen for a task.</summary>
/// <param name="Name">The task's name.</param>
/// <param name="Count">Rows it took.</param>
public sealed record ReportTask(string Name, long Count);

/// <summary>Rows of a source before and after the choice.</summary>
/// <param name="Name">The source's name.</param>
/// <param name="PoolCount">Its rows in the pool.</param>
/// <param name="ChosenCount">Its rows among the chosen.</param>
public sealed record ReportSource(string Name, long PoolCount, long ChosenCount);

/// <summary>A chosen record. Fields that mean nothing for the method are null.</summary>
/// <param name="Rank">Its rank, 1 for the first.</param>
/// <param name="Row">Its row in the pool.</param>
/// <param name="Id">Its id.</param>
/// <param name="Source">Its source.</param>
/// <param name="Task">The task that first took it.</param>
/// <param name="Score">The score it was chosen under.</param>
/// <param name="Text">The beginning of its text; the page shows at most 400 characters.</param>
public sealed record ReportSample(long Rank, long Row, string? Id, string? Source, string? Task, double? Score, string? Text);

/// <summary>A clustering.</summary>
/// <param name="Name">The step's name.</param>
/// <param name="Inertia">Sum of squared distances to the nearest centroid.</param>
/// <param name="Iterations">Centroid updates.</param>
/// <param name="Sizes">[k], rows of each cluster.</param>
public sealed record ReportClustering(string Name, double Inertia, int Iterations, long[] Sizes)
{
    /// <summary>The mean silhouette of each k that was tried, by k; empty when k was given.</summary>
    public IReadOnlyList<(int K, double Silhouette)> Silhouettes { get; init; } = [];
}
