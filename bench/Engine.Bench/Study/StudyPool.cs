using Engine.Kernels;

namespace Engine.Bench.Study;

/// <summary>What the study chooses from and what it chooses for.</summary>
/// <param name="Pool">Templated records on many subjects.</param>
/// <param name="Target">Questions and answers of the target; none is in the pool.</param>
internal sealed record StudyPool(IReadOnlyList<StudyRecord> Pool, IReadOnlyList<StudyRecord> Target)
{
    /// <summary>The labels whose records are the task of the task-aware methods: computing.</summary>
    public IReadOnlyList<string> TaskLabels { get; } =
        [.. Pool.Select(r => r.Label).Where(l => l.StartsWith("foldoc/", StringComparison.Ordinal) || l.StartsWith("jargon/", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Reads the sources and takes an even, fixed sample of the two that would drown the rest.</summary>
    /// <param name="data">The folder that fetch.sh filled.</param>
    /// <param name="share">How many of every 1,000 records to keep, for a small trial.</param>
    public static StudyPool Read(string data, int share = 1000)
    {
        string dictionaries = Path.Combine(data, "usr", "share", "dictd");
        string perl = Directory.GetDirectories(Path.Combine(data, "usr", "share", "perl")).Order(StringComparer.Ordinal).Last();
        var random = new RandomStream(1, "study-pool");
        List<StudyRecord> pool =
        [
            .. DictionarySource.Read(dictionaries, "foldoc"),
            .. DictionarySource.Read(dictionaries, "jargon"),
            .. Sample(ApiSource.Read().DistinctBy(r => r.Answer), 15_000, random),
            .. Sample(WordNetSource.Read(Path.Combine(data, "package", "dict")), 15_000, random),
        ];
        return new StudyPool(Sample(pool, pool.Count * share / 1000, random), [.. PerlFaqSource.Read(Path.Combine(perl, "pod"))]);
    }

    private static StudyRecord[] Sample(IEnumerable<StudyRecord> records, int count, RandomStream random)
    {
        StudyRecord[] all = [.. records];
        return all.Length <= count ? all : [.. random.Sample(all.Length, count).Order().Select(i => all[i])];
    }
}
