using Engine.Data;
using Engine.Indexes;
using Engine.Plans;

namespace Engine.Steps;

/// <summary>A step's search through an index: begins it, holds it to its goal, and notes what was measured.</summary>
/// <param name="run">The step's run.</param>
/// <param name="search">Who searches.</param>
/// <param name="goal">What is asked for.</param>
internal sealed class StepSearch(StepRun run, SimilaritySearch search, SearchGoal goal)
{
    private const string SearchFact = "search";

    /// <summary>Keys of an index although the search is exact, or two that exclude each other.</summary>
    public static KeyFault? Fault(SimilaritySearch search, SearchGoal goal)
    {
        // An exact search has a recall of 1, whatever is asked for.
        if (search == SimilaritySearch.Exact && goal is not { Index: null, IndexFile: null, IndexMemory: null })
            return new("KEYS", "\"index\", \"indexFile\" and \"indexMemory\" are about an index, but \"search\" is \"exact\" and makes none. Remove them, or set \"search\" to \"faiss\" or \"auto\".");
        return goal is { Index: not null, IndexFile: not null }
            ? new("KEYS", "\"index\" says what to make and \"indexFile\" what was made. Give one of them.")
            : null;
    }

    /// <summary>Whether an index is used, as far as that can be said before one is made; notes why where the plan leaves it open.</summary>
    /// <param name="vectors">The matrix.</param>
    /// <param name="queries">Queries that will be asked.</param>
    /// <exception cref="EngineException">The plan asks for an index and FAISS is missing. Exit 9.</exception>
    public bool Begins(Embeddings vectors, long queries)
    {
        if (search == SimilaritySearch.Exact) return false;
        if (search == SimilaritySearch.Faiss)
        {
            // Before hours of work, not after.
            _ = FaissGate.Version;
            return true;
        }

        if (!FaissGate.IsThere(out string why)) return Declined(why);
        if (!IndexedSearch.Pays(vectors.Rows, vectors.Dim, queries, goal, goal.IndexFile is not null))
            return Declined($"by counting, an index over {vectors.Rows} rows is not much less work for {queries} queries than comparing all of them");
        return true;
    }

    /// <summary>Does the step's work over a kernel set that searches through an index; exactly after all where that is left open and the index turns out not to be worth it.</summary>
    /// <typeparam name="T">What the work gives.</typeparam>
    /// <param name="vectors">The matrix.</param>
    /// <param name="norms">Its norms.</param>
    /// <param name="metric">What is searched by.</param>
    /// <param name="work">The work.</param>
    /// <param name="exactly">The same work without an index.</param>
    /// <param name="above">Only true neighbours above this cosine count for the recall, though each query has at least one.</param>
    /// <exception cref="EngineException">The index found less than the goal: exit 12.</exception>
    public T Run<T>(Embeddings vectors, double[] norms, IndexMetric metric, Func<IndexedKernels, T> work, Func<T> exactly, double above = double.NegativeInfinity)
    {
        using IndexedKernels kernels = new(run.Kernels, Open, Measured);
        try
        {
            T result = work(kernels);
            Note(kernels);
            return result;
        }
        catch (IndexDeclinedException declined)
        {
            Declined(declined.Message);
            return exactly();
        }

        IndexedSearch Open(QuerySet queries) =>
            new(vectors.Matrix, norms, queries, metric, goal, goal.IndexFile is { } file ? () => Read(file, vectors, metric) : null, run.Kernels, run.Random("recall"), run.Pass) { Above = above };
    }

    private VectorIndex Read(string file, Embeddings vectors, IndexMetric metric)
    {
        InputFile found = run.Files.Find(file) ?? throw EngineException.Input(file, "MISSING",
            $"the index file does not exist. Check the path, which is relative to the plan's folder, or make it: engine index build MATRIX {file}.");
        return IndexFile.Read(found, vectors.Matrix, vectors.Name, metric, run.Pass);
    }

    private void Measured(IndexedSearch of)
    {
        RecallEstimate recall = of.Recall!;
        string kind = of.Index.Kind.Factory;
        if (recall.Recall < goal.RecallAtLeast)
        {
            string found = FormattableString.Invariant($"the index {kind} found {recall.Recall:F4} of the {recall.Depth} truly nearest rows of {recall.Queries} sampled queries, but \"recallAtLeast\" is {goal.RecallAtLeast}");
            if (search == SimilaritySearch.Auto) throw new IndexDeclinedException(found);
            throw new EngineException(new EngineError(ExitCode.QualityGate, "RECALL", $"{found}. Leave \"index\" out and let the engine choose, lower \"recallAtLeast\", or use \"search\": \"exact\"."));
        }

        if (search != SimilaritySearch.Auto) return;
        double exact = IndexCosts.Exact(of.Index.Rows, of.Queries, of.Index.Dim);
        if (IndexCosts.Search(of.Index.Kind, of.Index.Rows, of.Queries, of.Index.Dim, of.Index.Parameter) > IndexCosts.WorthIt * exact)
            throw new IndexDeclinedException($"to find enough, the index {kind} has to look at so many rows that comparing all of them is no more work");
    }

    private bool Declined(string why)
    {
        run.Note(SearchFact, "exact");
        run.Note("searchWhy", why);
        return false;
    }

    private void Note(IndexedKernels kernels)
    {
        IndexedSearch done = kernels.Search ?? throw new InvalidOperationException("The step searched nothing.");
        RecallEstimate recall = done.Recall!;
        run.Note(SearchFact, "faiss");
        if (search == SimilaritySearch.Auto) run.Note("searchWhy", "by counting, an index is much less work than comparing all rows, and it finds enough");
        run.Note("library", $"FAISS {FaissGate.Version}");
        run.Note("index", done.Index.Kind.Factory);
        if (goal.IndexFile is { } file) run.Note("indexFile", file);
        if (done.Index.Kind.Parameter is { } parameter) run.Note(parameter, done.Index.Parameter);
        run.Note("recall", recall.Recall);
        run.Note("recallInterval", new[] { recall.Lowest, recall.Highest });
        run.Note("recallAt", recall.Depth);
        run.Note("recallQueries", recall.Queries);
        run.Note("recallAtLeast", goal.RecallAtLeast);
        if (done.Completed > 0) run.Note("searchedExactly", done.Completed);
    }

    /// <summary>An index turned out not to be worth it.</summary>
    private sealed class IndexDeclinedException(string why) : Exception(why);
}
