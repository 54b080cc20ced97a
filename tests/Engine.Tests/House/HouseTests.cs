using System.Reflection;
using System.Text.RegularExpressions;

namespace Engine.Tests.House;

/// <summary>The house keeps its shape: arrows go one way, unsafe stays in two rooms, files stay short, the public face is written down.</summary>
public sealed partial class HouseTests
{
    private const int MostLines = 400;

    private static readonly Dictionary<string, string[]> Rooms = new()
    {
        ["Engine.Kernels"] = [],
        ["Engine.Native"] = ["Engine.Kernels"],
        ["Engine"] = ["Engine.Kernels", "Engine.Native"],
        ["Engine.Cli"] = ["Engine"],
    };

    /// <summary>Inside the library: what each namespace may know. The root holds the front door, which knows all, and the words that all share.</summary>
    private static readonly Dictionary<string, string[]> Library = new()
    {
        ["Data"] = [],
        ["Tokenizers"] = ["Data"],
        ["Selections"] = ["Data"],
        ["Plans"] = ["Data", "Selections"],
        ["Indexes"] = ["Data"],
        ["Steps"] = ["Data", "Tokenizers", "Selections", "Plans", "Indexes"],
        ["Reports"] = [],
        ["Runs"] = ["Data", "Selections", "Plans", "Indexes", "Steps", "Reports"],
    };

    [Theory]
    [InlineData("Engine.Kernels")]
    [InlineData("Engine.Native")]
    [InlineData("Engine")]
    [InlineData("Engine.Cli")]
    public void ProjectArrowsGoOneWay(string room)
    {
        string project = File.ReadAllText(Repository.PathOf("src", room, $"{room}.csproj"));
        string[] references = [.. ProjectReference().Matches(project).Select(m => m.Groups[1].Value)];
        Assert.All(references, reference => Assert.Contains(reference, Rooms[room]));
    }

    [Fact]
    public void TheCommandKnowsOnlyTheLibrary()
    {
        string[] used = [.. UsedNamespaces(Repository.Files("src/Engine.Cli", "*.cs"))];
        Assert.DoesNotContain(used, n => n.StartsWith("Engine.Kernels", StringComparison.Ordinal) || n.StartsWith("Engine.Native", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Data")]
    [InlineData("Tokenizers")]
    [InlineData("Selections")]
    [InlineData("Plans")]
    [InlineData("Indexes")]
    [InlineData("Steps")]
    [InlineData("Reports")]
    [InlineData("Runs")]
    public void LibraryArrowsGoOneWay(string room)
    {
        foreach (string file in Repository.Files($"src/Engine/{room}", "*.cs"))
        {
            foreach (string used in UsedNamespaces([file]).Where(n => Library.ContainsKey(n.Split('.').ElementAtOrDefault(1) ?? "")))
            {
                string other = used.Split('.')[1];
                Assert.True(other == room || Library[room].Contains(other), $"{file} uses {used}, but {room} may only know: {string.Join(", ", Library[room])}");
            }
        }
    }

    [Fact]
    public void UnsafeCompilesInTwoRoomsOnly()
    {
        string[] projects = [.. Repository.Files("src", "*.csproj").Where(f => File.ReadAllText(f).Contains("AllowUnsafeBlocks", StringComparison.Ordinal)).Select(f => Path.GetFileNameWithoutExtension(f))];
        Assert.Equal(["Engine.Kernels", "Engine.Native"], projects);
        Assert.DoesNotContain("AllowUnsafeBlocks", File.ReadAllText(Repository.PathOf("Directory.Build.props")), StringComparison.Ordinal);
    }

    [Fact]
    public void FilesStayShort()
    {
        string[] kinds = ["*.cs", "*.cu", "*.h", "*.cpp", "*.c", "*.py"];
        string[] folders = ["src", "kernels", "tests", "bench", "examples"];
        var long_ = folders.SelectMany(folder => kinds.SelectMany(kind => Repository.Files(folder, kind)))
            .Select(file => (file, lines: File.ReadLines(file).Count())).Where(f => f.lines > MostLines);
        Assert.Empty(long_);
    }

    [Fact]
    public void RoomsHaveDoorSigns()
    {
        string[] banned = ["Common", "Utils", "Helpers", "Shared", "Core", "Misc"];
        var folders = Directory.EnumerateDirectories(Repository.PathOf("src"), "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f));
        Assert.Empty(folders.Intersect(banned, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void NamespacesFollowFolders()
    {
        foreach (string file in Repository.Files("src", "*.cs"))
        {
            Match declared = Namespace().Match(File.ReadAllText(file));
            if (!declared.Success) continue;
            string folder = Path.GetRelativePath(Repository.PathOf("src"), Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');
            Assert.True(folder == declared.Groups[1].Value, $"{file} declares {declared.Groups[1].Value}, its folder says {folder}");
        }
    }

    [Fact]
    public void ThePublicFaceIsWrittenDown()
    {
        string snapshot = Repository.PathOf("tests", "Engine.Tests", "House", "PublicApi.txt");
        Assembly[] assemblies = [typeof(global::Engine.Kernels.IKernels).Assembly, typeof(Native.Files.MappedFile).Assembly, typeof(SelectionEngine).Assembly];
        string actual = PublicApi.Describe(assemblies);
        if (Environment.GetEnvironmentVariable("ENGINE_UPDATE_SNAPSHOTS") == "1") File.WriteAllText(snapshot, actual);
        Assert.True(File.ReadAllText(snapshot) == actual,
            "The public face changed. If that is meant, run this test with ENGINE_UPDATE_SNAPSHOTS=1 and commit PublicApi.txt with the change.");
    }

    private static IEnumerable<string> UsedNamespaces(IEnumerable<string> files) =>
        files.SelectMany(file => Used().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value)).Distinct();

    [GeneratedRegex("""ProjectReference Include="[./]*/([A-Za-z.]+)/""")]
    private static partial Regex ProjectReference();

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?(Engine\.[A-Za-z.]+);", RegexOptions.Multiline)]
    private static partial Regex Used();

    [GeneratedRegex(@"^namespace ([A-Za-z.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
