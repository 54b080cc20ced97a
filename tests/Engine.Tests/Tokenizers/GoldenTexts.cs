using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Engine.Tests.House;

namespace Engine.Tests.Tokenizers;

/// <summary>The texts that tokenizers are compared on; golden/texts.mjs makes the same for the reference.</summary>
internal static class GoldenTexts
{
    private const int Made = 1200, Step = 8;

    public static string[] All { get; } = Make();

    public static string Folder { get; } = Repository.PathOf("tests", "Engine.Tests", "Tokenizers", "golden");

    /// <summary>Every character outside the planes that hold none, 64 in a text, each with an x behind it.</summary>
    public static string[] Characters()
    {
        int[] runes = [.. Enumerable.Range(1, 0x10FFFF).Where(rune => rune is not (>= 0xD800 and < 0xE000 or >= 0x40000 and < 0xE0000 or >= 0xF0100 and < 0x10FF00))];
        return [.. runes.Chunk(64).Select(chunk => string.Concat(chunk.Select(rune => $"{new Rune(rune)}x")))];
    }

    public static string Hash()
    {
        using IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string text in All)
        {
            sha.AppendData(Encoding.UTF8.GetBytes(text));
            sha.AppendData([0]);
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    private static string[] Make()
    {
        using JsonDocument lists = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("tests", "Engine.Tests", "Tokenizers", "golden", "texts.json")));
        string[] List(string name) => [.. lists.RootElement.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];
        List<string> all = [.. List("difficult")];
        int row = 0;
        foreach (string line in File.ReadLines(Repository.PathOf("examples", "dotnet-docs", "pool.jsonl")))
        {
            if (row++ % Step != 0) continue;
            using JsonDocument record = JsonDocument.Parse(line);
            all.AddRange(record.RootElement.GetProperty("messages").EnumerateArray().Select(turn => turn.GetProperty("content").GetString()!));
        }

        Rune[][] alphabets = [.. List("alphabets").Select(text => text.EnumerateRunes().ToArray())];
        string[] words = List("words");
        uint state = 42;
        int Next(int below)
        {
            state = state * 1664525 + 1013904223;
            return (int)((long)(state >> 8) * below / 16777216);
        }

        for (int i = 0; i < Made; i++)
        {
            var text = new StringBuilder();
            for (int runs = 1 + Next(12); runs > 0; runs--)
            {
                if (Next(6) == 0)
                {
                    text.Append(words[Next(words.Length)]);
                    continue;
                }

                Rune[] alphabet = alphabets[Next(alphabets.Length)];
                for (int length = 1 + Next(8); length > 0; length--) text.Append(alphabet[Next(alphabet.Length)]);
            }

            all.Add(text.ToString());
        }

        return [.. all];
    }
}
