using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Engine.Plans;
using Engine.Steps;

namespace Engine.Tests.House;

/// <summary>Every op is told and shown: a section of Steps/README.md with its keys, defaults and source, and a plan under examples/ that uses it.</summary>
public sealed partial class MethodsTests
{
    private static readonly Dictionary<string, string> Sections = Heading().Split(File.ReadAllText(Repository.PathOf("src", "Engine", "Steps", "README.md")))
        .Skip(1).Chunk(2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    private static readonly Dictionary<string, JsonElement[]> Plans = Repository.Files("examples", "*.json")
        .Where(path => !path.Split(Path.DirectorySeparatorChar).Contains("runs"))
        .ToDictionary(path => Path.GetRelativePath(Repository.Root, path).Replace(Path.DirectorySeparatorChar, '/'), StepsOf, StringComparer.Ordinal);

    public static TheoryData<string> Ops => [.. StepCatalogue.All.Select(op => op.Op)];

    [Theory]
    [MemberData(nameof(Ops))]
    public void AnOpHasASectionWithItsKeysDefaultsSourceAndPlan(string op)
    {
        string section = SectionOf(op);
        foreach (Parameter key in StepCatalogue.Find(op)!.Parameters.All)
        {
            Assert.True(section.Contains($"`{key.Name}`", StringComparison.Ordinal), $"the section of {op} does not name its key `{key.Name}`");
            if (key.Schema()["default"] is JsonValue value) Assert.True(TellsDefault(section, key.Name, value), $"the section of {op} does not say that `{key.Name}` is {value.ToJsonString()} when absent");
        }

        Assert.True(Source().IsMatch(section), $"the section of {op} names no source: expected a line that begins with \"Source: \"");
        string[] named = [.. PlanName().Matches(section).Select(m => m.Value)];
        Assert.True(named.Any(plan => Plans.TryGetValue(plan, out JsonElement[]? steps) && Uses(steps, op)), $"the section of {op} names no plan under examples/ that uses it; it names: {string.Join(", ", named)}");
    }

    [Fact]
    public void ThePlansThatSectionsNameExist()
    {
        string[] named = [.. Sections.Values.SelectMany(section => PlanName().Matches(section).Select(m => m.Value)).Distinct()];
        Assert.NotEmpty(named);
        Assert.All(named, plan => Assert.Contains(plan, Plans.Keys));
    }

    [Fact]
    public void TheWholeCheckRunsEveryPlan()
    {
        // A plan deeper than the loop's pattern needs a line of its own.
        string check = File.ReadAllText(Repository.PathOf(".ci", "run"));
        Assert.Contains("for plan in examples/*/*.json; do", check, StringComparison.Ordinal);
        Assert.All(Plans.Keys.Where(plan => plan.Count(c => c == '/') > 2), plan => Assert.Contains(plan[..plan.LastIndexOf('/')] + "/", check, StringComparison.Ordinal));
    }

    private static string SectionOf(string op)
    {
        string[] found = [.. Sections.Where(s => s.Key.Split(", ").Contains(op)).Select(s => s.Value)];
        Assert.True(found.Length == 1, $"Steps/README.md has {found.Length} sections headed ## {op}, expected one");
        return found[0];
    }

    /// <summary>True when the section has the key and, soon after it, the default's text with the word default or in brackets: `key` `value` (default), `key` (value).</summary>
    private static bool TellsDefault(string section, string key, JsonValue value)
    {
        string text = Regex.Escape(value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString());
        return Regex.IsMatch(section, $@"`{key}`[^;.]*?`{text}` \(default|`{key}`[^;`]{{0,40}}\((default )?`?{text}`?\)|`{key}`[^;.]*?\((default )?`?{text}`?[,)]", RegexOptions.None, TimeSpan.FromSeconds(10));
    }

    private static bool Uses(JsonElement[] steps, string op) => steps.Any(step => step.GetProperty("op").GetString() == op);

    private static JsonElement[] StepsOf(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("steps", out JsonElement steps)
            ? [.. steps.EnumerateObject().Select(step => step.Value.Clone())]
            : [];
    }

    [GeneratedRegex(@"^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^Source: \w", RegexOptions.Multiline)]
    private static partial Regex Source();

    [GeneratedRegex(@"examples/[\w./-]+\.json")]
    private static partial Regex PlanName();
}
