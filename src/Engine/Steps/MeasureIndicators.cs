using System.Buffers;
using System.Globalization;
using System.Text;
using Engine.Data;
using Engine.Indexes;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;

namespace Engine.Steps;

/// <summary>Measures what records look like, one column per indicator: lengths, lexical diversity, distance to neighbours.</summary>
/// <remarks>Lengths are whitespace-separated words. Source: InstructMining (Cao et al. 2023), methods 3.3.</remarks>
public sealed record MeasureIndicators : Step<ScoreTable>
{
    private const string Neighbour = "knn";

    private static readonly string[] OfText = ["inputLength", "outputLength", "mtld"];
    private static readonly string[] OfModels = ["perplexity", "ifd", "reward", "naturalness", "coherence", "understandability"];

    /// <summary>The indicators this step measures, in a sentence.</summary>
    internal static string Known { get; } = $"{string.Join(", ", OfText)}, {Neighbour}1, {Neighbour}2, ...";

    /// <summary>An expression for every name that means something, whether this step measures it or a model does.</summary>
    internal static string NamePattern { get; } = $"{string.Join('|', OfText.Concat(OfModels))}|{Neighbour}[1-9][0-9]{{0,8}}";

    /// <summary>The records.</summary>
    public required Records In { get; init; }

    /// <summary>The indicators in the order of the columns: <c>inputLength</c>, <c>outputLength</c>, <c>mtld</c>, <c>knn1</c>, <c>knn2</c>, ...</summary>
    public required IReadOnlyList<string> Which { get; init; }

    /// <summary>The records' vectors; needed for neighbours.</summary>
    public Embeddings? Embeddings { get; init; }

    /// <summary>Who searches for neighbours.</summary>
    public SimilaritySearch Search { get; init; } = SimilaritySearch.Exact;

    /// <summary>What is asked of a search that is not exact.</summary>
    public SearchGoal Goal { get; init; } = new();

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override ScoreTable Run(StepRun run)
    {
        CheckNames();
        new StepSearch(run, Search, Goal).Check();
        int rows = Candidates.CountRows(In);
        Dictionary<string, double[]> columns = Which.ToDictionary(name => name, _ => Array.Empty<double>(), StringComparer.Ordinal);
        string[] neighbours = [.. Which.Where(name => DepthOf(name) > 0)];
        IResumePoint<IndicatorsPosition>? resume = run.Resume(PositionFormats.Indicators);
        NeighbourPosition? found = null;
        if (neighbours.Length > 0)
        {
            double[][] distances = Distances([.. neighbours.Select(DepthOf)], rows, run, resume);
            for (int i = 0; i < neighbours.Length; i++) columns[neighbours[i]] = distances[i];
            found = NeighbourPosition.Whole(distances);
        }

        if (Which.Any(name => OfText.Contains(name))) ReadTexts(columns, rows, run.Pass, resume, found);
        return new ScoreTable(columns, run.Name) { Pool = In };
    }

    /// <summary>Whether a name means something.</summary>
    internal static bool IsKnown(string name) => OfText.Contains(name) || OfModels.Contains(name) || DepthOf(name) > 0;

    /// <summary>What is said of a name that means nothing.</summary>
    internal static string UnknownName(string name) => $"found the indicator \"{name}\", expected one of: {Known}.{Suggestion.For(name, [.. OfText, .. OfModels, $"{Neighbour}6"])}";

    private void ReadTexts(Dictionary<string, double[]> columns, int rows, Pass pass, IResumePoint<IndicatorsPosition>? resume, NeighbourPosition? neighbours)
    {
        string[] names = [.. Which.Intersect(OfText)];
        foreach (string name in names) columns[name] = new double[rows];
        int row = resume?.From?.TextRows ?? 0;
        for (int i = 0; i < names.Length && row > 0; i++) resume!.From!.TextColumns[i].CopyTo(columns[names[i]], 0);

        double[]? inputs = columns.GetValueOrDefault(OfText[0]), outputs = columns.GetValueOrDefault(OfText[1]), diversity = columns.GetValueOrDefault(OfText[2]);
        TurnReader texts = In.OpenTurns(rows);
        ArrayBufferWriter<byte> response = new();
        for (; row < rows; row++)
        {
            if (row % 256 == 0)
            {
                bool stopped = pass.Cancel.IsCancellationRequested;
                if (resume is not null && (stopped || resume.IsDue)) resume.Keep(new IndicatorsPosition(neighbours, row, [.. names.Select(name => columns[name])]));
                pass.Cancel.ThrowIfCancellationRequested();
                if (row % 4096 == 0) pass.Report("rows", row, rows);
            }

            Utf8Turns turns = texts.Read(row);
            response.ResetWrittenCount();
            long asked = 0, answered = 0, answers = 0;
            for (int turn = 0; turn < turns.Count; turn++)
            {
                ReadOnlySpan<byte> role = turns.Role(turn), content = turns.Content(turn);
                bool isResponse = role.SequenceEqual("assistant"u8) || role.SequenceEqual("text"u8);
                if (!isResponse)
                {
                    if (inputs is not null) asked += Utf8Text.Words(content);
                    continue;
                }

                if (outputs is not null) answered += Utf8Text.Words(content);
                if (diversity is null) continue;
                if (answers++ > 0) response.Write("\n"u8);
                response.Write(content);
            }

            if (inputs is not null) inputs[row] = asked;
            if (outputs is not null) outputs[row] = answered;
            if (diversity is not null) diversity[row] = LexicalDiversity.Mtld(LexicalDiversity.Words(Encoding.UTF8.GetString(response.WrittenSpan)));
        }
    }

    private double[][] Distances(int[] depths, int rows, StepRun run, IResumePoint<IndicatorsPosition>? resume)
    {
        if (Embeddings is not { } vectors)
            throw EngineException.Input(In.Name, "EMBEDDINGS", $"the indicator \"{Neighbour}{depths[0]}\" needs the records' vectors, but none are given. Give the key \"embeddings\".");
        if (vectors.Rows != rows)
            throw EngineException.Input(vectors.Name, "ROWS", $"there are {vectors.Rows} vectors, but {In.Name} has {rows} records. Give one vector per record.");
        if (depths.Max() >= rows)
            throw EngineException.Input(In.Name, "ROWS", $"neighbour {depths.Max()} is asked for, but a row has only {rows - 1} others. Ask for a nearer one.");
        double[] norms = vectors.Norms(run.Kernels, new Pass(cancel: run.Pass.Cancel));
        run.Count(vectors.Bytes, 3.0 * rows * rows * vectors.Dim);
        NeighboursOf? position = resume is null ? null : new NeighboursOf(resume);
        StepSearch search = new(run, Search, Goal);
        return search.Begins(vectors, rows)
            ? search.Run(vectors, norms, IndexMetric.L2, kernels => NearestNeighbours.Distances(vectors.Matrix, norms, depths, kernels, run.Pass), Exactly)
            : Exactly();

        double[][] Exactly() => NearestNeighbours.Distances(vectors.Matrix, norms, depths, run.Kernels, run.Pass, position);
    }

    private void CheckNames()
    {
        foreach (string name in Which)
        {
            if (Which.Count(other => other == name) > 1) throw Refuse(ExitCode.Plan, "DUPLICATE", $"the indicator \"{name}\" is named twice, expected distinct names. Remove one.");
            if (OfModels.Contains(name))
                throw Refuse(ExitCode.Native, "MODEL", $"the indicator \"{name}\" needs a language model, which this step does not run; it measures {Known}. Compute it elsewhere and give it to quality as a column of a \"scores\" input.");
            if (!IsKnown(name)) throw Refuse(ExitCode.Plan, "VALUE", UnknownName(name));
        }

        static EngineException Refuse(ExitCode exit, string code, string message) => new(new EngineError(exit, code, message));
    }

    /// <summary>i of <c>knn{i}</c>, or 0 for another name.</summary>
    private static int DepthOf(string name) =>
        name.StartsWith(Neighbour, StringComparison.Ordinal) && name.Length is > 3 and <= 12 && name[3] is >= '1' and <= '9'
        && int.TryParse(name.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out int depth) ? depth : 0;

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.Records), "The records.");
        Parameter<IReadOnlyList<string>> which = keys.Required("which", new IndicatorShape(), "The indicators, in the order of the columns: inputLength, outputLength, mtld, knn1, knn2 and so on.");
        Parameter<Reference?> embeddings = keys.Optional("embeddings", Shapes.Reference(ValueKind.Embeddings), "The records' vectors, for knn.");
        SearchKeys search = new(keys);
        return new StepBinding("indicators", ValueKind.Scores, "Measures records, one column per indicator.", keys, (arguments, inputs) => new MeasureIndicators
        {
            In = inputs.Get<Records>(arguments.Get(@in)),
            Which = arguments.Get(which),
            Embeddings = inputs.Find<Embeddings>(arguments.Get(embeddings)),
            Search = search.Search(arguments),
            Goal = search.Goal(arguments),
        })
        {
            ReadsFiles = search.Files,
            Needs = (needs, name) =>
            {
                ValueShape records = needs.Of(needs.Get(@in));
                IReadOnlyList<string> columns = needs.Get(which);
                needs.Texts(records);
                needs.Keep($"columns of {name}", 8 * records.Rows * columns.Count);
                if (needs.Get(embeddings) is { } given && columns.Any(column => DepthOf(column) > 0))
                {
                    ValueShape vectors = needs.Of(given);
                    needs.Vectors(vectors);
                    search.Needs(needs, vectors);
                    needs.Use("a copy of the vectors", vectors.Rows * (4L * vectors.Dim + 32));
                }

                return new ValueShape(name, records.Rows) { Dim = columns.Count, Pool = records };
            },
        };
    }

    /// <summary>The neighbours' part of the position; texts come after them.</summary>
    private sealed class NeighboursOf(IResumePoint<IndicatorsPosition> whole) : IResumePoint<NeighbourPosition>
    {
        public NeighbourPosition? From => whole.From?.Neighbours;

        public TimeSpan Interval => whole.Interval;

        public bool IsDue => whole.IsDue;

        public void Keep(NeighbourPosition position) => whole.Keep(new IndicatorsPosition(position, 0, []));
    }
}

/// <summary>Where <see cref="MeasureIndicators"/> stands.</summary>
/// <param name="Neighbours">How far the distances are, or null when none are asked for.</param>
/// <param name="TextRows">Rows whose texts are measured.</param>
/// <param name="TextColumns">The columns that come from texts, at least so many rows of each.</param>
internal sealed record IndicatorsPosition(NeighbourPosition? Neighbours, int TextRows, double[][] TextColumns);
