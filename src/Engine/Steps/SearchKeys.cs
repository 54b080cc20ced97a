using Engine.Indexes;
using Engine.Plans;

namespace Engine.Steps;

/// <summary>The keys of a step that can search through an index.</summary>
internal sealed class SearchKeys
{
    private readonly Parameter<SimilaritySearch> _search;
    private readonly Parameter<string?> _index;
    private readonly Parameter<string?> _file;
    private readonly Parameter<long?> _memory;
    private readonly Parameter<double> _recall;

    /// <summary>Declares them.</summary>
    /// <param name="keys">The step's keys.</param>
    public SearchKeys(ParameterSet keys)
    {
        _search = keys.Optional("search", Shapes.Choice(("exact", SimilaritySearch.Exact), ("faiss", SimilaritySearch.Faiss), ("auto", SimilaritySearch.Auto)), SimilaritySearch.Exact, "exact",
            "Who searches: the exact kernels, an index of the FAISS library with measured recall, or the index only where it is much less work.");
        _index = keys.Optional("index", Shapes.Text, "For faiss: the kind of index in the words of FAISS's index factory, such as IVF1024,Flat; the engine chooses when absent.");
        _file = keys.Optional("indexFile", Shapes.Path, "For faiss: an index file that engine index build made of the same vectors.");
        _memory = keys.OptionalValue("indexMemory", Shapes.Size, "For faiss: the most memory an index may take when the engine chooses; no limit when absent.");
        _recall = keys.Optional("recallAtLeast", Shapes.Number(0, 1), 0.95, 0.95, "For faiss: the share of the truly nearest rows that must be found; a run that measures less ends with exit 12.");
        keys.Rule(_search, arguments => StepSearch.Fault(Search(arguments), Goal(arguments)));
    }

    /// <summary>Who searches.</summary>
    public SimilaritySearch Search(Arguments arguments) => arguments.Get(_search);

    /// <summary>What is asked of an approximate search.</summary>
    public SearchGoal Goal(Arguments arguments) => new()
    {
        Index = arguments.Get(_index),
        IndexFile = arguments.Get(_file),
        IndexMemory = arguments.Get(_memory),
        RecallAtLeast = arguments.Get(_recall),
    };

    /// <summary>The index file, where one is named.</summary>
    public IEnumerable<string> Files(Arguments arguments) => arguments.Get(_file) is { } file ? [file] : [];

    /// <summary>The memory an index takes.</summary>
    /// <param name="needs">Where it is taken down.</param>
    /// <param name="vectors">The matrix.</param>
    public void Needs(StepNeeds needs, ValueShape vectors)
    {
        if (needs.Get(_search) == SimilaritySearch.Exact) return;
        IndexKind kind = new(needs.Get(_index) ?? IndexKind.IvfFlat(vectors.Rows).Factory);
        long bytes = kind.Bytes(vectors.Rows, vectors.Dim);
        long sample = sizeof(float) * (long)vectors.Dim * Math.Min(vectors.Rows, IndexCosts.CoarseRowsPerList * Math.Max(1L, kind.Lists));
        needs.Use("the index", Math.Min(bytes, needs.Get(_memory) ?? bytes) + sample);
    }
}
