using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Engine.Bench;
using Engine.Bench.Study;
using Engine.Bench.Words;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
return args switch
{
    ["kernels", .. var rest] => Kernels(smoke: rest.Contains("--smoke")),
    ["limits"] => Limits(),
    ["paper-scale", .. var rest] => Paper(rest),
    ["jsonl", .. var options] => JsonlBench.Run(options),
    ["faiss", .. var rest] => FaissBench.Run(rest),
    ["embed", .. var options] => EmbedBench.Run(options),
    ["tokenize", .. var options] => TokenizeBench.Run(options),
    ["make-records", var path, var megabytes] => Made(MadeRecords.Write(path, long.Parse(megabytes, CultureInfo.InvariantCulture) * 1_000_000)),
    ["make-matrix", var path, var rows, var dim, .. var rest] => MadeMatrix.Write(path, long.Parse(rows, CultureInfo.InvariantCulture), int.Parse(dim, CultureInfo.InvariantCulture), half: rest.Contains("--f16")),
    ["selection", .. var rest] => SelectionStudy.Run(rest),
    ["words", .. var rest] => WordsStudy.Run(rest),
    ["peer-job", var job, var data, .. var rest] => PeerJobs.Run(job, data, rest),
    _ => Usage(),
};

static int Kernels(bool smoke)
{
    KernelBench.Small = smoke;
    Job job = (smoke ? Job.Dry : Job.Default.WithWarmupCount(2).WithIterationCount(7)).WithToolchain(InProcessEmitToolchain.Instance);
    IConfig config = ManualConfig.CreateEmpty()
        .AddJob(job)
        .AddLogger(ConsoleLogger.Default)
        .AddExporter(MarkdownExporter.GitHub)
        .AddColumnProvider(DefaultColumnProviders.Descriptor, DefaultColumnProviders.Params)
        .AddColumn(StatisticColumn.Median, StatisticColumn.Min)
        .AddColumn(WorkColumn.All)
        .WithOptions(ConfigOptions.DisableOptimizationsValidator);
    Console.WriteLine($"// {MachineLimits.Measured}");
    var summary = BenchmarkRunner.Run<KernelBench>(config);
    bool failed = summary.HasCriticalValidationErrors || summary.Reports.Length == 0 || summary.Reports.Any(r => !r.Success);
    return failed ? 1 : 0;
}

static int Paper(string[] words)
{
    string? After(string word) => Array.IndexOf(words, word) is >= 0 and var at && at + 1 < words.Length ? words[at + 1] : null;
    long rows = words.Contains("--smoke") ? 30_000 : After("--rows") is { } given ? long.Parse(given, CultureInfo.InvariantCulture) : PaperScale.PaperRows;
    return new PaperScale(rows, After("--out")).Run();
}

static int Limits()
{
    Console.WriteLine(MachineLimits.Measured);
    return 0;
}

static int Made(RecordTotals made)
{
    Console.WriteLine(made);
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine("""
        kernels [--smoke]                       every kernel, with GB/s, GFLOP/s and the share of this machine's measured limits
        limits                                  this machine's measured limits
        paper-scale [--rows N] [--smoke] [--out FILE]
                                                RDS+ over the 5,817,792 rows of its largest study: time, memory, and the result against an oracle
        jsonl [--smoke] [--mb N] [--rounds N] [--peer "COMMAND"]
                                                reading chat records: the engine, Utf8JsonReader, simdjson, Python, and COMMAND FILE
        faiss [--smoke] [--out FILE]            indexes of FAISS against the exact kernels: recall, queries/s, and from how many queries an index pays
        embed [--smoke] [--threads N] [--batch-tokens N]
                                                from text to vectors: tokenizing, the model and pooling apart and together, beside Python's onnxruntime and torch
        tokenize [--smoke]                      tokens per second by tokenizers of every kind, beside Hugging Face's library
        make-records PATH MB                    reproducible chat records
        peer-job JOB DATA [--threads N] [--repeats N]
                                                one of the jobs that bench/peers.sh compares, as a line of JSON
        selection --data DIR [--seeds N]        does selection help? every method's subsets, judged by a small language model
        words --data DIR --vectors FILE         do meanings of words find more than words? an ONNX model of word vectors against hashing
        make-matrix PATH ROWS DIM [--f16]       a reproducible .npy of clustered unit vectors
        """);
    return 2;
}
