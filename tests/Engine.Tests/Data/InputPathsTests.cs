using Engine.Data;

namespace Engine.Tests.Data;

public sealed class InputPathsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("*.jsonl", "part-1.jsonl part-2.jsonl part-10.jsonl")]
    [InlineData("part-?.jsonl", "part-1.jsonl part-2.jsonl")]
    [InlineData("part-[2-9]*.jsonl", "part-2.jsonl")]
    [InlineData("part-[!2]*.jsonl", "part-1.jsonl part-10.jsonl")]
    [InlineData("sub/*/x*.npy", "sub/a/x1.npy sub/a/x02.npy sub/b/x1.npy")]
    [InlineData("**/x1.npy", "sub/a/x1.npy sub/b/x1.npy")]
    [InlineData("sub/**", "sub/a/x1.npy sub/a/x02.npy sub/b/deep/y.npy sub/b/x1.npy")]
    [InlineData("./sub/../part-1*", "part-1.jsonl part-10.jsonl")]
    [InlineData("part-1.jsonl", "part-1.jsonl")]
    [InlineData("missing.jsonl", "missing.jsonl")]
    [InlineData("odd[1].txt", "odd[1].txt")]
    public void Resolve_in_natural_order(string pattern, string expected)
    {
        foreach (string name in (string[])["part-1.jsonl", "part-10.jsonl", "part-2.jsonl", ".part-3.jsonl", "sub/a/x1.npy", "sub/a/x02.npy", "sub/b/x1.npy", "sub/b/deep/y.npy", "odd[1].txt", "odd1.txt"])
            _folder.Write(name, "");
        Directory.CreateDirectory(_folder.File("part-7.jsonl"));
        File.CreateSymbolicLink(_folder.File("sub/b/deep/up"), _folder.File("sub"));
        Assert.Equal(expected.Split(' ').Select(_folder.File), InputPaths.Resolve(_folder.Path, pattern));
    }

    [Theory]
    [InlineData("*.none")]
    [InlineData("no/such/*.npy")]
    public void A_pattern_without_match_is_refused(string pattern)
    {
        EngineException refused = Assert.Throws<EngineException>(() => InputPaths.Resolve(_folder.Path, pattern));
        Assert.Equal((ExitCode.Input, "NO_MATCH", pattern), (refused.Exit, refused.Errors[0].Code, refused.Errors[0].File));
    }

    [Fact]
    public void Natural_order_is_total_and_by_value()
    {
        string[] ordered = ["a", "a/b", "a-1", "a0", "a00", "a01", "a1", "a2", "a10", "a10b", "a99999999999999999999999", "b"];
        for (int i = 0; i < ordered.Length; i++)
        {
            for (int j = 0; j < ordered.Length; j++)
                Assert.Equal(i.CompareTo(j), Math.Sign(NaturalOrder.Instance.Compare(ordered[i], ordered[j])));
        }
    }

    [Theory]
    [InlineData("/p/x.npy", "./x.npy", 1, "./x.npy")]
    [InlineData("/p/pool/a.jsonl", "pool/*.jsonl", 2, "pool/a.jsonl")]
    [InlineData("/p/pool/a.jsonl", "../pool/*.jsonl", 2, "/p/pool/a.jsonl")]
    [InlineData("/p/pool/a.jsonl", "**/*.jsonl", 2, "/p/pool/a.jsonl")]
    public void Messages_show_files_as_the_plan_wrote_them(string path, string written, int count, string shown) =>
        Assert.Equal(shown, InputPaths.Shown(path, written, count));
}
