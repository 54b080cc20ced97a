using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Engine.Bench;

/// <summary>Turns a benchmark's median into work per second and into shares of the machine's limits.</summary>
internal sealed class WorkColumn(string name, string legend, Func<KernelWork, double, int, string> text) : IColumn
{
    public static IColumn[] All { get; } =
    [
        new WorkColumn("GB/s", "input bytes per second", (work, seconds, _) => Number(work.Bytes / seconds / 1e9)),
        new WorkColumn("of read limit", "share of the measured reading speed", (work, seconds, threads) => Share(work.Bytes / seconds / 1e9, MachineLimits.Measured.Read(threads))),
        new WorkColumn("GFLOP/s", "operations of the definition per second", (work, seconds, _) => Number(work.Flops / seconds / 1e9)),
        new WorkColumn("of FMA limit", "share of the measured float32 multiply-add speed", (work, seconds, threads) => Share(work.Flops / seconds / 1e9, MachineLimits.Measured.Gflops(threads))),
    ];

    public string Id => name;

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => legend;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, SummaryStyle.Default);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics) return "-";
        int threads = (int)benchmarkCase.Parameters[nameof(KernelBench.Threads)];
        return text(KernelBench.WorkOf(benchmarkCase.Descriptor.WorkloadMethod.Name), statistics.Median / 1e9, threads);
    }

    private static string Number(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private static string Share(double value, double limit) => value == 0 ? "-" : (100 * value / limit).ToString("F0", CultureInfo.InvariantCulture) + " %";
}

/// <summary>What one call does by definition.</summary>
internal readonly record struct KernelWork(double Bytes, double Flops);
