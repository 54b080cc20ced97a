using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Engine.Data;
using Engine.Kernels;
using Engine.Selections;
using Engine.Steps;

namespace Engine.Bench.Study;

/// <summary>Does selection help? Trains a small language model on what every method chooses and measures its loss on a target.</summary>
/// <remarks>
/// The target is split by the seed: a third are the queries the methods may see, the rest is held out. Every seed also draws its own random parts,
/// k-means start and base model. Results go to the console as Markdown, whatever they say.
/// </remarks>
internal sealed class SelectionStudy(StudyPool data, string folder, int seeds) : IDisposable
{
    private static readonly int[] Percents = [1, 5, 10];
    private static readonly string[] Sizes = [.. Percents.Select(p => $"{p}%")];

    private const int HashingDim = 512;
    private const int ClusterUpdates = 30;
    private const int FitRuns = 60;

    private readonly SelectionEngine _engine = new(new EngineOptions { Seed = 42 });
    private readonly StudyTable _table = new(Sizes);

    /// <summary>A stand-in for a reward model: how many different words the answer has.</summary>
    private readonly double[] _said = [.. data.Pool.Select(r => (double)r.Answer.Split(' ').Distinct(StringComparer.OrdinalIgnoreCase).Count())];

    /// <summary>Runs the study.</summary>
    /// <param name="words">The command line after the verb.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] words)
    {
        if (Option(words, "--data") is not { } source || !Directory.Exists(Path.Combine(source, "usr")))
        {
            Console.Error.WriteLine("selection --data DIR [--seeds N] [--share PERMILLE]: fill DIR with bench/selection/fetch.sh DIR first");
            return 2;
        }

        int seeds = Number(words, "--seeds", 5);
        string folder = Directory.CreateTempSubdirectory("engine-study-").FullName;
        try
        {
            using var study = new SelectionStudy(StudyPool.Read(source, Number(words, "--share", 1000)), folder, seeds);
            study.Measure().GetAwaiter().GetResult();
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public void Dispose() => _engine.Dispose();

    private static string? Option(string[] words, string name) => Array.IndexOf(words, name) is >= 0 and var at && at + 1 < words.Length ? words[at + 1] : null;

    private static int Number(string[] words, string name, int otherwise) => Option(words, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private async Task Measure()
    {
        Console.WriteLine($"Pool: {data.Pool.Count} records, {data.Pool.Select(r => r.Label).Distinct().Count()} labels, {data.Pool.Sum(r => r.Text.Length) / 1e6:0.0} MB. Target: {data.Target.Count} questions and answers of perlfaq. {seeds} seeds.");
        Console.WriteLine();
        StudyRecord.WriteAll(At("pool.jsonl"), data.Pool);
        WriteColumn("said.csv", "said", _said);
        RunPlan("base", 42, new JsonObject { ["pool"] = Records("pool.jsonl") }, $$"""
            { "vec": { "op": "embed", "in": "pool", "model": { "hashing": { "dim": {{HashingDim}} } } },
              "signs": { "op": "indicators", "in": "pool", "which": ["inputLength", "outputLength", "mtld", "knn6"], "embeddings": "vec" } }
            """);
        for (int seed = 1; seed <= seeds; seed++) await MeasureSeed(seed);
        Console.WriteLine(_table.ToMarkdown());
    }

    private async Task MeasureSeed(int seed)
    {
        var random = new RandomStream(seed, "study");
        int[] order = random.Sample(data.Target.Count, data.Target.Count);
        int dev = data.Target.Count / 3;
        string[] held = [.. order.Skip(dev).Select(i => data.Target[i].Text)];
        StudyRecord.WriteAll(At("dev.jsonl"), order.Take(dev).Select(i => data.Target[i]));
        var baseModel = new KneserNey(random.Sample(data.Pool.Count, data.Pool.Count / 50).Select(i => data.Pool[i].Text));
        WriteColumn("nll.csv", "nll", data.Pool.Select(r => baseModel.BitsPerByte([r.Text])));
        WriteFitRuns([.. order.Take(dev).Select(i => data.Target[i].Text)], random);

        string run = RunPlan($"seed-{seed}", seed, Inputs(), Steps());
        (StudyMethod Method, int Size, int[] Rows)[] cells = [.. Cells().Select(c => (c.Method, c.Size, NpyNumbers(Path.Combine(run, "steps", c.Step, "indices.npy")).ToArray()))];
        long[] evenBytes = [.. cells.Where(c => c.Method.Name == StudyMethods.Random).OrderBy(c => c.Size).Select(c => BytesOf(c.Rows))];
        StudyOutcome[] outcomes = new StudyOutcome[cells.Length];
        Parallel.For(0, cells.Length, i => outcomes[i] = Judge(cells[i].Rows, evenBytes[cells[i].Size], held));
        for (int i = 0; i < cells.Length; i++) _table.Add(cells[i].Method.Name, cells[i].Size, outcomes[i]);

        string scorer = string.Join('\n', order.Take(dev).Select(i => data.Target[i].Text));
        for (int size = 0; size < Sizes.Length; size++)
        {
            int[] rows = await DrawInRounds(seed, size, new KneserNey([scorer]), random);
            _table.Add("iterative kMQ", size, Judge(rows, evenBytes[size], held));
        }

        Console.Error.WriteLine($"seed {seed} of {seeds} done");
    }

    /// <summary>Diversify and Conquer's loop: three rounds, each model's own answers compared with the records' under a scorer of the target.</summary>
    private async Task<int[]> DrawInRounds(int seed, int size, KneserNey scorer, RandomStream random)
    {
        using var engine = new SelectionEngine(new EngineOptions { Seed = seed });
        using var files = new InputFiles();
        using Embeddings vectors = EmbeddingsFile.Open(new EmbeddingsInput("vec", [At("base/steps/vec/embeddings.npy")], "vec"), files);
        Clustering groups = await engine.RunAsync("groups", new KMeans { In = vectors, K = Clusters, Spherical = true, MaxIterations = ClusterUpdates });
        List<int> sofar = [];
        Selection drawn = await engine.RunAsync(new SampleInRounds
        {
            Clusters = groups,
            Quality = new ScoreTable(new Dictionary<string, double[]> { ["said"] = [.. _said] }, "said"),
            Rounds = 3,
            Budget = Budget.Percent(Percents[size]),
            Feedback = (round, _) =>
            {
                sofar.AddRange(round.Chosen.Indices);
                var model = new KneserNey(sofar.Select(r => data.Pool[r].Text));
                StudyRecord[] scored = [.. round.ScoredRows.Select(r => data.Pool[r])];
                return new RoundFeedback([.. scored.Select(r => Reward(r.Answer))], [.. scored.Select(r => Reward(model.Continue(r.Prompt + "\n", r.Answer.Length, random)))]);
            },
        });
        return drawn.Indices;

        double Reward(string answer) => -scorer.BitsPerByte([answer]);
    }

    private long BytesOf(int[] rows) => rows.Sum(r => (long)data.Pool[r].Text.Length);

    private StudyOutcome Judge(int[] rows, long even, string[] held)
    {
        List<string> first = [];
        long taken = 0;
        foreach (int row in rows)
        {
            if (taken >= even) break;
            first.Add(data.Pool[row].Text);
            taken += data.Pool[row].Text.Length;
        }

        double loss = new KneserNey(rows.Select(r => data.Pool[r].Text)).BitsPerByte(held);
        double evenLoss = first.Count == rows.Length ? loss : new KneserNey(first).BitsPerByte(held);
        double coverage = (double)rows.Select(r => data.Pool[r].Label).Distinct().Count() / data.Pool.Select(r => r.Label).Distinct().Count();
        return new StudyOutcome(loss, evenLoss, coverage, (double)BytesOf(rows) / even);
    }

    /// <summary>InstructMining's experiments: random mixtures, the loss after training on each, and the mean of every indicator.</summary>
    private void WriteFitRuns(string[] dev, RandomStream random)
    {
        string[] lines = File.ReadAllLines(At("base/steps/signs/scores.csv"));
        double[][] signs = [.. lines.Skip(1).Select(l => l.Split(',').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray())];
        string[] sources = [.. data.Pool.Select(r => r.Label.Split('/')[0])];
        string[] names = [.. sources.Distinct().Order(StringComparer.Ordinal)];
        int each = data.Pool.Count / 100;
        var text = new StringBuilder($"{lines[0]},loss\n");
        for (int i = 0; i < FitRuns; i++)
        {
            // A mixture leans towards one source, so that the runs differ in what the indicators measure.
            string favourite = names[i % names.Length];
            int[] draw = random.Sample(data.Pool.Count, data.Pool.Count);
            int[] rows = [.. draw.Where(r => sources[r] == favourite).Take(each / 2), .. draw.Take(each - (each / 2))];
            double loss = new KneserNey(rows.Select(r => data.Pool[r].Text)).BitsPerByte(dev);
            text.AppendJoin(',', Enumerable.Range(0, signs[0].Length).Select(c => rows.Average(r => signs[r][c]).ToString("R", CultureInfo.InvariantCulture)));
            text.Append(CultureInfo.InvariantCulture, $",{loss:R}\n");
        }

        File.WriteAllText(At("runs.csv"), text.ToString());
    }

    private JsonObject Inputs() => new()
    {
        ["pool"] = Records("pool.jsonl"),
        ["target"] = Records("dev.jsonl"),
        ["vec"] = new JsonObject { ["kind"] = "embeddings", ["path"] = "base/steps/vec/embeddings.npy", ["rowsOf"] = "pool" },
        ["signs"] = Scores("base/steps/signs/scores.csv"),
        ["nll"] = Scores("nll.csv"),
        ["said"] = Scores("said.csv"),
        ["runs"] = new JsonObject { ["kind"] = "scores", ["path"] = "runs.csv" },
    };

    private string Steps()
    {
        string labels = string.Join(", ", data.TaskLabels.Select(l => $"\"{l}\""));
        var text = new StringBuilder($$"""
            { "dev": { "op": "embed", "in": "target", "model": { "hashing": { "dim": {{HashingDim}} } } },
              "groups": { "op": "kmeans", "in": "vec", "k": {{Clusters}}, "spherical": true, "maxIterations": {{ClusterUpdates}} },
              "task": { "op": "taskCentre", "in": "vec", "clusters": "groups", "source": [{{labels}}] },
              "rule": { "op": "fitQuality", "runs": "runs" },
              "unlike": { "op": "dedup", "in": "vec", "clusters": "groups", "threshold": 0.8 }
            """);
        foreach ((StudyMethod method, int size, string step) in Cells())
            text.Append(CultureInfo.InvariantCulture, $", \"{step}\": {method.Step.Replace("BUDGET", $"\"{Sizes[size]}\"", StringComparison.Ordinal)}");
        return text.Append('}').ToString();
    }

    private static IEnumerable<(StudyMethod Method, int Size, string Step)> Cells() =>
        StudyMethods.All.SelectMany((method, m) => Enumerable.Range(0, Sizes.Length).Select(size => (method, size, $"m{m}-{size}")));

    private string RunPlan(string name, int seed, JsonObject inputs, string steps)
    {
        var plan = new JsonObject { ["version"] = 1, ["seed"] = seed, ["inputs"] = inputs, ["steps"] = JsonNode.Parse(steps), ["run"] = new JsonObject { ["dir"] = name } };
        File.WriteAllText(At(name + ".json"), plan.ToJsonString());
        return _engine.Run(SelectionEngine.ReadPlan(At(name + ".json"))).Folder;
    }

    private static JsonObject Records(string path) => new() { ["kind"] = "records", ["path"] = path, ["source"] = "label" };

    private static JsonObject Scores(string path) => new() { ["kind"] = "scores", ["path"] = path, ["rowsOf"] = "pool" };

    private void WriteColumn(string file, string name, IEnumerable<double> values) =>
        File.WriteAllLines(At(file), values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)).Prepend(name));

    private static IEnumerable<int> NpyNumbers(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        for (int at = 10 + BitConverter.ToUInt16(file, 8); at < file.Length; at += sizeof(long)) yield return checked((int)BitConverter.ToInt64(file, at));
    }

    private int Clusters => Math.Clamp(data.Pool.Count / 400, 2, 100);

    private string At(string name) => Path.Combine(folder, name);
}
