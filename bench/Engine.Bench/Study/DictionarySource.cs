using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Engine.Bench.Study;

/// <summary>Entries of a dictionary in the format of the DICT server: an index of terms, and one gzip-compatible file of definitions.</summary>
/// <remarks>Debian's <c>dict-foldoc</c> (computing, most entries tagged with a field) and <c>dict-jargon</c> are such dictionaries.</remarks>
internal static partial class DictionarySource
{
    private const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private const int ShortestAnswer = 60;

    /// <summary>Reads every entry that says something, once.</summary>
    /// <param name="folder">Where <c>NAME.index</c> and <c>NAME.dict.dz</c> are.</param>
    /// <param name="name">The dictionary's name.</param>
    public static IEnumerable<StudyRecord> Read(string folder, string name)
    {
        byte[] definitions = Unpack(Path.Combine(folder, name + ".dict.dz"));
        HashSet<int> seen = [];
        foreach (string line in File.ReadLines(Path.Combine(folder, name + ".index")))
        {
            string[] parts = line.Split('\t');
            if (parts.Length < 3 || parts[0].StartsWith("00-database", StringComparison.Ordinal) || !seen.Add(Number(parts[1]))) continue;
            string entry = Encoding.UTF8.GetString(definitions, Number(parts[1]), Number(parts[2]));
            int end = entry.IndexOf('\n', StringComparison.Ordinal);
            if (end < 0) continue;
            string field = Field().Match(entry) is { Success: true } tag ? tag.Groups[1].Value : "other";
            string answer = Blanks().Replace(Marks().Replace(entry[end..], ""), " ").Trim();
            if (answer.Length >= ShortestAnswer) yield return new StudyRecord($"{name}/{field}", $"What is {entry[..end].Trim()}?", answer);
        }
    }

    private static byte[] Unpack(string path)
    {
        using var packed = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        packed.CopyTo(plain);
        return plain.ToArray();
    }

    private static int Number(string text) => text.Aggregate(0, (value, digit) => value * 64 + Digits.IndexOf(digit, StringComparison.Ordinal));

    [GeneratedRegex(@"<([a-z][a-z -]*)[,>]")]
    private static partial Regex Field();

    [GeneratedRegex(@"[{}]|<[a-z][a-z, -]*>|\(\d{4}-\d\d-\d\d\)")]
    private static partial Regex Marks();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
