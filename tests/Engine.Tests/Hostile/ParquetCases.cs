using System.Globalization;
using Engine.Tests.Data;
using static Engine.Tests.Hostile.HostileCase;

namespace Engine.Tests.Hostile;

/// <summary>Cases 81 to 86: Parquet. Those that get past our own checks need the library.</summary>
internal static class ParquetCases
{
    private const string Six = "SELECT [i, 1]::FLOAT[] AS v FROM range(6) t(i)";
    private static readonly ParquetBytes Good = new();

    public static IEnumerable<HostileCase> All =>
    [
        Text(81, "under 12 bytes", 4, "error PARQUET: .*8 bytes.*12", "PAR1PAR1"u8.ToArray()),
        Text(81, "another format of that name", 4, "offset 0: error PARQUET: .*begin with PAR1", "{\"text\": \"a\"}\n{\"text\": \"b\"}\n"u8.ToArray()),
        Text(81, "no PAR1 at the end", 4, @"offset \d+: error PARQUET: .*end with PAR1", Good.Make()[..^3]),
        Text(81, "no footer", 4, "error FOOTER: .*claims 0 bytes", ParquetBytes.WithTail(0)),
        Text(81, "a footer over the file", 4, "error FOOTER: .*claims 1000000 bytes.*room for 1 to", ParquetBytes.WithTail(1_000_000)),
        Text(81, "a footer of negative length", 4, "error FOOTER: .*claims 4294967295 bytes", ParquetBytes.WithTail(uint.MaxValue)),
        Text(81, "a footer that is another part of the file", 4, "error FOOTER: ", ParquetBytes.WithTail(40)),
        Text(82, "2^40 rows", 4, "error ROWS: .*2147483591 rows.*1099511627776", (Good with { Rows = 1L << 40, GroupRows = 1L << 40 }).Make()),
        Text(82, "rows that disagree", 4, @"offset \d+: error FOOTER: .*4 rows.*have 3", (Good with { Rows = 4 }).Make()),
        Text(82, "negative rows", 4, "error FOOTER: .*-3 rows", (Good with { Rows = -3, GroupRows = -3 }).Make()),
        Text(82, "nested 1,000 deep", 4, "error DEPTH: .*over 128 deep", (Good with { Depth = 1_000 }).Make()),
        Text(83, "a page of 2^31-1 bytes", 4, "offset 4: error PAGE: .*2147483647 bytes unpacked.*536870912", (Good with { Codec = 1, Unpacked = int.MaxValue }).Make()),
        Text(83, "a page over the file", 4, "offset 4: error PAGE: .*1000000 bytes.*does not lie in the file", (Good with { Packed = 1_000_000, Unpacked = 1_000_000 }).Make()),
        Text(83, "a negative page", 4, "offset 4: error PAGE: ", (Good with { Packed = -1 }).Make()),
        Text(83, "sizes that disagree", 4, "offset 4: error PAGE: .*not packed", (Good with { Unpacked = 16 }).Make()),
        Text(83, "a page that claims 400 MB", 4, "error PARQUET: ", (Good with { Codec = 6, Unpacked = 400_000_000 }).Make()) with { NeedsDuckDb = true },
        Text(84, "wrong checksum", 4, "offset 4: error CHECKSUM: ", (Good with { CrcError = 1 }).Make()),
        Text(84, "right checksum", 0, "", (Good with { CrcError = 0 }).Make()) with { NeedsDuckDb = true },
        Text(84, "unknown codec", 4, "error CODEC: .*codec 99.*snappy", (Good with { Codec = 99 }).Make()),
        Text(84, "LZO", 4, "error CODEC: .*codec 3", (Good with { Codec = 3 }).Make()),
        Text(84, "encrypted columns", 4, "error ENCRYPTED: .*Decrypt", (Good with { Encrypted = true }).Make()),
        Text(84, "encrypted footer", 4, "error ENCRYPTED: .*PARE", ParquetBytes.WithTail(40, "PARE")),
        Vectors(85, "a row without a list", "error NULL: row 4: ", "SELECT CASE WHEN i = 4 THEN NULL ELSE [i, 1]::FLOAT[] END AS v FROM range(6) t(i)"),
        Vectors(85, "the first row without a list", "error NULL: row 0: ", "SELECT CASE WHEN i > 0 THEN [i, 1]::FLOAT[] END AS v FROM range(6) t(i)"),
        Vectors(85, "lists of unequal lengths", "error SHAPE: row 3: .*1 elements.*row 0 has 2", "SELECT CASE WHEN i = 3 THEN [i] ELSE [i, 1] END::FLOAT[] AS v FROM range(6) t(i)"),
        Vectors(85, "a list with a gap", "error NULL: row 5: .*element 1", "SELECT [i, CASE WHEN i < 5 THEN 1 END]::FLOAT[] AS v FROM range(6) t(i)"),
        Vectors(85, "an empty list", "offset 0: error EMPTY: .*6 rows of 0", "SELECT []::FLOAT[] AS v FROM range(6) t(i)"),
        Vectors(85, "NaN", "error NOT_FINITE: row 2 ", "SELECT [CASE WHEN i = 2 THEN 'nan'::FLOAT ELSE i END, 1]::FLOAT[] AS v FROM range(6) t(i)"),
        Text(86, "no row group", 4, "error EMPTY: ", (Good with { NoGroups = true }).Make()) with { NeedsDuckDb = true },
        Vectors(86, "no row", "offset 0: error EMPTY: .*0 rows", $"{Six} WHERE i > 9"),
    ];

    private static HostileCase Text(int number, string name, int exit, string expected, byte[] content) =>
        Records(number, string.Create(CultureInfo.InvariantCulture, $"parquet: {name}"), exit, exit == 0 ? "" : $@"^pool\.parquet: (offset \d+: )?{expected}", work => File.WriteAllBytes(work.At("pool.parquet"), content), "pool.parquet");

    private static HostileCase Vectors(int number, string name, string expected, string select) =>
        Matrix(number, $"parquet: {name}", 4, $@"^vec\.parquet: {expected}", work => DuckDbFiles.Write(work.At("vec.parquet"), select), "vec.parquet") with { NeedsDuckDb = true };
}
