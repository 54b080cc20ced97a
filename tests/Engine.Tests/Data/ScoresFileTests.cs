using Engine.Data;
using Engine.Kernels;
using static Engine.Tests.Data.NpyBytes;

namespace Engine.Tests.Data;

public sealed class ScoresFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InputFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Csv_gives_every_column_by_its_header()
    {
        ScoreTable table = Open("x.csv", "\ufeff\"a, \"\"b\"\"\",loss\r\n1,2.5\r\n\r\n\" -3 \",1e-3\r\n+4,.5");
        Assert.Equal(["a, \"b\"", "loss"], table.Columns.Keys);
        Assert.Equal([1, -3, 4], table.Columns["a, \"b\""]);
        Assert.Equal([2.5, 0.001, 0.5], table.Columns["loss"]);
    }

    [Fact]
    public void A_zero_byte_behind_a_number_is_no_part_of_it()
    {
        EngineError error = Assert.Throws<EngineException>(() => Open("x.csv", "id,score\na,1\nb,3\0\0\n", column: "score")).Errors[0];
        Assert.Equal((ExitCode.Input, "NUL", 3, 3), (error.Exit, error.Code, error.Line, error.Column));
    }

    [Fact]
    public void One_column_may_be_asked_for_and_the_others_may_be_text()
    {
        ScoreTable table = Open("x.csv", "name,score,note\n\"line\nbreak\",1,x\nb,2,\n", column: "score");
        Assert.Equal([1, 2], Assert.Single(table.Columns).Value);
    }

    [Fact]
    public void Scores_find_their_records_by_id()
    {
        using Records pool = Pool("{\"text\":\"a\",\"id\":\"x\"}\n{\"text\":\"b\",\"id\":7}\n{\"text\":\"c\",\"id\":\"z,\\\"\"}\n");
        ScoreTable csv = Open("x.csv", "score,id\n3,\"z,\"\"\"\n1,x\n2,7\n", id: "id", pool: pool);
        Assert.Equal([1, 2, 3], Assert.Single(csv.Columns).Value);
        ScoreTable jsonl = Open("x.jsonl", "{\"id\":7,\"s\":2,\"note\":\"n\"}\n\n{\"s\":3.5,\"id\":\"z,\\\"\"}\n{\"id\":\"x\",\"s\":-1}", id: "id", pool: pool);
        Assert.Equal([-1, 2, 3.5], jsonl.Columns["s"]);
        Assert.Equal(["s"], jsonl.Columns.Keys);
    }

    [Fact]
    public void Several_files_follow_each_other()
    {
        string a = _folder.Write("a.csv", "s\n1\n"), b = _folder.Write("b.csv", "s\n2\n"), c = _folder.Write("c.csv", "t\n3\n");
        Assert.Equal([1, 2], ScoresFile.Open(new ScoresInput("s", [a, b], "*.csv"), null, _files, Pass.Unwatched).Columns["s"]);
        EngineException refused = Assert.Throws<EngineException>(() => ScoresFile.Open(new ScoresInput("s", [a, c], "*.csv"), null, _files, Pass.Unwatched));
        Assert.Matches(@"^c\.csv: error COLUMN: .*t, but those of a\.csv are s", refused.Message);
    }

    [Fact]
    public void Npy_columns_are_numbered()
    {
        ScoreTable one = Open("x.npy", Make(Dict("<f8", "(3,)"), Doubles(1, 2, 3)));
        Assert.Equal([1, 2, 3], one.Columns["score"]);
        Assert.Equal([1, 2, 3], Open("x.npy", Make(Dict(">f8", "(3,)"), BigEndian(Doubles(1, 2, 3), 8)), column: "quality").Columns["quality"]);
        ScoreTable two = Open("x.npy", Make(Dict("<f4", "(2, 3)"), Floats(1, 2, 3, 4, 5, 6)));
        Assert.Equal([2, 5], two.Columns["1"]);
        Assert.Equal([3, 6], Assert.Single(Open("x.npy", Make(Dict("<f4", "(2, 3)", fortran: true), Floats(1, 4, 2, 5, 3, 6)), column: "2").Columns).Value);
        Assert.Equal([-1, 258], Open("x.npy", Make(Dict(">i2", "(2,)"), [0xff, 0xff, 1, 2])).Columns["score"]);
        float[] many = [.. Enumerable.Range(0, 200_000).Select(i => (float)i)];
        Assert.Equal(many.Select(v => (double)v), Open("x.npy", Make(Dict("<f4", "(200000,)", fortran: true), Floats(many))).Columns["score"]);
        ScoreTable wide = Open("x.npy", Make(Dict("<f4", "(50000, 4)", fortran: true), Floats(many)));
        Assert.Equal((100_000.0, 199_999.0), (wide.Columns["2"][0], wide.Columns["3"][^1]));
    }

    [Theory]
    [InlineData("x.csv", "", "x.csv: error EMPTY: ")]
    [InlineData("x.csv", "a\n", "x.csv: error EMPTY: .*0 rows")]
    [InlineData("x.csv", "a,b\n1,2\n3\n", "x.csv:3:1: error COLUMN: .*1 cells.*2")]
    [InlineData("x.csv", "a,b\n1,2,3\n", "x.csv:2:5: error COLUMN: .*3 cells.*2")]
    [InlineData("x.csv", "a,a\n1,2\n", "x.csv:1:3: error COLUMN: .*twice")]
    [InlineData("x.csv", "a,\n1,2\n", "x.csv:1:3: error COLUMN: .*no name")]
    [InlineData("x.csv", "a;b\n1;2\n", "x.csv:1:1: error COLUMN: .*commas")]
    [InlineData("x.csv", "a,b\n1,x\n", "x.csv:2:3: error SCORE: row 0: .*'b' has 'x'")]
    [InlineData("x.csv", "a,b\n1,\n", "x.csv:2:3: error SCORE: row 0: ")]
    [InlineData("x.csv", "a\n1\nnan\n", "x.csv:3:1: error NOT_FINITE: row 1: ")]
    [InlineData("x.csv", "a\n1\n-Infinity\n", "x.csv:3:1: error NOT_FINITE: row 1: ")]
    [InlineData("x.csv", "a\n1e999\n", "x.csv:2:1: error NOT_FINITE: row 0: ")]
    [InlineData("x.csv", "a\n1,5\n", "x.csv:2:3: error COLUMN: ")]
    [InlineData("x.csv", "a\n\"1\n", "x.csv:2:1: error QUOTE: .*never closed")]
    [InlineData("x.csv", "a\n\"1\"2\n", "x.csv:2:4: error QUOTE: ")]
    [InlineData("x.csv", "a\n1\"2\n", "x.csv:2:2: error QUOTE: ")]
    [InlineData("x.csv", "a\n\"1\"\r2\n", "x.csv:2:4: error QUOTE: .*CR")]
    [InlineData("x.jsonl", "{\"a\":1}\n{\"b\":1}\n", "x.jsonl:2:1: error COLUMN: row 1: .*\"a\"")]
    [InlineData("x.jsonl", "{\"a\":1}\n{\"a\":\"1\"}\n", "x.jsonl:2:7: error SCORE: row 1: ")]
    [InlineData("x.jsonl", "{\"a\":1}\n{\"a\":1e400}\n", "x.jsonl:2:6: error NOT_FINITE: row 1: ")]
    [InlineData("x.jsonl", "{\"a\":1}\n{\"a\":1\n", "x.jsonl:2:[0-9]+: error JSON: ")]
    [InlineData("x.jsonl", "{\"a\":\"x\"}\n", "x.jsonl: error COLUMN: .*no column of numbers")]
    [InlineData("x.txt", "1\n", "x.txt: error FORMAT: ")]
    public void Is_refused(string name, string text, string expected)
    {
        EngineException refused = Assert.Throws<EngineException>(() => Open(name, text));
        Assert.Equal(ExitCode.Input, refused.Exit);
        Assert.Matches("^" + expected, refused.Message);
    }

    [Fact]
    public void Wrong_arrays_are_refused()
    {
        Assert.Matches("error NOT_FINITE: row 1: .*NaN", Refused("x.npy", Make(Dict("<f4", "(2,)"), Floats(1, float.NaN))));
        Assert.Matches("error NOT_FINITE: row 0: .*'1'.*Infinity", Refused("x.npy", Make(Dict("<f4", "(1, 2)"), Floats(1, float.PositiveInfinity))));
        Assert.Matches("error SHAPE: .*3 axes", Refused("x.npy", Make(Dict("<f4", "(1, 1, 1)"), Floats(1))));
        Assert.Matches("error DTYPE: .*V2", Refused("x.npy", Make(Dict("|V2", "(1,)"), [0, 0])));
        Assert.Matches("error EMPTY: ", Refused("x.npy", Make(Dict("<f4", "(0,)"), [])));
        Assert.Matches("error COLUMN: .*'2'.*0 to 1", Refused("x.npy", Make(Dict("<f4", "(1, 2)"), Floats(1, 2)), column: "2"));
        Assert.Matches("error ID: ", Refused("x.npy", Make(Dict("<f4", "(1,)"), Floats(1)), id: "id"));
    }

    [Fact]
    public void Ids_and_rows_that_do_not_fit_the_pool_are_refused()
    {
        using Records pool = Pool("{\"text\":\"a\",\"id\":\"x\"}\n{\"text\":\"b\",\"id\":\"y\"}\n");
        Assert.Matches(@"^x\.csv:3:1: error UNKNOWN_ID: .*'q'", Refused("x.csv", "id,s\nx,1\nq,2\n"u8.ToArray(), id: "id", pool: pool));
        Assert.Matches(@"^x\.csv:3:1: error DUPLICATE_ID: .*'x'.* x\.csv:2;", Refused("x.csv", "id,s\nx,1\nx,2\n"u8.ToArray(), id: "id", pool: pool));
        Assert.Matches(@"^x\.csv: error MISSING_ID: row 1 .*'y'.*1 of 2", Refused("x.csv", "id,s\nx,1\n"u8.ToArray(), id: "id", pool: pool));
        Assert.Matches(@"^x\.csv: error ROWS: .*1 rows.* 2", Refused("x.csv", "s\n1\n"u8.ToArray(), pool: pool));
        Assert.Matches(@"^x\.csv:1:1: error COLUMN: .*'key'.*id, s", Refused("x.csv", "id,s\nx,1\n"u8.ToArray(), id: "key", pool: pool));
        Assert.Matches(@"^x\.csv: error ID: .*rowsOf", Refused("x.csv", "id,s\nx,1\n"u8.ToArray(), id: "id"));
        Assert.Matches(@"^x\.jsonl:2:1: error MISSING_ID: ", Refused("x.jsonl", "{\"id\":\"x\",\"s\":1}\n{\"s\":2}\n"u8.ToArray(), id: "id", pool: pool));
        Assert.Matches(@"^x\.csv:2:1: error UTF8: ", Refused("x.csv", [.. "id,s\n"u8, 0xff, .. ",1\n"u8], id: "id", pool: pool));
    }

    [Fact]
    public void Token_states_need_offsets_that_fit()
    {
        string values = _folder.Write("h.npy", Make(Dict("<f4", "(5, 2)"), Floats(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)));
        using TokenStates states = States(values, "<i8", 0, 2, 5);
        Assert.Equal((2L, 5L), (states.Rows, states.Tokens.Rows));
        Assert.Equal([0L, 2, 5], states.Offsets.ToArray());
        Assert.Matches(@"^o\.npy: error OFFSETS: .*first number is 1", Assert.Throws<EngineException>(() => States(values, "<i8", 1, 5)).Message);
        Assert.Matches(@"^o\.npy: error OFFSETS: row 1 has no tokens", Assert.Throws<EngineException>(() => States(values, "<i8", 0, 2, 2, 5)).Message);
        Assert.Matches(@"^o\.npy: error OFFSETS: row 1 ends before", Assert.Throws<EngineException>(() => States(values, "<i8", 0, 3, 2, 5)).Message);
        Assert.Matches(@"^o\.npy: error OFFSETS: .*is 4, but .*5 tokens", Assert.Throws<EngineException>(() => States(values, "<i8", 0, 4)).Message);
        Assert.Matches(@"^o\.npy: error OFFSETS: .*has 1 numbers", Assert.Throws<EngineException>(() => States(values, "<i8", 0)).Message);
        Assert.Matches(@"^o\.npy: error DTYPE: .*<f8", Assert.Throws<EngineException>(() => States(values, "<f8", 0, 5)).Message);
    }

    private TokenStates States(string values, string descr, params long[] offsets)
    {
        string path = _folder.Write("o.npy", Make(Dict(descr, $"({offsets.Length},)"), [.. offsets.SelectMany(BitConverter.GetBytes)]));
        return StatesFile.Open(new StatesInput(new EmbeddingsInput("h", [values], "h.npy"), path, "o.npy"), _files);
    }

    private string Refused(string name, byte[] content, string? column = null, string? id = null, Records? pool = null)
    {
        EngineException refused = Assert.Throws<EngineException>(() => Open(name, content, column, id, pool));
        Assert.Equal(ExitCode.Input, refused.Exit);
        return refused.Message;
    }

    private ScoreTable Open(string name, string text, string? column = null, string? id = null, Records? pool = null) =>
        Open(name, System.Text.Encoding.UTF8.GetBytes(text), column, id, pool);

    private ScoreTable Open(string name, byte[] content, string? column = null, string? id = null, Records? pool = null) =>
        ScoresFile.Open(new ScoresInput("s", [_folder.Write(name, content)], name) { Column = column, Id = id }, pool, _files, Pass.Unwatched);

    private Records Pool(string text)
    {
        string path = _folder.Write("pool.jsonl", text);
        return RecordsFile.Open(new RecordsInput("pool", [path], "pool.jsonl") { Id = "id" }, _files, Pass.Unwatched);
    }
}
