using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Engine.Data;
using Engine.Kernels;
using Engine.Native.OnnxRuntime;
using Engine.Steps;
using Engine.Steps.Onnx;
using Engine.Tests.Onnx;

namespace Engine.Bench;

/// <summary>From text to vectors: tokenizing, the model and pooling, each alone, the whole step, and Python on the same tokens.</summary>
internal sealed class EmbedBench : IDisposable
{
    private const double MostPooling = 0.02;
    private const double MostDifference = 1e-5;
    private const int MostTokens = 256;

    private readonly string _folder = Directory.CreateTempSubdirectory("engine-embed-").FullName;
    private readonly InputFiles _inputs = new();
    private readonly int _rounds;
    private readonly int _threads;
    private readonly OnnxModel _model;
    private readonly OnnxFiles _files;
    private readonly Records _records;

    private EmbedBench(bool smoke, int threads, int batchTokens)
    {
        (_rounds, _threads) = (smoke ? 1 : 3, threads);
        string[] lines = [.. File.ReadLines(PoolPath()).Take(smoke ? 64 : 1000)];
        string pool = Path.Combine(_folder, "pool.jsonl");
        File.WriteAllLines(pool, lines);
        int vocabulary = WriteTokenizer(lines);
        File.WriteAllBytes(Path.Combine(_folder, "model.onnx"), new EncoderModel(dim: 384, layers: smoke ? 2 : 6, heads: 12, vocabulary).Write());
        _model = new OnnxModel { Onnx = Path.Combine(_folder, "model.onnx"), Tokenizer = Path.Combine(_folder, "tokenizer.json"), Template = ChatTemplate.Plain, MaxTokens = MostTokens, BatchTokens = batchTokens };
        _files = (OnnxFiles)_model.Open(new FileFinder(_inputs, "/"));
        _records = RecordsFile.Open(new RecordsInput("pool", [pool], "pool.jsonl"), _inputs, Pass.Unwatched);
    }

    private Embed Step => new() { In = _records, Model = _model };

    private int Rows => (int)_records.Rows;

    /// <summary>Times everything.</summary>
    /// <param name="options">The command line behind the word <c>embed</c>.</param>
    /// <returns>0, or 1 when pooling takes too much or Python's vectors are others.</returns>
    public static int Run(string[] options)
    {
        int After(string word, int otherwise) => Array.IndexOf(options, word) is >= 0 and var at && at + 1 < options.Length ? int.Parse(options[at + 1], CultureInfo.InvariantCulture) : otherwise;
        bool smoke = options.Contains("--smoke");
        try
        {
            using var bench = new EmbedBench(smoke, After("--threads", Environment.ProcessorCount), After("--batch-tokens", OnnxModel.DefaultBatchTokens));
            return bench.Measure(smoke) ? 0 : 1;
        }
        catch (EngineException missing) when (missing.Exit == ExitCode.Native)
        {
            Console.WriteLine($"left out: {missing.Message}");
            return 0;
        }
    }

    public void Dispose()
    {
        _records.Dispose();
        _inputs.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private bool Measure(bool smoke)
    {
        (double tokenizing, List<int[]> ids) = Least(Tokenize);
        long tokens = ids.Sum(record => (long)record.Length);
        (double model, (double pooling, double padded)) = Least(() => RunModel(ids));
        (double step, float[] vectors) = Least(EmbedAll);
        Console.WriteLine(Invariant($"{Rows:N0} records of examples/dotnet-docs, {tokens:N0} tokens ({padded / tokens - 1:P1} padding); made encoder of {_files.Model.Parameters / 1e6:F1} million weights, 384 x {(smoke ? 2 : 6)}, words as tokens; ONNX Runtime {_files.Library.Version}; batches of {_model.BatchTokens} tokens; least of {_rounds} rounds. {MachineLimits.Measured}"));
        Console.WriteLine();
        Console.WriteLine("| what | tokens/s | seconds |");
        Console.WriteLine("| --- | ---: | ---: |");
        Row("reading and tokenizing alone, 1 thread", tokenizing);
        Row("model alone, 1 thread", model);
        Row("pooling alone, 1 thread", pooling);
        Row($"embed, {_threads} {(_threads == 1 ? "thread" : "threads")}", step);
        bool same = Python(ids, vectors, Row);
        Console.WriteLine();
        Console.WriteLine(Invariant($"pooling is {pooling / model:P2} of the model's time, at most {MostPooling:P0} is allowed; model alone: {2 * _files.Model.Parameters * tokens / model / 1e9:F0} GFLOP/s, embedding tables counted as multiplied"));
        return same && (smoke || pooling <= MostPooling * model);

        void Row(string what, double seconds) => Console.WriteLine(Invariant($"| {what} | {tokens / seconds:N0} | {seconds:F3} |"));
    }

    private (double Seconds, List<int[]> Value) Tokenize()
    {
        long clock = Stopwatch.GetTimestamp();
        var tokens = new TemplateTokens(Step, _model, _files);
        List<int[]> ids = [.. Enumerable.Range(0, Rows).Select(row => tokens.Read(row).ToArray())];
        return (Stopwatch.GetElapsedTime(clock).TotalSeconds, ids);
    }

    private (double Seconds, (double Pooling, double Padded) Value) RunModel(List<int[]> ids)
    {
        BatchShape shape = _model.Shape(_files);
        using OnnxSession session = _files.Load(cuda: null);
        using var lane = new PoolingLane(session, ModelCall.OfHiddenStates(_files.Model, null), shape, Step, _files, stop: null);
        (long model, long pooling, long padded) = (0, 0, 0);
        for (int row = 0; row < ids.Count;)
        {
            var window = new TokenWindow(row, shape);
            while (row < ids.Count && !window.IsFull) window.Add(ids[row++]);
            var work = new VectorWork(window, new float[window.Count * shape.Dim]);
            padded += window.PaddedTokens;
            foreach (TokenBatch batch in work.Begin())
            {
                long clock = Stopwatch.GetTimestamp();
                using OnnxTensor states = lane.Output(work, batch);
                long made = Stopwatch.GetTimestamp();
                lane.Take(work, batch, states);
                model += made - clock;
                pooling += Stopwatch.GetTimestamp() - made;
            }
        }

        return (Stopwatch.GetElapsedTime(0, model).TotalSeconds, (Stopwatch.GetElapsedTime(0, pooling).TotalSeconds, padded));
    }

    private (double Seconds, float[] Value) EmbedAll()
    {
        using IKernels kernels = KernelSets.Best(_threads);
        long clock = Stopwatch.GetTimestamp();
        using Embeddings made = Step.Run(new StepRun("embed", 0, kernels, Pass.Unwatched, new MemoryMatrixStore()));
        double seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        float[] vectors = new float[Rows * made.Dim];
        for (int row = 0; row < Rows; row++) made.Matrix.CopyRow(row, vectors.AsSpan(row * made.Dim, made.Dim));
        return (seconds, vectors);
    }

    /// <summary>Python with the same tokens; what it has no library for is left out.</summary>
    private bool Python(List<int[]> ids, float[] vectors, Action<string, double> row)
    {
        string tokens = Path.Combine(_folder, "tokens.txt"), rows = Path.Combine(_folder, "rows");
        File.WriteAllLines(tokens, ids.Select(record => string.Join(' ', record)));
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("PYTHON") ?? (File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3")) { RedirectStandardOutput = true };
        foreach (string word in (string[])[Path.Combine(AppContext.BaseDirectory, "peers", "embed_python.py"), _model.Onnx, tokens, rows, Invariant($"{_model.BatchTokens}"), Invariant($"{_threads}"), Invariant($"{_rounds}")])
            start.ArgumentList.Add(word);
        string[] lines;
        try
        {
            using Process python = Process.Start(start)!;
            lines = python.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            python.WaitForExit();
            if (python.ExitCode != 0) return false;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            lines = [JsonSerializer.Serialize(new { name = "python", missing = missing.Message })];
        }

        bool same = true;
        foreach (string line in lines)
        {
            using JsonDocument json = JsonDocument.Parse(line);
            string name = json.RootElement.GetProperty("name").GetString()!;
            if (json.RootElement.TryGetProperty("missing", out JsonElement why))
            {
                Console.WriteLine($"| Python's {name}: left out, {why.GetString()} | | |");
                continue;
            }

            string version = json.RootElement.GetProperty("version").GetString()!;
            row($"Python's {name} {version}, {_threads} threads in a call: model alone", json.RootElement.GetProperty("model").GetDouble());
            row($"Python's {name}: model, and pooling in numpy", json.RootElement.GetProperty("seconds").GetDouble());
            ReadOnlySpan<float> theirs = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes($"{rows}.{name}"));
            double difference = 0;
            for (int i = 0; i < vectors.Length; i++) difference = Math.Max(difference, Math.Abs(vectors[i] - theirs[i]));
            if (difference <= MostDifference) continue;
            Console.WriteLine(Invariant($"the vectors of {name} differ by {difference:G3}, at most {MostDifference} is allowed"));
            same = false;
        }

        return same;
    }

    private (double Seconds, T Value) Least<T>(Func<(double Seconds, T Value)> measure) =>
        Enumerable.Range(0, _rounds + 1).Select(_ => measure()).Skip(_rounds > 1 ? 1 : 0).MinBy(result => result.Seconds);

    /// <summary>A tokenizer that knows the pool's words.</summary>
    private int WriteTokenizer(string[] lines)
    {
        Dictionary<string, int> vocabulary = new() { ["<unk>"] = 0 };
        char[] marks = [.. " \"\\{}[]:,.;()<>-/'`=#"];
        foreach (string word in lines.SelectMany(line => line.Split(marks, StringSplitOptions.RemoveEmptyEntries))) vocabulary.TryAdd(word, vocabulary.Count);
        foreach (char mark in marks.Skip(1)) vocabulary.TryAdd(mark.ToString(), vocabulary.Count);
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), $$"""
            { "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null, "pre_tokenizer": { "type": "BertPreTokenizer" },
              "post_processor": null, "decoder": null, "model": { "type": "WordLevel", "vocab": {{JsonSerializer.Serialize(vocabulary)}}, "unk_token": "<unk>" } }
            """);
        return vocabulary.Count;
    }

    private static string PoolPath()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (Path.Combine(folder, "examples", "dotnet-docs", "pool.jsonl") is var path && File.Exists(path)) return path;
        throw new FileNotFoundException("examples/dotnet-docs/pool.jsonl is not above the program.");
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
