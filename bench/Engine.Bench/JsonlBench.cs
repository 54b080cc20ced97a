using System.Globalization;
using System.Security.Cryptography;
using Engine.Data;

namespace Engine.Bench;

/// <summary>Reading chat records: the engine, the framework's reader, and other programs, one after the other in every round.</summary>
internal static class JsonlBench
{
    private const string Turns = "engine: every turn as UTF-8";

    /// <summary>Makes the data, times the readers, compares what they saw, and proves that bytes pass through unchanged.</summary>
    /// <param name="options">The command line behind the word <c>jsonl</c>.</param>
    /// <returns>0, or 1 when a reader saw something else than the others or a byte changed.</returns>
    public static int Run(string[] options)
    {
        bool smoke = options.Contains("--smoke");
        long bytes = Number(options, "--mb", smoke ? 4 : 512) * 1_000_000;
        int rounds = (int)Number(options, "--rounds", smoke ? 1 : 7);
        string folder = Directory.CreateTempSubdirectory("engine-jsonl-").FullName;
        try
        {
            string path = Path.Combine(folder, "pool.jsonl");
            RecordTotals made = MadeRecords.Write(path, bytes);
            Console.WriteLine(Invariant($"{made.Records:N0} chat records, {made.Turns:N0} turns, {made.Bytes / 1e6:N0} MB, in the page cache; {rounds} rounds, every reader once a round; one warm-up round before. {MachineFacts()}"));
            using var files = new InputFiles();
            using Records records = JsonlReaders.Open(path, files);
            List<(string Name, long Text, Func<JsonlPass> Read)> readers =
            [
                ("engine: check everything, index", 0, () => JsonlReaders.CheckAndIndex(path)),
                (Turns, made.Utf8, () => JsonlReaders.Turns(records)),
                ("engine: every turn as strings", made.Utf16, () => JsonlReaders.Conversations(records)),
                ("Utf8JsonReader, same fields", made.Utf8, () => JsonlReaders.SystemTextJson(path)),
            ];
            foreach (JsonlPeer peer in JsonlPeer.Find(folder, options, Console.WriteLine)) readers.Add((peer.Name, made.Utf8, () => peer.Read(path)));

            bool right = Measure(readers, made, rounds);
            return PassThrough(path, records, made) && right ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool Measure(List<(string Name, long Text, Func<JsonlPass> Read)> readers, RecordTotals made, int rounds)
    {
        List<JsonlPass>[] passes = [.. readers.Select(_ => new List<JsonlPass>())];
        bool right = true;
        for (int round = 0; round <= rounds; round++)
        {
            for (int r = 0; r < readers.Count; r++)
            {
                JsonlPass pass = readers[r].Read();
                if (pass.Records != made.Records || pass.Text != readers[r].Text || (pass.Hash ?? made.Hash) != made.Hash)
                {
                    Console.WriteLine(Invariant($"{readers[r].Name} saw {pass.Records} records and {pass.Text} of text, hash {pass.Hash:x16}, but the file has {made.Records} and {readers[r].Text}, hash {made.Hash:x16}"));
                    right = false;
                }

                if (round > 0) passes[r].Add(pass);
            }
        }

        double engine = Median(passes[readers.FindIndex(r => r.Name == Turns)].Select(p => p.Cpu));
        Console.WriteLine();
        Console.WriteLine("| reader | GB/s of processor time | GB/s by the clock | lowest - highest, processor | processor time, every turn as UTF-8 = 1 |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
        for (int r = 0; r < readers.Count; r++)
        {
            double cpu = Median(passes[r].Select(p => p.Cpu)), wall = Median(passes[r].Select(p => p.Wall));
            Console.WriteLine(Invariant($"| {readers[r].Name} | {made.Bytes / cpu / 1e9:F2} | {made.Bytes / wall / 1e9:F2} | {made.Bytes / passes[r].Max(p => p.Cpu) / 1e9:F2} - {made.Bytes / passes[r].Min(p => p.Cpu) / 1e9:F2} | {cpu / engine:F2} |"));
        }

        return right;
    }

    private static bool PassThrough(string path, Records records, RecordTotals made)
    {
        using FileStream stream = File.OpenRead(path);
        string input = Convert.ToHexStringLower(SHA256.HashData(stream));
        string output = JsonlReaders.HashOfAll(records);
        long utf8 = JsonlReaders.Utf8Of(records);
        Console.WriteLine();
        Console.WriteLine($"SHA-256 of the file:          {input}");
        Console.WriteLine($"SHA-256 of all rows selected: {output}{(input == output ? ", the same" : ", NOT THE SAME")}");
        if (utf8 != made.Utf8) Console.WriteLine(Invariant($"the contents have {utf8} bytes of UTF-8, but {made.Utf8} were written"));
        return input == output && utf8 == made.Utf8;
    }

    private static string MachineFacts() =>
        Invariant($".NET {Environment.Version}, vectors of {(System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated ? 512 : System.Runtime.Intrinsics.Vector256.IsHardwareAccelerated ? 256 : 128)} bits.");

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static long Number(string[] options, string name, long otherwise)
    {
        int at = Array.IndexOf(options, name);
        return at < 0 ? otherwise : long.Parse(options[at + 1], CultureInfo.InvariantCulture);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
