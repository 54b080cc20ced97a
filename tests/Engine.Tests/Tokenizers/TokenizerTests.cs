using System.Text;
using System.Text.Json;
using Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

public sealed class TokenizerTests
{
    private static readonly string[] Own = ["unigram", "byte-fallback"];

    public static TheoryData<string> Fixtures() => [.. Own];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void WhatWasSeenBeforeDoesNotMatter(string name)
    {
        byte[] json = GoldenModels.Model(name)!;
        Tokenizer warm = Tokenizer.Parse(json, name);
        foreach (string text in GoldenTexts.All) Ids(warm, text);
        foreach (string text in GoldenTexts.All.Where((_, i) => i % 40 == 0)) Assert.Equal(Ids(Tokenizer.Parse(json, name), text), Ids(warm, text));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void ThreadsDoNotMatter(string name)
    {
        Tokenizer tokenizer = Tokenizer.Parse(GoldenModels.Model(name)!, name);
        int[][] alone = [.. GoldenTexts.All.Select(text => Ids(tokenizer, text))];
        Parallel.For(0, 4 * alone.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => Assert.Equal(alone[i * 7 % alone.Length], Ids(tokenizer, GoldenTexts.All[i * 7 % alone.Length])));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void ACutTextHasTheFirstTokensAndItsSpecialOnes(string name)
    {
        Tokenizer tokenizer = Tokenizer.Parse(GoldenModels.Model(name)!, name);
        foreach (string text in GoldenTexts.All.Where((_, i) => i % 10 == 0))
        {
            int[] whole = Ids(tokenizer, text), plain = Ids(tokenizer, text, special: false);
            Assert.Equal(whole.Length, plain.Length + tokenizer.SpecialTokenCount);
            foreach (int most in (int[])[tokenizer.SpecialTokenCount, 5, 17, whole.Length])
            {
                if (most < tokenizer.SpecialTokenCount) continue;
                List<int> cut = [];
                tokenizer.Encode(Encoding.UTF8.GetBytes(text), addSpecialTokens: true, most, cut);
                int kept = Math.Min(plain.Length, most - tokenizer.SpecialTokenCount);
                Assert.Equal([.. whole[..tokenizer.SpecialTokensBefore], .. plain[..kept], .. whole[(tokenizer.SpecialTokensBefore + plain.Length)..]], cut);
            }
        }
    }

    [Fact]
    public void BytesThatAreNoUtf8AreReplacementCharacters()
    {
        Tokenizer tokenizer = Tokenizer.Parse(GoldenModels.Component("nothing"), "bytes");
        foreach (byte[] bytes in (byte[][])[[0xFF], [0xC3], [0xE4, 0xB8], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98, 0x41], [0xC0, 0x80], [0x61, 0x80, 0x62], [0xF5, 0x80, 0x80, 0x80]])
        {
            List<int> ids = [];
            tokenizer.Encode(bytes, addSpecialTokens: false, ids);
            Assert.Equal(Ids(tokenizer, Encoding.UTF8.GetString(bytes)), ids);
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void AMegabyteWithoutACutTakesNoTimeToSpeakOf(string name)
    {
        Tokenizer tokenizer = Tokenizer.Parse(GoldenModels.Model(name)!, name);
        foreach (string part in (string[])["a", "abcdefgh", "the", "\u00e9", " ", "\ud83d\ude00"])
        {
            long clock = Environment.TickCount64;
            int[] ids = Ids(tokenizer, string.Concat(Enumerable.Repeat(part, (1 << 20) / Encoding.UTF8.GetByteCount(part))));
            Assert.InRange(ids.Length, 1, (1 << 20) + 3);
            Assert.InRange(Environment.TickCount64 - clock, 0, 20_000);
        }
    }

    // Pieces below and above the length from which a queue is used, against merging as the definition says it.
    [Fact]
    public void MergesAreThoseOfTheDefinition()
    {
        byte[] json = GoldenModels.Model("byte-fallback")!;
        Tokenizer tokenizer = Tokenizer.Parse(json, "byte-fallback");
        using JsonDocument file = JsonDocument.Parse(json);
        JsonElement model = file.RootElement.GetProperty("model");
        Dictionary<string, int> vocabulary = model.GetProperty("vocab").EnumerateObject().ToDictionary(token => token.Name, token => token.Value.GetInt32());
        Dictionary<(string, string), int> ranks = [];
        foreach (JsonElement merge in model.GetProperty("merges").EnumerateArray()) ranks[merge.GetString()!.Split(' ') is var pair ? (pair[0], pair[1]) : default] = ranks.Count;
        var random = new Random(5);
        foreach (int length in Enumerable.Range(1, 90).Append(300))
        {
            string text = string.Concat(Enumerable.Range(0, length).Select(_ => "etaoinshrdlu st"[random.Next(15)]));
            List<string> symbols = [.. $"\u2581{text.Replace(' ', '\u2581')}".Select(letter => letter.ToString())];
            while (symbols.Count > 1)
            {
                int best = Enumerable.Range(0, symbols.Count - 1).MinBy(i => ranks.GetValueOrDefault((symbols[i], symbols[i + 1]), int.MaxValue));
                if (!ranks.ContainsKey((symbols[best], symbols[best + 1]))) break;
                symbols[best] += symbols[best + 1];
                symbols.RemoveAt(best + 1);
            }

            Assert.Equal(symbols.Select(symbol => vocabulary[symbol]), Ids(tokenizer, text, special: false));
        }
    }

    [Fact]
    public void TokensAreFound()
    {
        Tokenizer tokenizer = Tokenizer.Parse(GoldenModels.Model("unigram")!, "unigram");
        Assert.Equal((0, 1, 2, 2000, 2003), (tokenizer.Find("<unk>"), tokenizer.Find("<s>"), tokenizer.Find("</s>"), tokenizer.Find("<mask>"), tokenizer.VocabularySize));
        Assert.Null(tokenizer.Find("no such token"));
        Assert.Equal((2, 1), (tokenizer.SpecialTokenCount, tokenizer.SpecialTokensBefore));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Encode("a"u8, addSpecialTokens: true, 1, []));
    }

    private static int[] Ids(Tokenizer tokenizer, string text, bool special = true)
    {
        List<int> ids = [];
        tokenizer.Encode(Encoding.UTF8.GetBytes(text), special, ids);
        return [.. ids];
    }
}
