using Engine.Selections;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

public sealed class RandomSampleTests
{
    private static readonly MemoryRecords Pool = MemoryRecords.OfTexts([.. Enumerable.Range(0, 300).Select(i => $"record {i}")]);

    [Fact]
    public void DrawsDistinctRowsOfThePool()
    {
        Selection drawn = Run(new RandomSample { In = Pool, Budget = 100 });
        Assert.Equal(100, drawn.Indices.Distinct().Count());
        Assert.All(drawn.Indices, row => Assert.InRange(row, 0, 299));
        Assert.Equal(300, drawn.PoolRows);
        Assert.Same(Pool, drawn.Pool);
        Assert.Null(drawn.Scores);
    }

    [Theory]
    [InlineData("0.5", 2)]
    [InlineData("0.1", 1)]
    [InlineData("0.49", 1)]
    [InlineData("100", 300)]
    public void ASharesIsRoundedHalfUpAndAtLeastOne(string percent, int rows)
    {
        Budget budget = Budget.Percent(decimal.Parse(percent, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(rows, Run(new RandomSample { In = Pool, Budget = budget }).Indices.Length);
        Assert.Equal(rows, Select("random", $$"""{ "in": "pool", "budget": "{{percent}}%" }""", ("pool", Pool)).Indices.Length);
    }

    [Fact]
    public void DependsOnTheSeedAndTheStepsNameAlone()
    {
        int[] drawn = Run(new RandomSample { In = Pool, Budget = 20 }, "base", 1).Indices;
        Run(new RandomSample { In = Pool, Budget = 7 }, "another step before it", 1);
        Assert.Equal(drawn, Run(new RandomSample { In = Pool, Budget = 20 }, "base", 1).Indices);
        Assert.NotEqual(drawn, Run(new RandomSample { In = Pool, Budget = 20 }, "base2", 1).Indices);
        Assert.NotEqual(drawn, Run(new RandomSample { In = Pool, Budget = 20 }, "base", 2).Indices);
    }

    [Fact]
    public void DrawsFromTheRowsOfASelection()
    {
        Selection from = Chosen(1000, 900, 3, 77, 500);
        Selection drawn = Run(new RandomSample { In = from, Budget = Budget.Percent(50) });
        Assert.Equal(2, drawn.Indices.Length);
        Assert.Subset(from.Indices.ToHashSet(), drawn.Indices.ToHashSet());
        Assert.Equal(1000, drawn.PoolRows);
        Refused(new RandomSample { In = from, Budget = 5 }, ExitCode.Input, "BUDGET", "5 rows", "only 4");
    }

    [Fact]
    public void EveryRowIsDrawnEquallyOften()
    {
        const int Seeds = 10_000, Rows = 20, Budget = 5;
        Selection from = Chosen(Rows, [.. Enumerable.Range(0, Rows)]);
        int[] drawn = new int[Rows], first = new int[Rows];
        for (int seed = 0; seed < Seeds; seed++)
        {
            int[] rows = Run(new RandomSample { In = from, Budget = Budget }, "pick", seed).Indices;
            first[rows[0]]++;
            foreach (int row in rows) drawn[row]++;
        }

        // 19 degrees of freedom: 43.8 is exceeded once in a thousand. Inclusions vary less than independent draws would.
        Assert.InRange(ChiSquare(first, Seeds / (double)Rows), 4, 43.8);
        Assert.InRange(ChiSquare(drawn, Seeds * Budget / (double)Rows), 2, 43.8);
    }

    private static double ChiSquare(int[] counts, double expected) => counts.Sum(c => (c - expected) * (c - expected) / expected);
}
