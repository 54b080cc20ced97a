using Engine.Data;
using Engine.Kernels;
using Engine.Plans;
using Engine.Selections;
using Engine.Steps;

namespace Engine.Tests.Steps;

/// <summary>The example's plans, from their text to their selections, with what its page tells a reader to expect.</summary>
public sealed class ExamplePlanTests
{
    private static readonly string Folder = Path.Combine(Root(), "examples", "dotnet-docs");

    [Fact]
    public void EachTaskFindsItsOwnNamespaces()
    {
        using var files = new InputFiles();
        (Selection picked, Records pool) = Run("rds.json", "pick", files);
        Assert.Equal(150, picked.Rows);
        (string Task, string Space)[] expected = [("file-io", "System.IO"), ("networking", "System.Net"), ("concurrency", "System.Threading")];
        for (int task = 0; task < 3; task++)
        {
            int[] own = [.. picked.Indices.Where((_, rank) => picked.Tasks![rank] == expected[task].Task)];
            double found = own.Count(row => pool.Sources[pool.SourceOf(row)].StartsWith(expected[task].Space, StringComparison.Ordinal)) / (double)own.Length;
            double baseRate = Enumerable.Range(0, (int)pool.Rows).Count(row => pool.Sources[pool.SourceOf(row)].StartsWith(expected[task].Space, StringComparison.Ordinal)) / (double)pool.Rows;
            Assert.True(found > 8 * baseRate, $"{expected[task].Task}: {found:P1} of {own.Length} rows, {baseRate:P1} of the pool");
        }
    }

    [Fact]
    public void TheCoreSetsRadiusShrinksWithEveryPick()
    {
        using var files = new InputFiles();
        (Selection picked, Records pool) = Run("coreset.json", "pick", files);
        Assert.Equal((int)Math.Floor(pool.Rows * 0.02 + 0.5), picked.Rows);
        Assert.Equal(picked.Radii!.OrderDescending(), picked.Radii!);
        Assert.Same(pool, picked.Pool);
    }

    [Fact]
    public void TheBaselineIsEven()
    {
        using var files = new InputFiles();
        (Selection picked, Records pool) = Run("balanced.json", "pick", files);
        int[] perSource = [.. picked.Indices.GroupBy(row => pool.SourceOf(row)).Select(g => g.Count())];
        Assert.Equal(pool.Sources.Count, perSource.Length);
        Assert.InRange(perSource.Max() - perSource.Min(), 0, 1);
    }

    /// <summary>Runs a plan's steps in order and returns one of them.</summary>
    private static (Selection Picked, Records Pool) Run(string file, string pick, InputFiles files)
    {
        Plan plan = PlanReader.Read(Path.Combine(Folder, file), []);
        using IKernels kernels = KernelSets.Best(2);
        var values = new Dictionary<string, Value>();
        foreach (PlanInput input in plan.Inputs)
        {
            string[] paths = [.. input.Paths.Select(p => Path.Combine(Folder, p))];
            values[input.Name] = RecordsFile.Open(new RecordsInput(input.Name, paths, input.Paths[0]) { Id = "id", Source = "dataset" }, files, Pass.Unwatched);
        }

        foreach (PlanStep step in plan.Steps)
        {
            IStep bound = step.Definition.Bind(step.Arguments, new StepInputs(name => values[name]));
            values[step.Name] = bound.Run(new StepRun(step.Name, plan.Seed, kernels, Pass.Unwatched, new MemoryMatrixStore()));
        }

        var result = ((Selection)values[pick], (Records)values["pool"]);
        foreach (Value value in values.Values.Where(v => v is Embeddings)) value.Dispose();
        return result;
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Engine.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
