using Engine.Kernels.Algorithms;

namespace Engine.Tests.Steps;

public sealed class HashedNGramsTests
{
    [Fact]
    public void CountsTheFeaturesOfItsDefinition()
    {
        // Words ab, cd; the pair; n-grams of <ab> and <cd>: <ab ab> <ab> and <cd cd> <cd>.
        Assert.Equal(2 + 1 + 3 + 3, Features("ab cd"));
        // a, b; aa-like pairs (a,b) and (b,a); <a> and <b>.
        Assert.Equal(2 + 2 + 2, Features("a b a b"));
        // The word, humps http and client, their pair; n-grams of <httpclient> (10+9+8), of <http> and <client> at their new edges.
        Assert.Equal(3 + 1 + 27 + NewGrams("httpclient", "http", "client"), Features("HttpClient"));
        Assert.Equal(1, Features(""));
        Assert.Equal(1, Features(" -- !?"));
    }

    [Theory]
    [InlineData("HttpClient", "http client")]
    [InlineData("parseHTTPHeader", "parse http header")]
    [InlineData("utf8String", "utf8 string")]
    public void HumpsAreWordsAndPairsOfTheirOwn(string camel, string words)
    {
        HashSet<int> hit = Elements(camel);
        Assert.True(Elements(words).IsSubsetOf(hit), $"{camel} lacks a feature of {words}");
        Assert.False(Elements(words).IsSupersetOf(Elements(camel.ToLowerInvariant())));
    }

    [Fact]
    public void WeightsAreOnePlusTheLogarithmOfTheCount()
    {
        float[] once = Vector("x", 1 << 16, normalize: false), thrice = Vector("x x x", 1 << 16, normalize: false);
        int[] elements = [.. Enumerable.Range(0, once.Length).Where(i => once[i] != 0)];
        Assert.Equal(2, elements.Length);
        Assert.All(elements, i => Assert.Equal(once[i] * (float)(1 + Math.Log(3)), thrice[i]));
        Assert.All(elements, i => Assert.Equal(1, Math.Abs(once[i])));
        // The pair (x, x) occurs twice.
        Assert.Equal(1 + Math.Log(2), Math.Abs(thrice.Where((_, i) => once[i] == 0).Single(v => v != 0)), 1e-6);
    }

    [Fact]
    public void NormalisedVectorsHaveLengthOneAndNoneIsZero()
    {
        foreach (int dim in (int[])[1, 2, 16, 1000])
        {
            foreach (string text in (string[])["", "a", "ab", "the quick brown fox", "quick quick", "数据", "\uD800 lone", "नमस्ते दुनिया"])
                Assert.Equal(1, Vector(text, dim).Sum(v => (double)v * v), 1e-6);
        }

        Assert.Equal(Vector("", 64), Vector("!?", 64));
    }

    [Fact]
    public void CaseAndPunctuationDoNotMatterButOrderDoes()
    {
        Assert.Equal(Vector("Quick, brown FOX", 256), Vector("quick brown fox!", 256));
        Assert.NotEqual(Vector("quick brown fox", 256), Vector("fox brown quick", 256));
        Assert.Equal(Vector("ÉCOLE ΣΟΦΟΣ", 256), Vector("école σοφοσ", 256));
    }

    [Fact]
    public void LikenessFallsFromTheSameTopicToAnother()
    {
        float[] a = Vector("How do I open a file for writing in C#?", 1024);
        float[] near = Vector("Opens a file and returns a stream for writing to the file.", 1024);
        float[] far = Vector("The mitochondria is the powerhouse of each cell.", 1024);
        Assert.True(Dot(a, near) > Dot(a, far) + 0.1, $"{Dot(a, near)} {Dot(a, far)}");
    }

    [Fact]
    public void AUsedInstanceGivesWhatANewOneGives()
    {
        var used = new HashedNGrams(128);
        string longText = string.Join(' ', Enumerable.Range(0, 20_000).Select(i => $"w{i * 7919}"));
        foreach (string text in (string[])["short", longText, "", "short", "another short text", longText])
        {
            float[] vector = new float[128];
            used.Embed(text, true, vector);
            Assert.Equal(Vector(text, 128), vector);
        }
    }

    [Fact]
    public void TheLogarithmIsRight()
    {
        for (int n = 1; n < 5000; n++) Assert.Equal(Math.Log(n), NaturalLog.Of(n), 1e-15 * Math.Max(1, Math.Log(n)));
        Assert.Equal(Math.Log(int.MaxValue), NaturalLog.Of(int.MaxValue), 1e-14);
    }

    [Fact]
    public void ElementsAndSignsAreUsedEvenly()
    {
        // 4000 words give some 100,000 features over 64 elements; 63 degrees of freedom.
        int[] positive = new int[64], negative = new int[64];
        for (int i = 0; i < 4000; i++)
        {
            ulong hash = FeatureHash.Finish(FeatureHash.Extend(FeatureHash.Extend(FeatureHash.WordSeed, 'a' + i % 26), i));
            int element = (int)((hash >> 32) * 64 >> 32);
            if ((hash & 1) == 0) positive[element]++;
            else negative[element]++;
        }

        double expected = 4000 / 128.0;
        double chiSquare = positive.Concat(negative).Sum(c => (c - expected) * (c - expected) / expected);
        Assert.InRange(chiSquare, 70, 200);
    }

    private static int NewGrams(string whole, params string[] parts) => parts.SelectMany(Grams).Except(Grams(whole)).Count();

    private static IEnumerable<string> Grams(string word)
    {
        string marked = $"<{word}>";
        return from n in (int[])[3, 4, 5] from i in Enumerable.Range(0, Math.Max(0, marked.Length - n + 1)) select marked.Substring(i, n);
    }

    private static int Features(string text) => new HashedNGrams(16).Embed(text, true, new float[16]);

    private static HashSet<int> Elements(string text) => [.. Vector(text, 1 << 16, normalize: false).Index().Where(v => v.Item != 0).Select(v => v.Index)];

    private static float[] Vector(string text, int dim, bool normalize = true)
    {
        float[] vector = new float[dim];
        new HashedNGrams(dim).Embed(text, normalize, vector);
        return vector;
    }

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
}
