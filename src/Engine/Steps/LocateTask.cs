using Engine.Data;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Finds a task's main cluster: the one that holds most of the rows whose source is the task's.</summary>
/// <remarks>The centre is that cluster's centroid; the task's rows are all rows of its sources. Source: LTD (Chen et al. 2023), methods 2.1.</remarks>
public sealed record LocateTask : Step<TaskCentre>
{
    /// <summary>The vectors, bound to records that name their sources.</summary>
    public required Embeddings In { get; init; }

    /// <summary>A clustering of these vectors.</summary>
    public required Clustering Clusters { get; init; }

    /// <summary>The names of the task's sources, at least one.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override TaskCentre Run(StepRun run)
    {
        int rows = Candidates.CountRows(In);
        if (Clusters.Rows != rows)
            throw EngineException.Input(In.Name, "ROWS", $"there are {rows} vectors, but the clustering has {Clusters.Rows} rows. Cluster the same vectors.");
        if (In.Pool is not { Sources.Count: > 0 } records)
            throw EngineException.Input(In.Name, "SOURCE", "the vectors are not bound to records with a source, expected some. Give the records input a \"source\" key and the embeddings a \"rowsOf\" key.");

        HashSet<int> wanted = [.. Sources.Select(name => IndexOf(records, name))];
        long[] counts = new long[Clusters.Sizes.Length];
        List<int> members = [];
        for (int row = 0; row < rows; row++)
        {
            if (!wanted.Contains(records.SourceOf(row))) continue;
            members.Add(row);
            counts[Clusters.Assignments[row]]++;
        }

        int main = Array.IndexOf(counts, counts.Max());
        run.Note("cluster", main);
        run.Note("rowsInCluster", counts[main]);
        return new TaskCentre
        {
            Indices = [.. members],
            PoolRows = rows,
            Pool = records,
            Cluster = main,
            Centre = Clusters.Centroids.AsSpan(main * In.Dim, In.Dim).ToArray(),
        };
    }

    private static int IndexOf(Records records, string name)
    {
        for (int i = 0; i < records.Sources.Count; i++)
            if (records.Sources[i] == name) return i;
        throw EngineException.Input(records.Name, "SOURCE", $"no record has the source \"{name}\".{Suggestion.For(name, records.Sources)} Name a source of the pool.");
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Embeddings), "The vectors, bound to records with sources.");
        Parameter<Reference> clusters = keys.Required("clusters", Shapes.Reference(ValueKind.Clustering), "A clustering of these vectors.");
        Parameter<IReadOnlyList<string>> source = keys.Required("source", Shapes.OneOrMore(Shapes.Text), "The task's source names.");
        return new StepBinding("taskCentre", ValueKind.TaskCentre, "Finds a task's main cluster, its centre and the task's rows.", keys, (arguments, inputs) => new LocateTask
        {
            In = inputs.Get<Embeddings>(arguments.Get(@in)),
            Clusters = inputs.Get<Clustering>(arguments.Get(clusters)),
            Sources = arguments.Get(source),
        })
        {
            Needs = (needs, name) =>
            {
                ValueShape vectors = needs.Of(needs.Get(@in));
                needs.Use("the task's rows while they are found", 8 * vectors.Rows);
                needs.Keep($"rows of {name}", 4 * vectors.Rows);
                return new ValueShape(name, vectors.Rows) { Dim = vectors.Dim, PoolRows = vectors.Rows, Pool = vectors.Pool };
            },
        };
    }
}
