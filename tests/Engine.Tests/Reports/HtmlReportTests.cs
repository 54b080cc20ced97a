using System.Globalization;
using System.Text;
using System.Text.Json;
using Engine.Reports;

namespace Engine.Tests.Reports;

public class HtmlReportTests
{
    private static readonly ReportModel Plain = ReportModels.Full(text => text);
    private static readonly Lazy<HtmlChecker> PlainPage = new(() => new HtmlChecker(ReportModels.Page(Plain)));

    [Fact]
    public void SaysWhatWasChosenFromWhatByWhichStepWhenAndHowLong()
    {
        string text = Squeezed(new HtmlChecker(ReportModels.Page(Plain)).Text);
        Assert.Contains("1 000 of 612 345 rows (0.16 %) were chosen by step pick (kcenter) in 12.4 s, on 28 February 2026, 22:30 UTC, by engine 0.1.0.", text, StringComparison.Ordinal);
        Assert.Contains("Chosen along the way: 60 000 of 612 345 by near.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ShowsEveryPart()
    {
        var checker = new HtmlChecker(ReportModels.Page(Plain));
        string text = Squeezed(checker.Text);
        string[] expected =
        [
            "Lineage", "Source mix.", "2 of 2 sources are in the selection", "Rows by task.", "Scores of the chosen rows.", "Covering radius.", "Cluster sizes.",
            "Each bar is the mean of about 5.0 clusters", "The first 20 records in rank order", "f64 was narrowed", "3 files with SHA-256", new string('a', 64),
            "\"name\": \"demo\"", "\"seed\": 42", "a record ↵ of two lines", "123 456 789", "0.93125", "(40 in all)", "reward: 1.5", "×244.9", "×0.60",
        ];
        Assert.All(expected, part => Assert.Contains(part, text, StringComparison.Ordinal));
        Assert.Equal(7, checker.Data.Count);
    }

    [Fact]
    public void DataBlocksHoldWhatTheChartsShow()
    {
        List<JsonElement> data = [.. new HtmlChecker(ReportModels.Page(Plain)).Data.Select(document => document.RootElement)];
        JsonElement bins = data.Single(block => block.ValueKind == JsonValueKind.Object && block.TryGetProperty("counts", out _));
        Assert.Equal(60000, bins.GetProperty("counts").EnumerateArray().Sum(bin => bin.GetInt32()));
        Assert.Equal(25, bins.GetProperty("counts").GetArrayLength());
        JsonElement radii = data.Single(block => block.ValueKind == JsonValueKind.Object && block.TryGetProperty("radius", out _));
        Assert.Equal(Plain.Selections[1].Radii, radii.GetProperty("radius").EnumerateArray().Select(radius => radius.GetDouble()));
        JsonElement clusters = data.Single(block => block.ValueKind == JsonValueKind.Object && block.TryGetProperty("clusters", out _));
        Assert.Equal(1000, clusters.GetProperty("clusters").GetInt32());
        Assert.Equal(200, clusters.GetProperty("meanSizes").GetArrayLength());
        JsonElement lineage = data[0];
        Assert.Equal(["pool", "vec", "groups", "near", "pick"], lineage.EnumerateArray().Select(node => node.GetProperty("name").GetString()));
        Assert.Equal(["vec", "near"], lineage[4].GetProperty("takes").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public void LoadsNothing()
    {
        string page = ReportModels.Page(Plain);
        var checker = new HtmlChecker(page);
        Assert.DoesNotContain(checker.Tags, tag => tag.Attributes.ContainsKey("src") || tag.Element is "link" or "img" or "iframe" or "object");
        Assert.DoesNotContain("url(", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("import", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("fetch", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http:", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("https:", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(checker.Tags, tag => tag.Attributes.GetValueOrDefault("content", "").StartsWith("default-src 'none'", StringComparison.Ordinal));
    }

    [Fact]
    public void CanBeReadWithoutSeeing()
    {
        var checker = new HtmlChecker(ReportModels.Page(Plain));
        Assert.Equal("en", checker.Tags[0].Attributes["lang"]);
        List<string> headings = [.. checker.Tags.Select(tag => tag.Element).Where(element => element is "h1" or "h2" or "h3")];
        Assert.Equal("h1", headings[0]);
        Assert.Single(headings, heading => heading == "h1");
        Assert.All(headings.Zip(headings.Skip(1)), pair => Assert.True(pair.Second[1] - pair.First[1] <= 1));
        Assert.All(checker.Tags.Where(tag => tag.Element == "th"), tag => Assert.Contains(tag.Attributes["scope"], new[] { "row", "col" }));
        Assert.All(checker.Tags.Where(tag => tag.Element == "svg"), tag =>
        {
            Assert.Equal("img", tag.Attributes["role"]);
            Assert.Equal(2, tag.Attributes["aria-labelledby"].Split(' ').Length);
        });
    }

    [Theory]
    [InlineData("</script><script>alert(1)</script>")]
    [InlineData("<!-- <script> --> ]]> <![CDATA[ <svg onload=alert(1)>")]
    [InlineData("\" onmouseover=\"alert(1)\" x='y' `z`=\"")]
    [InlineData("&lt;b&gt; &amp; &#60;i&#62; &")]
    [InlineData("\0\u0001\u001B[31m\u007F\u0085\u009B")]
    [InlineData("\u202Eevil\u202C \u2066\u2069 \u200E\u200F\u061C \uFEFF \u200B \u2028\u2029 \uFFFE\uFFFF")]
    [InlineData("\uD800 \uDC00 \uDBFF\uD800 \uD83D\uDE00 \uDB40\uDC41")]
    [InlineData("</style></title></textarea><style>@import url(//x)</style>")]
    [InlineData("")]
    public void HostileTextStaysText(string hostile)
    {
        HtmlChecker plain = PlainPage.Value;
        var checker = new HtmlChecker(ReportModels.Page(ReportModels.Full(text => text + hostile)));
        Assert.Equal(plain.Tags.Select(tag => tag.Element), checker.Tags.Select(tag => tag.Element));
        Assert.Equal(plain.Data.Count, checker.Data.Count);
        Assert.DoesNotContain(checker.Text, character => char.IsControl(character) && character is not ('\n' or '\t'));
        Assert.DoesNotContain(checker.Text, character => character is '\u200E' or '\u200F' or '\u061C' or '\uFEFF' or '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069'));
    }

    [Fact]
    public void LongHostileTextIsCutBetweenCodePoints()
    {
        string smiles = string.Concat(Enumerable.Repeat("\U0001F600", 300));
        for (int shift = 0; shift < 2; shift++)
        {
            string start = new('x', shift);
            var checker = new HtmlChecker(ReportModels.Page(ReportModels.Full(text => start + smiles + text)));
            Assert.DoesNotContain('\uFFFD', checker.Text);
            Assert.Contains("\U0001F600…", checker.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void HiddenCharactersAreShown()
    {
        string text = new HtmlChecker(ReportModels.Page(ReportModels.Full(text => text + "\u202E\0\u2028"))).Text;
        Assert.Contains("demo⟨U+202E⟩␀⟨U+2028⟩", text, StringComparison.Ordinal);
    }

    [Fact]
    public void StaysSmallHoweverLargeTheRun()
    {
        var selection = new ReportSelection("pick", "kcenter", 100_000, 5_000_000)
        {
            Scores = [.. Enumerable.Range(0, 100_000).Select(i => Math.Cos(i))],
            Radii = [.. Enumerable.Range(0, 100_000).Select(i => 1 / (1.0 + i))],
            Sources = [.. Enumerable.Range(0, 5_000).Select(i => new ReportSource($"source-{i}", 1000, i == 4_999 ? 50_000 : i % 21))],
            Tasks = [.. Enumerable.Range(0, 5_000).Select(i => new ReportTask($"task-{i}", 20))],
            Samples = [.. Enumerable.Range(0, 1000).Select(i => new ReportSample(i, i, "id", null, null, null, new string('语', 100_000)))],
        };
        ReportModel model = Plain with { Selections = [selection], Clusterings = [new ReportClustering("k", 1, 1, new long[100_000])] };
        string page = ReportModels.Page(model);
        var checker = new HtmlChecker(page);
        Assert.InRange(Encoding.UTF8.GetByteCount(page), 1, 300_000);
        JsonElement sources = checker.Data.Select(data => data.RootElement).Single(data => data.ValueKind == JsonValueKind.Array && data[0].TryGetProperty("chosen", out _));
        Assert.Equal(51, sources.GetArrayLength());
        Assert.Equal("source-4999", sources[0].GetProperty("source").GetString());
        Assert.Equal(5_000_000, sources.EnumerateArray().Sum(source => source.GetProperty("pool").GetInt64()));
        Assert.Equal(selection.Sources.Sum(source => source.ChosenCount), sources.EnumerateArray().Sum(source => source.GetProperty("chosen").GetInt64()));
    }

    [Fact]
    public void StaysBelowTenMegabytesInTheWorstCase()
    {
        string bad = new('\u202E', 200_000);
        ReportModel one = ReportModels.Full(text => text.Length < 8 ? text + bad[..500] : bad);
        ReportModel model = one with
        {
            Selections = [.. Enumerable.Repeat(one.Selections[1], 200)],
            Clusterings = [.. Enumerable.Repeat(one.Clusterings[0], 200)],
            Steps = [.. Enumerable.Range(0, 1000).Select(i => one.Steps[0] with { Name = $"{i}{bad[..500]}" })],
            Inputs = [.. Enumerable.Repeat(one.Inputs[0], 1000)],
        };
        Assert.InRange(Encoding.UTF8.GetByteCount(ReportModels.Page(model)), 1, 10_000_000);
    }

    [Fact]
    public void SameModelSameBytesInEveryLocale()
    {
        string page = ReportModels.Page(Plain);
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            foreach (string name in new[] { "de-DE", "ar-SA", "tr-TR", "hi-IN", "sv-SE" })
            {
                CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(name);
                Assert.Equal(page, ReportModels.Page(ReportModels.Full(text => text)));
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void AnEmptyRunStillMakesAPage()
    {
        var model = new ReportModel { PlanName = "p", EngineVersion = "0", Started = DateTimeOffset.UnixEpoch, Seconds = 0, PlanText = "" };
        string text = Squeezed(new HtmlChecker(ReportModels.Page(model)).Text);
        Assert.Contains("0 steps of a plan without a selection finished in 0 s, on 1 January 1970", text, StringComparison.Ordinal);
    }

    [Fact]
    public void AStoppedRunSaysSo()
    {
        string text = Squeezed(new HtmlChecker(ReportModels.Page(Plain with { Exit = ExitCode.Stopped })).Text);
        Assert.Contains("The run ended with exit code 75. It stopped cleanly", text, StringComparison.Ordinal);
    }

    [Fact]
    public void NumbersThatCannotBeDrawnDoNotBreakThePage()
    {
        double[][] scores = [[], [double.NaN], [1, 1, 1], [double.NaN, 1, double.PositiveInfinity, 2], [-double.MaxValue, double.MaxValue], [1, double.BitIncrement(1)], [0, double.Epsilon], [5e-324, 1e300]];
        foreach (double[] values in scores)
        {
            var selection = new ReportSelection("s", "op", values.Length, 0) { Scores = values, Radii = values, Sources = [new ReportSource("none", 0, 0)], Tasks = [new ReportTask("t", 0)] };
            ReportModel model = Plain with { Selections = [selection], Clusterings = [new ReportClustering("k", double.NaN, 0, []), new ReportClustering("k", 0, 0, [0, 0])], Seconds = double.NaN };
            var checker = new HtmlChecker(ReportModels.Page(model));
            string[] coordinates = ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height"];
            Assert.All(checker.Tags.Where(tag => tag.Element is "rect" or "line" or "text" or "circle"), tag =>
                Assert.All(coordinates.Where(tag.Attributes.ContainsKey), name => Assert.InRange(double.Parse(tag.Attributes[name], CultureInfo.InvariantCulture), -1000, 100_000)));
        }
    }

    private static string Squeezed(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
