using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Engine.Tests.House;

/// <summary>What README.md shows is true: its C# compiles and runs, its plans parse, its commands name files that exist.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Repository.PathOf("README.md"));

    private static IEnumerable<string> Blocks(string language) =>
        Fence().Matches(Readme).Where(m => m.Groups[1].Value == language).Select(m => m.Groups[2].Value);

    [Fact]
    public void TheFirstFencedBlockIsTheQuickStart() =>
        Assert.Equal("dotnet run -c Release --project src/Engine.Cli -- run examples/dotnet-docs/rds.json", Fence().Match(Readme).Groups[2].Value.Trim());

    [Fact]
    public void TheTestCommandIsThere() => Assert.Contains(Blocks("bash").Concat(Blocks("sh")), b => b.Contains("dotnet test Engine.sln -c Release", StringComparison.Ordinal));

    [Fact]
    public void CSharpCompilesAndRuns()
    {
        string[] programs = [.. Blocks("csharp")];
        Assert.NotEmpty(programs);
        foreach (string program in programs) Assert.NotEmpty(CompileAndRun(program));
    }

    [Fact]
    public void PlansParse()
    {
        string[] plans = [.. Blocks("json").Concat(Blocks("jsonc"))];
        Assert.NotEmpty(plans);
        foreach (string plan in plans)
            Assert.NotEmpty(SelectionEngine.ParsePlan(Encoding.UTF8.GetBytes(plan), "README.md", Repository.Root).Steps);
    }

    [Fact]
    public void CommandsNameFilesThatExist()
    {
        foreach (Match command in Command().Matches(string.Concat(Fence().Matches(Readme).Where(m => m.Groups[1].Value is "bash" or "sh" or "console").Select(m => m.Groups[2].Value))))
        {
            foreach (string word in command.Value.Split(' ').Where(w => w.EndsWith(".json", StringComparison.Ordinal) && !w.StartsWith("--", StringComparison.Ordinal)))
                Assert.True(File.Exists(Repository.PathOf(word)), $"README.md runs {command.Value}, but {word} does not exist");
        }
    }

    private static string CompileAndRun(string program)
    {
        string usings = "global using System; global using System.Collections.Generic; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";
        var trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(p => MetadataReference.CreateFromFile(p));
        var compilation = CSharpCompilation.Create("readme", [CSharpSyntaxTree.ParseText(usings), CSharpSyntaxTree.ParseText(program)], trusted, new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)));
        var entry = System.Reflection.Assembly.Load(image.ToArray()).EntryPoint!;
        TextWriter before = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        try
        {
            entry.Invoke(null, entry.GetParameters().Length == 0 ? null : [Array.Empty<string>()]);
        }
        finally
        {
            Console.SetOut(before);
        }

        return output.ToString();
    }

    [GeneratedRegex("^```([a-z]*)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("^(dotnet run|engine) .*$", RegexOptions.Multiline)]
    private static partial Regex Command();
}
