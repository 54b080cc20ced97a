using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Engine.Tokenizers;

namespace Engine.Bench;

/// <summary>Tokens a second by tokenizers of every kind, beside Hugging Face's library where node has it.</summary>
internal static class TokenizeBench
{
    /// <summary>Times the tokenizers and compares what they give.</summary>
    /// <param name="options">The command line behind the word <c>tokenize</c>.</param>
    /// <returns>0, or 1 when the library gives other tokens.</returns>
    public static int Run(string[] options)
    {
        bool smoke = options.Contains("--smoke");
        int rounds = smoke ? 1 : 7;
        string[] packages = [.. new[] { Environment.GetEnvironmentVariable("ENGINE_TOKENIZERS"), Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share", "engine", "node_modules") }.OfType<string>().Where(Directory.Exists)];
        string? library = packages.FirstOrDefault(folder => Directory.Exists(Path.Combine(folder, "@anush008", "tokenizers")));
        string scratch = Directory.CreateTempSubdirectory("engine-tokenize-").FullName;
        try
        {
            byte[][] texts = Texts(smoke ? 500 : int.MaxValue);
            string textsPath = Path.Combine(scratch, "texts.jsonl");
            File.WriteAllLines(textsPath, texts.Select(text => JsonSerializer.Serialize(Encoding.UTF8.GetString(text))));
            Console.WriteLine(Invariant($"{texts.Length:N0} prompts and answers of examples/dotnet-docs, {texts.Sum(text => (long)text.Length) / 1e6:F2} MB; the median of {rounds} rounds, a warm-up round before. .NET {Environment.Version}."));
            if (library is null) Console.WriteLine("The library is left out: node's @anush008/tokenizers is not in ~/.local/share/engine/node_modules, nor in $ENGINE_TOKENIZERS.");
            Console.WriteLine();
            Console.WriteLine("| tokenizer | tokens | load, s | engine, 1 thread, tokens/s | engine, 2 threads | library: load, s | library, 1 thread, tokens/s | library, 2 threads |");
            Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
            bool same = true;
            foreach ((string name, string path) in Tokenizers(packages, scratch)) same &= Measure(name, path, texts, textsPath, library, rounds);
            return same ? 0 : 1;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static bool Measure(string name, string path, byte[][] texts, string textsPath, string? library, int rounds)
    {
        long clock = Stopwatch.GetTimestamp();
        Tokenizer tokenizer = Tokenizer.Open(path);
        double load = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        (long tokens, uint hash) = (0, 0);
        double[] seconds = [.. ((int[])[1, 2]).Select(threads => Median(Enumerable.Range(0, rounds + 1).Select(_ => Encode(tokenizer, texts, threads, out tokens, out hash)).Skip(1)))];
        string line = Invariant($"| {name} | {tokens:N0} | {load:F2} | {tokens / seconds[0]:N0} | {tokens / seconds[1]:N0} |");
        if (library is null)
        {
            Console.WriteLine($"{line} | | |");
            return true;
        }

        bool same = true;
        for (int threads = 1; threads <= 2; threads++)
        {
            (double libraryLoad, double librarySeconds, long libraryTokens, uint libraryHash) = Library(library, path, textsPath, rounds, threads);
            line += threads == 1 ? Invariant($" {libraryLoad:F2} | {libraryTokens / librarySeconds:N0} |") : Invariant($" {libraryTokens / librarySeconds:N0} |");
            same &= (libraryTokens, libraryHash) == (tokens, hash);
        }

        Console.WriteLine(same ? line : $"{line} OTHER TOKENS");
        return same;
    }

    // Both cut the texts into batches of a thousand, and a batch over the threads.
    private static double Encode(Tokenizer tokenizer, byte[][] texts, int threads, out long tokens, out uint hash)
    {
        List<int>[] ids = [.. Enumerable.Range(0, 1000).Select(_ => new List<int>())];
        TimeSpan elapsed = TimeSpan.Zero;
        (tokens, hash) = (0, 2166136261);
        for (int from = 0; from < texts.Length; from += ids.Length)
        {
            int start = from, count = Math.Min(ids.Length, texts.Length - from);
            long clock = Stopwatch.GetTimestamp();
            void One(int i)
            {
                ids[i].Clear();
                tokenizer.Encode(texts[start + i], addSpecialTokens: true, ids[i]);
            }

            if (threads == 1)
            {
                for (int i = 0; i < count; i++) One(i);
            }
            else
            {
                Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, One);
            }

            elapsed += Stopwatch.GetElapsedTime(clock);
            for (int i = 0; i < count; i++)
            {
                tokens += ids[i].Count;
                foreach (int id in ids[i]) hash = (hash ^ (uint)id) * 16777619;
            }
        }

        return elapsed.TotalSeconds;
    }

    private static (double Load, double Seconds, long Tokens, uint Hash) Library(string packages, string path, string textsPath, int rounds, int threads)
    {
        ProcessStartInfo start = new("node", [Path.Combine(AppContext.BaseDirectory, "peers", "tokenize.mjs"), packages, path, textsPath, rounds.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        start.Environment["RAYON_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
        start.Environment["TOKENIZERS_PARALLELISM"] = threads == 1 ? "false" : "true";
        using Process process = Process.Start(start)!;
        using JsonDocument json = JsonDocument.Parse(process.StandardOutput.ReadToEnd());
        process.WaitForExit();
        JsonElement root = json.RootElement;
        return (root.GetProperty("load").GetDouble(), Median(root.GetProperty("seconds").EnumerateArray().Select(second => second.GetDouble())), root.GetProperty("tokens").GetInt64(), root.GetProperty("hash").GetUInt32());
    }

    private static byte[][] Texts(int most)
    {
        List<byte[]> texts = [];
        foreach (string line in File.ReadLines(Path.Combine("examples", "dotnet-docs", "pool.jsonl")).Take(most))
        {
            using JsonDocument record = JsonDocument.Parse(line);
            foreach (JsonElement turn in record.RootElement.GetProperty("messages").EnumerateArray()) texts.Add(Encoding.UTF8.GetBytes(turn.GetProperty("content").GetString()!));
        }

        return [.. texts];
    }

    private static IEnumerable<(string Name, string Path)> Tokenizers(string[] packages, string scratch)
    {
        foreach (string fixture in (string[])["unigram", "byte-fallback"])
        {
            string path = Path.Combine(scratch, $"{fixture}.json");
            using (var packed = new GZipStream(File.OpenRead(Path.Combine("tests", "Engine.Tests", "Tokenizers", "golden", $"{fixture}.json.gz")), CompressionMode.Decompress))
            using (FileStream whole = File.Create(path)) packed.CopyTo(whole);
            yield return ($"{fixture}, 2,000 tokens", path);
        }

        foreach (string package in packages.SelectMany(folder => Directory.GetDirectories(folder, "@lenml")).SelectMany(Directory.GetDirectories).Order(StringComparer.Ordinal).DistinctBy(Path.GetFileName))
        {
            string path = Path.Combine(package, "models", "tokenizer.json");
            if (File.Exists(path)) yield return (Path.GetFileName(package)["tokenizer-".Length..], path);
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
