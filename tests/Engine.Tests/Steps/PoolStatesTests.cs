using Engine.Data;
using Engine.Kernels;
using Engine.Steps;
using static Engine.Tests.Steps.StepCase;

namespace Engine.Tests.Steps;

public sealed class PoolStatesTests
{
    // The two records of the golden data.
    private static readonly float[] Golden = [1, 0, 0, 1, 2, 2, 4, 0, 0, 2, 2, 2, 1, -3];

    [Theory]
    [InlineData("""{ "in": "s", "normalize": false }""", new[] { 1.166667, 1.333333, 1.4, -0.2 })]
    [InlineData("""{ "in": "s" }""", new[] { 0.658505, 0.752577, 0.989949, -0.141421 })]
    [InlineData("""{ "in": "s", "pooling": "weightedMean", "normalize": true }""", new[] { 0.658505, 0.752577, 0.989949, -0.141421 })]
    [InlineData("""{ "in": "s", "pooling": "mean", "normalize": false }""", new[] { 1.0, 1.0, 1.75, 0.25 })]
    [InlineData("""{ "in": "s", "pooling": "last" }""", new[] { 0.707107, 0.707107, 0.316228, -0.948683 })]
    [InlineData("""{ "in": "s", "pooling": "first", "normalize": false }""", new[] { 1.0, 0.0, 4.0, 0.0 })]
    public void PoolsTheGoldenRecords(string plan, double[] expected)
    {
        using TokenStates states = States(2, [0, 3, 7], Golden);
        var pooled = (Embeddings)Bind("pool", plan, ("s", states)).Run(NewRun("vec"));
        Assert.Equal(2, pooled.Rows);
        Assert.Equal("vec", pooled.Name);
        float[] values = Values(pooled);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], values[i], 1e-6);
        if (plan.Contains("true", StringComparison.Ordinal)) Assert.Equal(0.545456, values[0] * values[2] + values[1] * values[3], 1e-6);
    }

    [Fact]
    public void PaddingBetweenRecordsIsTheCallersBusinessOffsetsAloneDecide()
    {
        using TokenStates states = States(2, [1, 4], [9, 9, 1, 0, 0, 1, 2, 2, 9, 9]);
        Assert.Equal([1.1666666f, 1.3333334f], Values(Run(new PoolStates { In = states, Normalize = false })));
    }

    [Fact]
    public void BlocksOfRecordsGiveWhatOneRecordGives()
    {
        const int Dim = 4096, Records = 700;
        long[] offsets = new long[Records + 1];
        for (int i = 0; i < Records; i++) offsets[i + 1] = offsets[i] + 1 + i % 5;
        float[] values = new float[offsets[^1] * Dim];
        for (int i = 0; i < values.Length; i++) values[i] = i % 97 - 48;
        using TokenStates all = States(Dim, offsets, values);
        float[] pooled = Values(Run(new PoolStates { In = all }));
        foreach (int record in (int[])[0, 1, 399, 400, 699])
        {
            float[] alone = values[(int)(offsets[record] * Dim)..(int)(offsets[record + 1] * Dim)];
            using TokenStates one = States(Dim, [0, offsets[record + 1] - offsets[record]], alone);
            Assert.Equal(Values(Run(new PoolStates { In = one })), pooled[(record * Dim)..((record + 1) * Dim)]);
        }
    }

    [Fact]
    public void RefusesValuesThatAreNotFinite()
    {
        foreach (float bad in (float[])[float.NaN, float.PositiveInfinity])
        {
            float[] values = [.. Golden];
            values[9] = bad;
            using TokenStates states = States(2, [0, 3, 7], values);
            foreach (Pooling pooling in Enum.GetValues<Pooling>())
                Refused(new PoolStates { In = states, Pooling = pooling }, ExitCode.Input, "NOT_FINITE", "states.npy", "token row 4", "record 1");
        }
    }

    [Fact]
    public void RefusesToNormaliseAZeroRow()
    {
        using TokenStates states = States(2, [0, 1, 3], [1, 1, 2, 2, -1, -1]);
        Refused(new PoolStates { In = states }, ExitCode.Input, "ZERO_ROW", "row 1 ", "\"normalize\"");
        Assert.Equal([1, 1, 0, 0], Values(Run(new PoolStates { In = states, Normalize = false })));
    }

    [Fact]
    public void RefusesOffsetsThatDoNotFit()
    {
        using TokenStates over = States(1, [0, 1, 4], [1, 2, 3]);
        Refused(new PoolStates { In = over }, ExitCode.Input, "OFFSETS", "0 to 4", "3 tokens");
        using TokenStates empty = States(1, [0, 2, 2, 3], [1, 2, 3]);
        Refused(new PoolStates { In = empty }, ExitCode.Input, "OFFSETS", "record 1");
    }

    internal static float[] Values(Embeddings embeddings) => RowCopies.Of(embeddings.Matrix);

    private static TokenStates States(int dim, long[] offsets, float[] values) => new(ArrayRows.From(values, dim), offsets, "states.npy");
}
