using System.Text;
using static Engine.Tests.Hostile.HostileCase;

namespace Engine.Tests.Hostile;

/// <summary>Cases 1 to 23: the plan.</summary>
internal static class PlanCases
{
    private const string Inputs = """ "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" }, "vec": { "kind": "embeddings", "path": "vec.npy" } } """;
    private const string End = """ "run": { "dir": "out" } }""";
    private const string Good = """{ "version": 1,""" + Inputs + """, "steps": { "pick": { "op": "kcenter", "in": "vec", "budget": 2 } },""" + End;

    public static IEnumerable<HostileCase> All =>
    [
        Plan(1, "empty file", 3, "plan.json:1:1: error SYNTAX: found an empty file", ""),
        new(2, "missing", 3, "plan.json: error MISSING: found no such file", _ => { }),
        Plan(3, "trailing commas and comments are tolerated", 0, "", Good.Replace("2 }", "2, /* two */ }", StringComparison.Ordinal)),
        Plan(3, "two commas", 3, @"plan.json:1:\d+: error SYNTAX: ", Good.Replace("2 }", "2,, }", StringComparison.Ordinal)),
        Plan(4, "duplicate key at the top", 3, @"plan.json:1:\d+: error DUPLICATE_KEY: found the key ""version""", Good.Replace("\"run\"", "\"version\": 1, \"run\"", StringComparison.Ordinal)),
        Plan(4, "duplicate key in a step", 3, @"plan.json:1:\d+: error DUPLICATE_KEY: found the key ""budget""", Good.Replace("2 }", "2, \"budget\": 3 }", StringComparison.Ordinal)),
        Plan(5, "unknown key", 3, @"plan.json:1:\d+: error UNKNOWN_KEY: .*""budgt"".*Did you mean ""budget""", Good.Replace("budget", "budgt", StringComparison.Ordinal)),
        Plan(6, "number as text", 3, @"plan.json:1:\d+: error TYPE: found the string ""10""", With("""{ "op": "kmeans", "in": "vec", "k": "10" }""")),
        .. new[] { "0", "-1", "1.5", "1e400", "9223372036854775808" }.Select(k => Plan(7, $"k = {k}", 3, $@"plan.json:1:\d+: error (RANGE|TYPE|VALUE): found the number {k}", With($$"""{ "op": "kmeans", "in": "vec", "k": {{k}} }"""))),
        Plan(7, "k = NaN", 3, @"plan.json:1:\d+: error SYNTAX: ", With("""{ "op": "kmeans", "in": "vec", "k": NaN }""")),
        Plan(8, "nesting of 100,000", 3, @"plan.json:1:\d+: error DEPTH: ", With(new string('[', 100_000))),
        Plan(9, "byte order mark", 0, "", "\ufeff" + Good),
        Plan(9, "UTF-16", 3, "plan.json:1:1: error ENCODING: found UTF-16 text", [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(Good)]),
        Plan(10, "invalid UTF-8", 3, @"plan.json:1:\d+: error ENCODING: found the byte 0xff at offset \d+", [.. Encoding.UTF8.GetBytes(Good[..^1]), 0xff]),
        Plan(11, "lone surrogate", 3, @"plan.json:1:\d+: error ENCODING: found a lone surrogate", Good.Replace("pool.jsonl", "\\ud800", StringComparison.Ordinal)),
        Plan(12, "over 16 MiB", 3, "plan.json:1:1: error SIZE: .*16777216", Good + new string(' ', 17 << 20)),
        Plan(13, "cycle of two", 3, @"plan.json:1:\d+: error CYCLE: .*a -> b -> a", $$"""{ "version": 1,{{Inputs}}, "steps": { "a": { "op": "kcenter", "in": "vec", "budget": 1, "start": { "rows": "b" } }, "b": { "op": "kcenter", "in": "vec", "budget": 1, "start": { "rows": "a" } } },{{End}}"""),
        Plan(14, "reference to nothing", 3, @"plan.json:1:\d+: error REFERENCE: found ""vek"".*Did you mean ""vec""", Good.Replace("\"in\": \"vec\"", "\"in\": \"vek\"", StringComparison.Ordinal)),
        Plan(15, "two outputs, one file", 3, @"plan.json:1:\d+: error DUPLICATE_PATH: ", Outputs("a.npy", "./x/../a.npy")),
        Plan(15, "an output where the run writes", 3, @"plan.json:1:\d+: error OUTPUT: .*which the run itself writes", Outputs("a.npy", "out/indices.npy")),
        Plan(16, "output is an input", 3, @"plan.json:1:\d+: error OUTPUT: .*is the input file", Outputs("a.npy", "vec.npy")),
        Linked("symbolic link", (at, to) => File.CreateSymbolicLink(at, to)),
        Linked("hard link", (at, to) => Shell.Run($"ln '{to}' '{at}'")),
        Plan(18, "NUL in a path", 3, @"plan.json:1:\d+: error VALUE: found (a )?NUL", Good.Replace("vec.npy", "vec\\u0000.npy", StringComparison.Ordinal)),
        Plan(18, "line break in a path", 3, @"plan.json:1:\d+: error VALUE: .*line break", Good.Replace("vec.npy", "vec\\n.npy", StringComparison.Ordinal)),
        Plan(19, "k over the rows", 4, @"vec.npy: error \w+: .*11.*10 rows", With("""{ "op": "kmeans", "in": "vec", "k": 11 }""")),
        Plan(19, "budget over the rows", 4, @"error BUDGET: .*11.*10", With("""{ "op": "kcenter", "in": "vec", "budget": 11 }""")),
        Plan(20, "k = rows", 0, "", With("""{ "op": "kmeans", "in": "vec", "k": 10 }""")),
        Plan(20, "budget = rows", 0, "", With("""{ "op": "kcenter", "in": "vec", "budget": 10 }""")),
        Plan(21, "unknown version", 3, @"plan.json:1:\d+: error VERSION: found the number 2", Good.Replace("1,", "2,", StringComparison.Ordinal)),
        Plan(22, "two objects", 3, @"plan.json:1:\d+: error SYNTAX: ", Good + Good),
        Plan(22, "text behind the object", 3, @"plan.json:1:\d+: error SYNTAX: ", Good + " end"),
        new(23, "folder", 3, "plan.json: error FOLDER: ", work => Directory.CreateDirectory(work.At("plan.json"))),
        new(23, "FIFO", 3, "plan.json: error NOT_A_FILE: .*FIFO", work => Shell.Run($"mkfifo '{work.At("plan.json")}'")),
        new(23, "device", 3, "plan.json: error NOT_A_FILE: .*device", work => File.CreateSymbolicLink(work.At("plan.json"), "/dev/zero")),
        new(23, "file of /proc", 3, "plan.json: error NOT_A_FILE: .*/proc", work => File.CreateSymbolicLink(work.At("plan.json"), "/proc/self/status")),
    ];

    private static string With(string step) => $$"""{ "version": 1,{{Inputs}}, "steps": { "pick": {{step}} },{{End}}""";

    private static string Outputs(string first, string second) => Good[..^1] +
        $$""", "outputs": { "a": { "from": "pick", "format": "npy", "path": "{{first}}" }, "b": { "from": "pick", "format": "npy", "path": "{{second}}" } } }""";

    private static HostileCase Linked(string name, Action<string, string> link)
    {
        HostileCase plain = Plan(16, $"output is an input by a {name}", 3, @"plan.json:1:\d+: error OUTPUT: .*is the input file", Outputs("a.npy", "other.npy"));
        return plain with
        {
            Make = work =>
            {
                plain.Make(work);
                link(work.At("other.npy"), work.At("vec.npy"));
            },
        };
    }
}
