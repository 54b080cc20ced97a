using System.Buffers;
using System.Globalization;
using System.Text;
using Engine.Data;
using Engine.Indexes;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Plans;
using Engine.Steps.LanguageScores;

namespace Engine.Steps;

/// <summary>Measures records, one column per indicator: lengths, lexical diversity, distance to neighbours, and what language models say of them.</summary>
/// <remarks>Lengths are whitespace-separated words. Source: InstructMining (Cao et al. 2023), methods 3.3.</remarks>
public sealed record MeasureIndicators : Step<ScoreTable>
{
    private const string Neighbour = "knn";

    private static readonly string[] OfText = ["inputLength", "outputLength", "mtld"];

    /// <summary>The indicators this step measures, in a sentence.</summary>
    internal static string Known { get; } = $"{string.Join(", ", OfText)}, {Neighbour}1, {Neighbour}2, ..., {string.Join(", ", IndicatorModels.Names)}";

    /// <summary>An expression for every name that means something.</summary>
    internal static string NamePattern { get; } = $"{string.Join('|', OfText.Concat(IndicatorModels.Names))}|{Neighbour}[1-9][0-9]{{0,8}}";

    /// <summary>The records.</summary>
    public required Records In { get; init; }

    /// <summary>The indicators in the order of the columns: <c>inputLength</c>, <c>outputLength</c>, <c>mtld</c>, <c>knn1</c>, <c>nll</c>, <c>ifd</c>, <c>reward</c>, ...</summary>
    public required IReadOnlyList<string> Which { get; init; }

    /// <summary>The records' vectors; needed for neighbours.</summary>
    public Embeddings? Embeddings { get; init; }

    /// <summary>Who searches for neighbours.</summary>
    public SimilaritySearch Search { get; init; } = SimilaritySearch.Exact;

    /// <summary>What is asked of a search that is not exact.</summary>
    public SearchGoal Goal { get; init; } = new();

    /// <summary>The language model of the indicators that need one and have none of their own.</summary>
    public OnnxModel? Model { get; init; }

    /// <summary>Language models of single indicators, by name.</summary>
    public IReadOnlyList<KeyValuePair<string, OnnxModel>> Models { get; init; } = [];

    /// <summary>How prompt and answer become text for instruction-following difficulty.</summary>
    public DifficultyPrompt DifficultyPrompt { get; init; }

    /// <summary>For models with a decoder: the token that an answer begins after.</summary>
    public int DecoderStart { get; init; }

    private IndicatorModels LanguageModels => new([.. Which.Where(name => IndicatorModels.Names.Contains(name))], Model, Models, DecoderStart);

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override void Check()
    {
        CheckNames();
        StepSearch.Fault(Search, Goal)?.Throw();
        int[] depths = [.. Which.Select(DepthOf).Where(depth => depth > 0)];
        if (depths.Length > 0) CheckVectors(depths, Candidates.CountRows(In));
    }

    /// <inheritdoc/>
    public override ScoreTable Run(StepRun run)
    {
        Check();
        int rows = Candidates.CountRows(In);
        IndicatorModels wanted = LanguageModels;
        ScoringModels? models = wanted.Wanted.Count == 0 ? null : (ScoringModels)(run.Named ?? ScoringModels.Open(wanted, run.Files));
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
        if (models is not null) RunModels(models, columns, rows, run, resume, found);
        return new ScoreTable(columns, run.Name) { Pool = In };
    }

    /// <summary>Whether a name means something.</summary>
    internal static bool IsKnown(string name) => OfText.Contains(name) || IndicatorModels.Names.Contains(name) || DepthOf(name) > 0;

    /// <summary>What is said of a name that means nothing.</summary>
    internal static string UnknownName(string name) => $"found the indicator \"{name}\", expected one of: {Known}.{Suggestion.For(name, [.. OfText, .. IndicatorModels.Names, $"{Neighbour}6"])}";

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
                if (resume is not null && (stopped || resume.IsDue)) resume.Keep(new IndicatorsPosition(neighbours, row, [.. names.Select(name => columns[name])], []));
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

    private void RunModels(
        ScoringModels models, Dictionary<string, double[]> columns, int rows, StepRun run, IResumePoint<IndicatorsPosition>? resume, NeighbourPosition? neighbours)
    {
        string[] texts = [.. Which.Intersect(OfText)], names = [.. models.Groups.SelectMany(group => group.Names)];
        double[][] before = resume?.From?.ModelColumns ?? [];
        foreach (string name in names) columns[name] = new double[rows];
        for (int i = 0; i < before.Length; i++) before[i].CopyTo(columns[names[i]], 0);

        int finished = 0;
        foreach (ScoringGroup group in models.Groups)
        {
            int first = finished < before.Length ? before[finished].Length : 0;
            new LanguageScorer(In, group, DifficultyPrompt, run).Score(columns, first, row =>
            {
                if (resume is null || !(resume.IsDue || run.Pass.Cancel.IsCancellationRequested)) return;
                int part = finished + group.Names.Count;
                resume.Keep(new IndicatorsPosition(neighbours, texts.Length == 0 ? 0 : rows, [.. texts.Select(name => columns[name])],
                    [.. names.Take(part).Select((name, i) => columns[name][..(i < finished ? rows : row)])]));
            });
            finished += group.Names.Count;
            foreach (InputFile file in group.Files.All) run.NoteFile("model", file.Name, file.Sha256(new Pass(cancel: run.Pass.Cancel)));
            run.Note("onnxruntime", group.Files.Library.Version);
        }
    }

    private Embeddings CheckVectors(int[] depths, int rows)
    {
        if (Embeddings is not { } vectors)
            throw EngineException.Input(In.Name, "EMBEDDINGS", $"the indicator \"{Neighbour}{depths[0]}\" needs the records' vectors, but none are given. Give the key \"embeddings\".");
        if (vectors.Rows != rows)
            throw EngineException.Input(vectors.Name, "ROWS", $"there are {vectors.Rows} vectors, but {In.Name} has {rows} records. Give one vector per record.");
        if (depths.Max() >= rows)
            throw EngineException.Input(vectors.Name, "ROWS", $"neighbour {depths.Max()} is asked for, but a row has only {rows - 1} others. Ask for a nearer one.");
        return vectors;
    }

    private double[][] Distances(int[] depths, int rows, StepRun run, IResumePoint<IndicatorsPosition>? resume)
    {
        Embeddings vectors = CheckVectors(depths, rows);
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
            if (!IsKnown(name)) throw Refuse(ExitCode.Plan, "VALUE", UnknownName(name));
        }

        foreach ((string name, OnnxModel model) in Models)
        {
            if (!Which.Contains(name) || !IndicatorModels.Names.Contains(name))
                throw Refuse(ExitCode.Plan, "KEYS", $"found a model for \"{name}\", which is none of the indicators asked for that need one ({string.Join(", ", LanguageModels.Wanted)}). Remove it, or ask for the indicator.");
            CheckKeys(model);
        }

        if (Model is not null) CheckKeys(Model);
        if (Model is not null && LanguageModels.Wanted.Count == 0)
            throw Refuse(ExitCode.Plan, "KEYS", $"found a \"model\", but none of {string.Join(", ", Which)} needs one. Remove it, or ask for one of {string.Join(", ", IndicatorModels.Names)}.");

        static void CheckKeys(OnnxModel model)
        {
            if (model.Side != Templates.EncodingSide.Pool)
                throw Refuse(ExitCode.Plan, "KEYS", "found \"side\" in a model of indicators, which is for embed. Remove it.");
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
        Parameter<OnnxModel?> model = keys.Optional("model", OnnxModel.Form.To(form => (OnnxModel)form), "The language model of the indicators that need one.");
        Parameter<IReadOnlyList<KeyValuePair<string, OnnxModel>>?> models = keys.Optional("models", Shapes.Map(OnnxModel.Form.To(form => (OnnxModel)form)), "Language models of single indicators, by name, where they are not \"model\".");
        Parameter<DifficultyPrompt> prompt = keys.Optional("prompt",
            Shapes.Choice(("wizard", DifficultyPrompt.Wizard), ("alpaca", DifficultyPrompt.Alpaca), ("template", DifficultyPrompt.Template)), DifficultyPrompt.Wizard, "wizard",
            "For ifd: how instruction and answer become text: the published code's two prompts, or the model's template.");
        Parameter<int> decoderStart = keys.Optional("decoderStart", Shapes.Count(), 0, 0, "For models with a decoder: the token that an answer begins after.");
        MeasureIndicators Make(Arguments arguments, Records records, Embeddings? vectors) => new()
        {
            In = records,
            Which = arguments.Get(which),
            Embeddings = vectors,
            Search = search.Search(arguments),
            Goal = search.Goal(arguments),
            Model = arguments.Get(model),
            Models = arguments.Get(models) ?? [],
            DifficultyPrompt = arguments.Get(prompt),
            DecoderStart = arguments.Get(decoderStart),
        };
        return new StepBinding("indicators", ValueKind.Scores, "Measures records, one column per indicator.", keys,
            (arguments, inputs) => Make(arguments, inputs.Get<Records>(arguments.Get(@in)), inputs.Find<Embeddings>(arguments.Get(embeddings))))
        {
            ReadsFiles = arguments => [.. search.Files(arguments), .. (arguments.Get(models) ?? []).Select(named => named.Value).Append(arguments.Get(model)).OfType<OnnxModel>().SelectMany(of => of.Paths)],
            Open = (arguments, files) =>
            {
                MeasureIndicators step = Make(arguments, Records.From([]), null);
                step.CheckNames();
                return step.LanguageModels.Wanted.Count == 0 ? null : ScoringModels.Open(step.LanguageModels, files);
            },
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

                foreach (ScoringGroup group in ((ScoringModels?)needs.Files)?.Groups ?? [])
                {
                    // One model after the other: only the largest would count, but how much memory a library gives back is not known.
                    needs.Use($"the model of {string.Join(", ", group.Names)}", 2 * group.Files.ModelBytes + 10 * group.Files.Tokenizer.Length);
                    needs.Use($"batches of {string.Join(", ", group.Names)}", group.Lanes(needs.Threads) * (group.Shape.BatchBytes + group.BatchLogitBytes));
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

        public void Keep(NeighbourPosition position) => whole.Keep(new IndicatorsPosition(position, 0, [], []));
    }
}

/// <summary>Where <see cref="MeasureIndicators"/> stands.</summary>
/// <param name="Neighbours">How far the distances are, or null when none are asked for.</param>
/// <param name="TextRows">Rows whose texts are measured.</param>
/// <param name="TextColumns">The columns that come from texts, at least so many rows of each.</param>
/// <param name="ModelColumns">The columns that models have begun, in order of models, each as long as it is measured.</param>
internal sealed record IndicatorsPosition(NeighbourPosition? Neighbours, int TextRows, double[][] TextColumns, double[][] ModelColumns);
