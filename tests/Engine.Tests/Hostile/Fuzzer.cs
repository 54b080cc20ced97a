using System.Diagnostics;
using System.Globalization;
using Engine.Data;
using Engine.Tests.House;

namespace Engine.Tests.Hostile;

/// <summary>Gives a reader its corpus and then many damaged copies of it, on two threads, and holds it to what every reader owes: an answer or a refusal with a place, within a second and 64 MB.</summary>
/// <remarks><c>ENGINE_FUZZ</c> sets how many mutations every reader is given. What is tried depends on no thread: each thousand has its own stream of numbers.</remarks>
internal static class Fuzzer
{
    private const int DefaultRounds = 2_000;
    private const int Chunk = 1_000;
    private const long MostBytes = 64L << 20;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(1);

    private static int AllRounds { get; } = int.TryParse(Environment.GetEnvironmentVariable("ENGINE_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) ? rounds : DefaultRounds;

    /// <summary>The files of the corpus that a reader is given, in order.</summary>
    public static byte[][] Corpus(string family, string pattern) =>
        [.. Directory.GetFiles(Repository.PathOf("tests", "Engine.Tests", "Hostile", "corpus", family), pattern).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    /// <summary>Fuzzes a reader.</summary>
    /// <param name="corpus">What is damaged; given whole first.</param>
    /// <param name="words">What the format is made of.</param>
    /// <param name="make">Makes a reader of its own for each thousand: it is given the bytes and the round, and throws what escapes.</param>
    /// <param name="exits">The exits that a refusal may have.</param>
    /// <param name="share">Which part of the mutations it gets, where another reader goes through the same code: one in so many.</param>
    /// <param name="mend">Makes a mutation pass a checksum, so that what lies behind one is reached as well; told every second time.</param>
    public static void Run(byte[][] corpus, byte[][] words, Func<IReader> make, ExitCode[] exits, int share = 1, Func<byte[], byte[]>? mend = null)
    {
        int rounds = Math.Max(AllRounds / share, Math.Min(AllRounds, Chunk));
        int refused = 0;
        Parallel.For(0, (rounds + Chunk - 1) / Chunk, new ParallelOptions { MaxDegreeOfParallelism = 2 }, chunk =>
        {
            using IReader reader = make();
            if (chunk == 0) foreach (byte[] bytes in corpus) Survives(reader, 0, bytes, exits);
            var random = new Random(7_919 + chunk);
            var mutations = new Mutations(words, random);
            int here = 0;
            for (int round = chunk * Chunk; round < Math.Min(rounds, (chunk + 1) * Chunk); round++)
            {
                byte[] bytes = mutations.Of(corpus[round % corpus.Length], corpus[random.Next(corpus.Length)]);
                if (mend is not null && round % 2 == 0) bytes = mend(bytes);
                if (!Survives(reader, round, bytes, exits)) here++;
            }

            Interlocked.Add(ref refused, here);
        });
        Assert.InRange(refused, rounds / 10, rounds);
    }

    private static bool Survives(IReader reader, int round, byte[] bytes, ExitCode[] exits)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long clock = Stopwatch.GetTimestamp();
        bool accepted = true;
        try
        {
            reader.Read(bytes, round);
        }
        catch (EngineException refused)
        {
            accepted = false;
            Assert.True(exits.Contains(refused.Exit), Describe($"{refused.Errors[0]}"));
            Assert.All(refused.Errors, error => Assert.True(error.File is not null && error.Message.Length > 0, Describe(error.ToString())));
        }
        catch (Exception escaped)
        {
            Assert.Fail(Describe(escaped.ToString()));
        }

        // A busy machine gets a second look before bytes count as slow.
        TimeSpan elapsed = Stopwatch.GetElapsedTime(clock);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.True(allocated < MostBytes, Describe($"It allocated {allocated} bytes."));
        Assert.True(elapsed < MostTime || Again(reader, bytes, round) < MostTime, Describe($"It took {elapsed}."));
        return accepted;

        string Describe(string what) => string.Create(CultureInfo.InvariantCulture, $"Round {round}: {what}\nThe bytes in base 64: {Convert.ToBase64String(bytes)}");
    }

    private static TimeSpan Again(IReader reader, byte[] bytes, int round)
    {
        long clock = Stopwatch.GetTimestamp();
        try
        {
            reader.Read(bytes, round);
        }
        catch (EngineException refused)
        {
            Assert.NotEmpty(refused.Errors);
        }

        return Stopwatch.GetElapsedTime(clock);
    }

    /// <summary>What is fuzzed.</summary>
    internal interface IReader : IDisposable
    {
        /// <summary>Reads all there is to read.</summary>
        /// <exception cref="EngineException">The bytes are refused.</exception>
        void Read(byte[] bytes, int round);
    }
}

/// <summary>A reader of bytes in memory.</summary>
internal sealed class MemoryReader(Action<byte[], int> read) : Fuzzer.IReader
{
    public void Read(byte[] bytes, int round) => read(bytes, round);

    public void Dispose()
    {
    }
}

/// <summary>A reader of a file. One file is written again and again: in memory where there is such a place, so that a disk does not set the pace.</summary>
/// <param name="extension">How its name ends.</param>
/// <param name="read">Given its path, the round and a place to open files.</param>
internal sealed class FileReader(string extension, Action<string, int, InputFiles> read) : Fuzzer.IReader
{
    private readonly string _path = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"engine-fuzz-{Guid.NewGuid():N}{extension}");

    public void Read(byte[] bytes, int round)
    {
        File.WriteAllBytes(_path, bytes);
        using InputFiles files = new();
        read(_path, round, files);
    }

    public void Dispose() => File.Delete(_path);
}
