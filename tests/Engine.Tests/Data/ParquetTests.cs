using System.Text;
using System.Text.Json;
using Engine.Data;
using Engine.Kernels;
using Engine.Native.DuckDb;

namespace Engine.Tests.Data;

public sealed class ParquetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InputFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    [DuckDbFact]
    public void Every_type_has_its_json()
    {
        const string Select = """"
            SELECT 'é"\' || chr(10) || chr(1) || '😀' AS "text", 1::TINYINT AS a, -2::SMALLINT AS b, 3::INTEGER AS c, (-9223372036854775808)::BIGINT AS d, 255::UTINYINT AS e, 65535::USMALLINT AS f,
              4294967295::UINTEGER AS g, 18446744073709551615::UBIGINT AS h, 0.1::FLOAT AS i, 0.1::DOUBLE AS j, 'nan'::DOUBLE AS k, '-inf'::FLOAT AS l, true AS m, NULL::INTEGER AS n, -0.05::DECIMAL(9, 2) AS o,
              DATE '2024-02-29' AS p, TIMESTAMP '2024-02-29 01:02:03.5' AS q, TIMESTAMPTZ '2024-02-29 01:02:03+05' AS r, '00000000-0000-0000-0000-000000000001'::UUID AS s, 'bytes'::BLOB AS t,
              [1, NULL, 3] AS u, {'x': [{'y': 'z'}], "a ""b""": NULL::VARCHAR} AS v, MAP {'k': 1, 'l': NULL} AS w, MAP {7: DATE '2024-01-01'} AS x, [DATE '2024-01-01'] AS y, []::VARCHAR[] AS z, 1e300::DOUBLE AS aa
            """";
        DuckDbFiles.Write(_folder.File("x.parquet"), Select);
        using Records records = Open("x.parquet");
        const string Expected = """
            {"text":"é\"\\\n\u0001😀","a":1,"b":-2,"c":3,"d":-9223372036854775808,"e":255,"f":65535,"g":4294967295,"h":18446744073709551615,"i":0.1,"j":0.1,"k":null,"l":null,"m":true,"n":null,"o":-0.05,"p":"2024-02-29","q":"2024-02-29 01:02:03.5","r":"2024-02-28 20:02:03+00","s":"00000000-0000-0000-0000-000000000001","t":"bytes","u":[1,null,3],"v":{"x":[{"y":"z"}],"a \"b\"":null},"w":{"k":1,"l":null},"x":{"7":"2024-01-01"},"y":["2024-01-01"],"z":[],"aa":1E+300}
            """;
        Assert.Equal(Expected, Encoding.UTF8.GetString(records.Bytes(0)));
        using JsonDocument json = JsonDocument.Parse(records.Bytes(0));
        Assert.Equal("é\"\\\n\u0001😀", json.RootElement.GetProperty("text").GetString());
    }

    [DuckDbFact]
    public void Rows_are_read_in_any_order_over_row_groups_and_shards()
    {
        const int Rows = 9_000;
        string Select(int from) => $"SELECT 'r' || (i + {from}) AS id, ['a', 'b', 'c'][1 + i % 3] AS source, [{{'role': 'user', 'content': repeat('q', (i % 1500)::INT) || i}}, {{'role': 'assistant', 'content': 'a'}}] AS messages FROM range({Rows}) t(i)";
        DuckDbFiles.Write(_folder.File("p-2.parquet"), Select(0), "ROW_GROUP_SIZE 2048");
        DuckDbFiles.Write(_folder.File("p-10.parquet"), Select(Rows), "ROW_GROUP_SIZE 4096, COMPRESSION zstd");
        RecordsInput input = new("pool", InputPaths.Resolve(_folder.Path, "p-*.parquet"), "p-*.parquet") { Id = "id", Source = "source" };
        using Records records = RecordsFile.Open(input, _files, Pass.Unwatched);
        Assert.Equal(2 * Rows, records.Rows);
        Assert.Equal(["a", "b", "c"], records.Sources);
        int[] some = [2 * Rows - 1, 0, 8_999, 9_000, 7, 12_345, 12_344, 7, 2_048, 2_047, 8_000];
        Assert.Equal(some.Select(i => $"r{i}"), some.Select(i => records.Id(i)));
        Assert.Equal(some.Select(i => $"r{i}"), records.Ids(some));
        foreach ((int row, byte[] text) in some.Zip(records.Texts(some))) Assert.Equal(text, records.Bytes(row));
        Assert.Equal(12_345, records.RowOf("r12345"));
        Assert.Equal(1, records.SourceOf(9_001));
        Assert.Equal($"{new string('q', 4_500 % 1_500)}4500", records.Conversation(4_500).Turns[0].Content);
        Assert.Equal(Enumerable.Range(0, 2 * Rows).Select(i => i % Rows), records.Conversations(0, 2 * Rows).Select(c => int.Parse(c.Turns[0].Content.TrimStart('q'), System.Globalization.CultureInfo.InvariantCulture)));
    }

    [DuckDbFact]
    public void A_column_may_have_the_name_that_the_library_gives_to_row_numbers()
    {
        DuckDbFiles.Write(_folder.File("x.parquet"), "SELECT 7 AS File_Row_Number, repeat('t', 2000) || i AS text FROM range(5000) t(i)", "ROW_GROUP_SIZE 2048");
        using Records records = Open("x.parquet");
        Assert.EndsWith("t4999\"}", Encoding.UTF8.GetString(records.Bytes(4_999)), StringComparison.Ordinal);
        Assert.EndsWith("t0\"}", Encoding.UTF8.GetString(records.Bytes(0)), StringComparison.Ordinal);
        Assert.EndsWith("t4000\"}", Encoding.UTF8.GetString(records.Bytes(4_000)), StringComparison.Ordinal);
    }

    [DuckDbFact]
    public void What_is_wrong_with_a_record_names_its_row()
    {
        DuckDbFiles.Write(_folder.File("id.parquet"), "SELECT 'x' || (i % 3) AS id, 'a' AS text FROM range(5) t(i)");
        DuckDbFiles.Write(_folder.File("layout.parquet"), "SELECT CASE WHEN i < 4 THEN 'a' END AS text FROM range(5) t(i)");
        DuckDbFiles.Write(_folder.File("bytes.parquet"), "SELECT 'a' AS text, CASE WHEN i = 2 THEN '\\xAA'::BLOB END AS image FROM range(5) t(i)");
        Assert.Matches(@"^id\.parquet: error DUPLICATE_ID: row 3: the id ""x0"" is already that of the record at row 0 of id\.parquet", Refuse("id.parquet", "id").Message);
        Assert.Matches(@"^layout\.parquet: error LAYOUT: row 4: .*null", Refuse("layout.parquet").Message);
        Assert.Matches(@"^bytes\.parquet: error BINARY: row 2: .*'image'", Refuse("bytes.parquet").Message);
    }

    [DuckDbFact]
    public void Every_element_type_becomes_a_matrix()
    {
        const string Three = "FROM range(3) t(i)";
        DuckDbFiles.Write(_folder.File("x.parquet"), $"SELECT i AS id, [i, i / 3]::FLOAT[2] AS f, [i, i / 3]::DOUBLE[] AS d, [i, -i]::TINYINT[] AS b, [i, 255 - i]::UTINYINT[] AS u, [i, i] AS whole {Three}");
        AssertMatrix([0, 0, 1, 1f / 3, 2, 2f / 3], ElementType.Float32, Matrix("f"));
        Assert.Empty(_files.Warnings);
        AssertMatrix([0, 0, 1, 1f / 3, 2, 2f / 3], ElementType.Float32, Matrix("d"));
        Assert.Contains("float64 values are narrowed", Assert.Single(_files.Warnings), StringComparison.Ordinal);
        AssertMatrix([0, 0, 1, -1, 2, -2], ElementType.Int8, Matrix("b"));
        AssertMatrix([0, 127.5f, 0.5f, 127, 1, 126.5f], ElementType.Float32, Matrix("u", scale: 0.5f));
        Assert.Matches(@"^x\.parquet: error COLUMN: 4 columns are lists of numbers: f \(list<float32>\), d .*""column""", Assert.Throws<EngineException>(() => Matrix(null)).Message);
        Assert.Matches(@"^x\.parquet: error COLUMN: the file has no column 'g'; it has id \(int", Assert.Throws<EngineException>(() => Matrix("g")).Message);
        Assert.Matches(@"^x\.parquet: error COLUMN: the column 'whole' is list<int", Assert.Throws<EngineException>(() => Matrix("whole")).Message);
    }

    [DuckDbFact]
    public void Scores_are_matched_by_row_or_by_id()
    {
        DuckDbFiles.Write(_folder.File("r.parquet"), "SELECT 'x' || i AS id, 'a' AS text FROM range(3) t(i)");
        DuckDbFiles.Write(_folder.File("s.parquet"), "SELECT 'x' || (2 - i) AS id, i / 4 AS s, i::DECIMAL(5, 1) AS n FROM range(3) t(i)");
        DuckDbFiles.Write(_folder.File("gap.parquet"), "SELECT CASE WHEN i = 1 THEN NULL ELSE i END AS s FROM range(3) t(i)");
        DuckDbFiles.Write(_folder.File("nan.parquet"), "SELECT CASE WHEN i = 2 THEN 'inf'::DOUBLE ELSE i END AS s FROM range(3) t(i)");
        using Records pool = Open("r.parquet", "id");
        ScoreTable byRow = Scores("s.parquet", null, null, null), byId = Scores("s.parquet", "s", "id", pool);
        Assert.Equal(["s", "n"], byRow.Columns.Keys);
        Assert.Equal([0, 0.25, 0.5], byRow.Columns["s"]);
        Assert.Equal([0.5, 0.25, 0], byId.Columns["s"]);
        Assert.Matches(@"^gap\.parquet: error SCORE: row 1: ", Assert.Throws<EngineException>(() => Scores("gap.parquet", null, null, null)).Message);
        Assert.Matches(@"^nan\.parquet: error NOT_FINITE: row 2: ", Assert.Throws<EngineException>(() => Scores("nan.parquet", "s", null, null)).Message);
        Assert.Matches(@"^s\.parquet: error SCORE: the column 'id' is text", Assert.Throws<EngineException>(() => Scores("s.parquet", "id", null, null)).Message);
    }

    [DuckDbFact]
    public void A_file_that_is_replaced_stays_what_it_was_and_one_that_is_overwritten_is_a_changed_input()
    {
        DuckDbFiles.Write(_folder.File("x.parquet"), "SELECT repeat('t', 2000) || i AS text FROM range(5000) t(i)", "ROW_GROUP_SIZE 2048");
        using Records records = Open("x.parquet");
        File.Move(_folder.File("x.parquet"), _folder.File("y.parquet"));
        DuckDbFiles.Write(_folder.File("x.parquet"), "SELECT 'other' AS text");
        Assert.Contains("t4999", Encoding.UTF8.GetString(records.Bytes(4_999)), StringComparison.Ordinal);
        _files.Verify();
        using (FileStream stream = File.OpenWrite(_folder.File("y.parquet")))
        {
            stream.Position = 4;
            stream.Write(Enumerable.Repeat((byte)0xff, (int)stream.Length / 2).ToArray());
        }

        Assert.Equal(ExitCode.InputChanged, Assert.Throws<EngineException>(() => records.Bytes(0)).Exit);
        Assert.Equal(ExitCode.InputChanged, Assert.Throws<EngineException>(_files.Verify).Exit);
    }

    [DuckDbFact]
    public void A_session_reaches_its_file_alone()
    {
        string mine = _folder.Write("mine.csv", "a\n1\n"), other = _folder.Write("other.csv", "a\n1\n");
        using DuckDbSession session = new(1 << 28);
        session.Confine(mine);
        session.Run($"SELECT * FROM read_csv({DuckDbSession.Literal(mine)})");
        foreach (string statement in (string[])[$"SELECT * FROM read_csv({DuckDbSession.Literal(other)})", $"COPY (SELECT 1) TO {DuckDbSession.Literal(_folder.File("new.csv"))}", "SET enable_external_access=true", "SET memory_limit='1TB'", "INSTALL httpfs"])
            Assert.Throws<DuckDbException>(() => session.Run(statement));
        Assert.False(File.Exists(_folder.File("new.csv")));
    }

    [DuckDbFact]
    public void Values_cannot_be_asked_for_when_their_rows_are_gone()
    {
        using DuckDbSession session = new(1 << 28);
        DuckDbReader reader = session.Query("SELECT 1::INTEGER, [1, 2]");
        Assert.True(reader.Next());
        DuckDbColumn number = reader.Columns[0], list = reader.Columns[1];
        Assert.Equal(1, number.Value<int>(0));
        Assert.Throws<InvalidOperationException>(() => number.Value<long>(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => number.Value<int>(1));
        Assert.Equal((0, 2), list.Items(0));
        Assert.False(reader.Next());
        Assert.Throws<ArgumentOutOfRangeException>(() => number.Value<int>(0));
        reader.Dispose();
        Assert.Throws<ArgumentOutOfRangeException>(() => list.Children[0].IsNull(0));
    }

    private Records Open(string name, string? id = null) => RecordsFile.Open(new RecordsInput("pool", [_folder.File(name)], name) { Id = id }, _files, Pass.Unwatched);

    private EngineException Refuse(string name, string? id = null)
    {
        EngineException refused = Assert.Throws<EngineException>(() => Open(name, id));
        Assert.Equal(ExitCode.Input, refused.Exit);
        return refused;
    }

    private ScoreTable Scores(string name, string? column, string? id, Records? pool) =>
        ScoresFile.Open(new ScoresInput("s", [_folder.File(name)], name) { Column = column, Id = id }, pool, _files, Pass.Unwatched);

    private static void AssertMatrix(float[] values, ElementType element, (float[] Values, ElementType Element) found)
    {
        Assert.Equal(values, found.Values);
        Assert.Equal(element, found.Element);
    }

    private (float[] Values, ElementType Element) Matrix(string? column, float? scale = null)
    {
        using Embeddings embeddings = EmbeddingsFile.Open(new EmbeddingsInput("v", [_folder.File("x.parquet")], "x.parquet") { Column = column, Scale = scale }, _files);
        float[] values = new float[embeddings.Rows * embeddings.Dim];
        for (int row = 0; row < embeddings.Rows; row++) embeddings.Matrix.CopyRow(row, values.AsSpan(row * embeddings.Dim));
        return (values, embeddings.Matrix.Element);
    }
}
