using System.Text.Json;
using Engine.Plans;
using Engine.Steps;

namespace Engine.Tests.Plans;

/// <summary>The plans that come with the engine are read without an error, by the engine and by editors.</summary>
public sealed class ExamplePlansTests
{
    private static readonly string Examples = FindExamples();

    public static TheoryData<string> Plans =>
        [.. Directory.EnumerateFiles(Examples, "*.json", SearchOption.AllDirectories).Where(p => !p.Contains($"{Path.DirectorySeparatorChar}runs{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && IsPlan(p)).Select(p => Path.GetRelativePath(Examples, p)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Plans))]
    public void AnExampleIsRead(string plan)
    {
        string path = Path.Combine(Examples, plan);
        Plan read = PlanReader.Read(path, [], StepCatalogue.Language);
        Assert.NotEmpty(read.Steps);
        Assert.Equal(64, PlanIdentity.Of(read).Length);

        using var schema = JsonDocument.Parse(PlanSchema.Build(StepCatalogue.Language).ToJsonString());
        Assert.True(new SchemaCheck(schema.RootElement).Accepts(File.ReadAllText(path)));
    }

    private static bool IsPlan(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("steps", out JsonElement steps) && steps.ValueKind == JsonValueKind.Object;
    }

    private static string FindExamples()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Engine.sln"))) folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository."), "examples");
    }
}
