using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Engine.Bench.Study;

namespace Engine.Bench.Words;

/// <summary>Do meanings of words find more than the words themselves? FOLDOC entries chosen for the questions of perlfaq, by word vectors and by hashed words, judged by the entries' fields.</summary>
internal static class WordsStudy
{
    private const int Words = 100_000;

    private static readonly string[] Fields = ["language", "programming", "operating system"];
    private static readonly int[] Budgets = [100, 300, 1000];
    private static readonly (string Name, string Vectors)[] Embedders = [("hashed words, 1,024 elements", "hashing"), ("word vectors, 100 elements", "words")];
    private static readonly string[] Reducers = ["max", "roundRobin"];

    /// <summary>Runs the study.</summary>
    /// <param name="arguments">The command line after the verb.</param>
    /// <returns>0 when word vectors beat both hashing and chance at every budget, by the highest cosine of any question; else 1.</returns>
    public static int Run(string[] arguments)
    {
        if (Option(arguments, "--data") is not { } data || Option(arguments, "--vectors") is not { } vectors)
        {
            Console.Error.WriteLine("words --data DIR --vectors FILE: bench/words/run.sh fetches both");
            return 2;
        }

        string folder = Directory.CreateTempSubdirectory("engine-words-").FullName;
        try
        {
            return Run(data, vectors, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Run(string data, string vectors, string folder)
    {
        StudyRecord[] pool = [.. DictionarySource.Read(Path.Combine(data, "usr", "share", "dictd"), "foldoc")];
        string perl = Directory.GetDirectories(Path.Combine(data, "usr", "share", "perl")).Order(StringComparer.Ordinal).Last();
        string[] questions = [.. PerlFaqSource.Read(Path.Combine(perl, "pod")).Select(record => record.Prompt)];
        StudyRecord.WriteAll(Path.Combine(folder, "pool.jsonl"), pool);
        File.WriteAllLines(Path.Combine(folder, "questions.jsonl"), questions.Select(question => new JsonObject { ["text"] = question }.ToJsonString()));
        WordsModel.Write(WordVectors.Read(vectors, Words), folder);

        string plan = Path.Combine(folder, "plan.json");
        File.WriteAllText(plan, Plan().ToJsonString());
        using var engine = new SelectionEngine();
        long clock = Stopwatch.GetTimestamp();
        string run = engine.Run(SelectionEngine.ReadPlan(plan)).Folder;
        TimeSpan took = Stopwatch.GetElapsedTime(clock);

        bool[] wanted = [.. pool.Select(record => Fields.Contains(record.Label.Split('/')[1]))];
        double chance = wanted.Average(is_ => is_ ? 1.0 : 0.0);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{pool.Length} FOLDOC entries in {pool.Select(r => r.Label).Distinct().Count()} fields, {questions.Length} questions of perlfaq, {Words} words. Share of the chosen entries from the fields {string.Join(", ", Fields)}:"));
        Console.WriteLine();
        Console.WriteLine($"| embedding | reduce | {string.Join(" | ", Budgets.Select(b => $"{b} chosen"))} |");
        Console.WriteLine($"| --- | --- |{string.Concat(Budgets.Select(_ => " ---: |"))}");
        Line("none: chance", "", Budgets.Select(_ => chance));
        Dictionary<string, double[]> found = [];
        foreach (string reducer in Reducers)
        {
            foreach ((string name, string step) in Embedders)
            {
                double[] shares = [.. Budgets.Select(budget => Share(Path.Combine(run, "steps", Step(step, reducer, budget), "selection.csv"), wanted))];
                found[$"{step} {reducer}"] = shares;
                Line(name, reducer, shares);
            }
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The whole plan took {took.TotalSeconds:0.0} s."));
        bool better = Enumerable.Range(0, Budgets.Length).All(i => found["words max"][i] > found["hashing max"][i] && found["words max"][i] > chance);
        if (!better) Console.Error.WriteLine("Word vectors should have found more than hashed words and chance.");
        return better ? 0 : 1;
    }

    private static JsonObject Plan()
    {
        var steps = new JsonObject();
        foreach ((string _, string vectors) in Embedders)
        {
            JsonNode Model() => vectors == "hashing"
                ? new JsonObject { ["hashing"] = new JsonObject { ["dim"] = 1024 } }
                : new JsonObject { ["onnx"] = "words.onnx", ["tokenizer"] = "tokenizer.json" };
            foreach (string records in new[] { "pool", "questions" })
                steps[$"{vectors}-{records}"] = new JsonObject { ["op"] = "embed", ["in"] = records, ["template"] = "plain", ["pooling"] = "mean", ["model"] = Model() };
            foreach (string reducer in Reducers)
            {
                foreach (int budget in Budgets)
                {
                    steps[Step(vectors, reducer, budget)] = new JsonObject
                    {
                        ["op"] = "rds",
                        ["in"] = $"{vectors}-pool",
                        ["queries"] = new JsonObject { ["perl"] = $"{vectors}-questions" },
                        ["reduce"] = reducer,
                        ["budget"] = budget,
                    };
                }
            }
        }

        return new JsonObject
        {
            ["version"] = 1,
            ["inputs"] = new JsonObject
            {
                ["pool"] = new JsonObject { ["kind"] = "records", ["path"] = "pool.jsonl", ["source"] = "label" },
                ["questions"] = new JsonObject { ["kind"] = "records", ["path"] = "questions.jsonl" },
            },
            ["steps"] = steps,
            ["run"] = new JsonObject { ["dir"] = "run" },
        };
    }

    private static string Step(string vectors, string reducer, int budget) => string.Create(CultureInfo.InvariantCulture, $"{vectors}-{reducer}-{budget}");

    private static double Share(string selection, bool[] wanted)
    {
        string[] lines = File.ReadAllLines(selection);
        int column = Array.IndexOf(lines[0].Split(','), "row");
        return lines.Skip(1).Average(line => wanted[int.Parse(line.Split(',')[column], CultureInfo.InvariantCulture)] ? 1.0 : 0.0);
    }

    private static void Line(string name, string reducer, IEnumerable<double> shares) =>
        Console.WriteLine($"| {name} | {reducer} |{string.Concat(shares.Select(share => string.Create(CultureInfo.InvariantCulture, $" {100 * share:0.0} % |")))}");

    private static string? Option(string[] words, string name) => Array.IndexOf(words, name) is >= 0 and var at && at + 1 < words.Length ? words[at + 1] : null;
}
