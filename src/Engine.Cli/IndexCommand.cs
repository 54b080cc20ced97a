using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Engine.Data;
using Engine.Indexes;

namespace Engine.Cli;

/// <summary><c>engine index build|search|info</c>.</summary>
internal static class IndexCommand
{
    public static Command Create() => new("index", "Makes index files for approximate searches, searches them, and says what they are.") { Build(), Search(), Info() };

    private static Command Build()
    {
        var source = new Argument<string>("matrix") { Description = "Embeddings: a file or a pattern of shards." };
        var target = new Argument<string>("index") { Description = "The file to write." };
        Option<string> metric = new("--metric") { Description = "cosine, as rds and dedup need it, or l2, as the indicators knn1, knn2, ... do.", DefaultValueFactory = _ => "cosine" };
        Option<string?> kind = new("--index") { Description = "The kind of index in the words of FAISS's index factory, such as IVF1024,Flat; the engine's choice without.", HelpName = "factory" };
        Option<string?> memory = new("--index-memory") { Description = "Most memory for an index that the engine chooses, such as 2GiB.", HelpName = "size" };
        Option<bool> force = new("--force") { Description = "Replace a file that stands at the output." };
        Option<int?> threads = Threads();
        InputWords words = new();
        metric.AcceptOnlyFromAmong("cosine", "l2");
        var command = new Command("build", "Makes an index file of a matrix and prints its path. It serves plans (\"indexFile\") and index search, for that matrix alone.") { source, target, metric, kind, memory, force, threads };
        words.AddTo(command);
        command.SetAction(parsed =>
        {
            string to = parsed.GetValue(target)!;
            IndexConstruction construction = new(words.Read(parsed, parsed.GetValue(source)!), Path.GetFullPath(to), to)
            {
                Metric = parsed.GetValue(metric) == "l2" ? IndexMetric.L2 : IndexMetric.Cosine,
                Index = parsed.GetValue(kind),
                Memory = MemoryLimit.Parse(parsed.GetValue(memory)),
                Threads = parsed.GetValue(threads) ?? 0,
                Force = parsed.GetValue(force),
            };
            return Stoppable("nothing was left behind. Build again.", cancel =>
            {
                (IndexTrailer made, IReadOnlyList<string> warnings) = construction.Run(cancel);
                foreach (string warning in warnings) StandardError.WriteLine(warning);
                StandardError.WriteLine(FormattableString.Invariant($"{made.Factory} over {made.Rows:N0} rows of {made.Dim}, {MemoryLimit.Text(made.Bytes)}"));
                StandardOutput.WriteLine(to);
            });
        });
        return command;
    }

    private static Command Search()
    {
        var file = new Argument<string>("index") { Description = "The index file." };
        var matrix = new Argument<string>("matrix") { Description = "The matrix it was made of: a file or a pattern of shards." };
        var queries = new Argument<string>("queries") { Description = "The vectors whose nearest rows are wanted: a file or a pattern of shards." };
        Option<int?> depth = NumberWords.Whole<int>("--k", "Rows wanted for each query.");
        Option<double?> recall = NumberWords.Number<double>("--recall-at-least", "The share of the truly nearest rows that must be found; less is exit 12.");
        depth.DefaultValueFactory = _ => 10;
        recall.DefaultValueFactory = _ => 0.95;
        Option<int?> threads = Threads();
        var command = new Command("search", "Prints the nearest rows of every query as CSV (query,rank,row,cosine or distance), exactly scored; the recall measured goes to stderr.") { file, matrix, queries, depth, recall, threads };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(depth) < 1) throw Usage("--k is less than 1; a list has at least one row.");
            if (!(parsed.GetValue(recall) is >= 0 and <= 1)) throw Usage("--recall-at-least must be a share from 0 to 1.");
            IndexLookup lookup = new(parsed.GetValue(file)!, Input(parsed.GetValue(matrix)!), Input(parsed.GetValue(queries)!))
            {
                Depth = parsed.GetValue(depth)!.Value,
                RecallAtLeast = parsed.GetValue(recall)!.Value,
                Threads = parsed.GetValue(threads) ?? 0,
            };
            return Stoppable("nothing was printed. Search again.", cancel =>
            {
                IndexAnswer answer = lookup.Run(cancel);
                string parameter = answer.Parameter is null ? "" : FormattableString.Invariant($", {answer.Parameter} {answer.Value}");
                StandardError.WriteLine(FormattableString.Invariant(
                    $"recall@{answer.Recall.Depth} {answer.Recall.Recall:F4}, 95 % interval {answer.Recall.Lowest:F4} to {answer.Recall.Highest:F4}, measured on {answer.Recall.Queries} queries{parameter}"));
                var text = new StringBuilder($"query,rank,row,{(answer.Metric == IndexMetric.Cosine ? "cosine" : "distance")}\n");
                foreach (IndexHit hit in answer.Hits) text.Append(CultureInfo.InvariantCulture, $"{hit.Query},{hit.Rank},{hit.Row},{hit.Score:R}\n");
                StandardOutput.Write(text.ToString());
            });
        });
        return command;
    }

    private static Command Info()
    {
        var file = new Argument<string>("index") { Description = "The index file." };
        var command = new Command("info", "Says what an index file is and checks every byte of it; needs no library.") { file };
        command.SetAction(parsed => Stoppable("nothing was changed.", cancel =>
        {
            string path = parsed.GetValue(file)!;
            IndexTrailer facts = IndexLookup.Describe(path, cancel);
            (string Name, object Value)[] rows =
            [
                ("index", facts.Factory), ("metric", IndexTrailer.Word(facts.Metric)), ("rows", facts.Rows), ("dim", (long)facts.Dim), ("matrix", facts.Matrix),
                ("bytes", facts.Bytes), ("sha256", facts.Sha256), ("library", $"FAISS {facts.Library}"),
            ];
            StandardOutput.Write(parsed.GetValue<bool>("--json") ? Json(rows) : $"{EngineError.Printable(path)}\n" + string.Concat(rows.Select(row =>
                EngineError.Printable(string.Create(CultureInfo.InvariantCulture, $"  {row.Name,-8} {row.Value}")) + "\n")));
        }));
        return command;
    }

    private static string Json((string Name, object Value)[] facts)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, JsonResult.Options))
        {
            json.WriteStartObject();
            foreach ((string name, object value) in facts)
            {
                if (value is long number) json.WriteNumber(name, number);
                else json.WriteString(name, (string)value);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static int Stoppable(string otherwise, Action<CancellationToken> work)
    {
        using var stop = new RunStop(limit: null);
        try
        {
            work(stop.Token);
            return (int)ExitCode.Ok;
        }
        catch (OperationCanceledException stopped) when (stop.Token.IsCancellationRequested)
        {
            throw stop.Explain(stopped, otherwise);
        }
    }

    private static Option<int?> Threads() => NumberWords.Whole<int>("--threads", "Worker threads, 0 for one per processor.");

    private static EmbeddingsInput Input(string written) => new("in", InputPaths.Resolve(Environment.CurrentDirectory, written), written);

    private static EngineException Usage(string message) => new(new EngineError(ExitCode.CommandLine, "USAGE", message));

    /// <summary>What a plan would say of an embeddings input beside its path.</summary>
    private sealed class InputWords
    {
        private readonly Option<string?> _tensor = new("--tensor") { Description = "The tensor to read from .safetensors files." };
        private readonly Option<string?> _column = new("--column") { Description = "The column of lists to read from Parquet files." };

        public void AddTo(Command command)
        {
            command.Add(_tensor);
            command.Add(_column);
        }

        public EmbeddingsInput Read(ParseResult parsed, string written) => Input(written) with { Tensor = parsed.GetValue(_tensor), Column = parsed.GetValue(_column) };
    }
}
