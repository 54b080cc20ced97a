using System.Globalization;
using System.Text;
using Engine.Tests.Runs;

namespace Engine.Tests.Hostile;

/// <summary>One row of the table of bad inputs: what is put into a folder, and how a run of <c>plan.json</c> there must answer.</summary>
/// <param name="Number">The case; several rows may share one.</param>
/// <param name="Name">What is wrong.</param>
/// <param name="Exit">The exit code it must have.</param>
/// <param name="Pattern">What its words must match, the place included.</param>
/// <param name="Make">Makes the files.</param>
internal sealed record HostileCase(int Number, string Name, int Exit, string Pattern, Action<Workspace> Make)
{
    /// <summary>Values of the plan that the row changes.</summary>
    public string[] Overrides { get; init; } = [];

    /// <summary>Whether libduckdb must be there to answer it.</summary>
    public bool NeedsDuckDb { get; init; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number:000} {Name}");

    /// <summary>A row about the plan's own text, beside ten good records and vectors.</summary>
    public static HostileCase Plan(int number, string name, int exit, string pattern, string text) => Plan(number, name, exit, pattern, Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="Plan(int, string, int, string, string)"/>
    public static HostileCase Plan(int number, string name, int exit, string pattern, byte[] text) => new(number, name, exit, pattern, work =>
    {
        work.WriteRecords("pool.jsonl", 10);
        work.WriteMatrix("vec.npy", 10, 4, seed: 1);
        File.WriteAllBytes(work.At("plan.json"), text);
    });

    /// <summary>A row about the bytes of a records file.</summary>
    public static HostileCase Records(int number, string name, int exit, string pattern, byte[] content, string file = "pool.jsonl", string id = "", string budget = "1") =>
        Records(number, name, exit, pattern, work => File.WriteAllBytes(work.At(file), content), file, id, budget);

    /// <inheritdoc cref="Records(int, string, int, string, byte[], string, string, string)"/>
    public static HostileCase Records(int number, string name, int exit, string pattern, Action<Workspace> make, string path = "pool.jsonl", string id = "", string budget = "1") =>
        new(number, name, exit, pattern, work =>
        {
            make(work);
            string key = id.Length == 0 ? "" : $", \"id\": \"{id}\"";
            work.Write("plan.json", $$"""
                { "version": 1, "inputs": { "pool": { "kind": "records", "path": "{{path}}"{{key}} } },
                  "steps": { "pick": { "op": "random", "in": "pool", "budget": {{budget}} } }, "run": { "dir": "out" } }
                """);
        });

    /// <summary>A row about the bytes of a matrix file.</summary>
    public static HostileCase Matrix(int number, string name, int exit, string pattern, byte[] content, string file = "vec.npy", string keys = "") =>
        Matrix(number, name, exit, pattern, work => File.WriteAllBytes(work.At(file), content), file, keys);

    /// <inheritdoc cref="Matrix(int, string, int, string, byte[], string, string)"/>
    public static HostileCase Matrix(int number, string name, int exit, string pattern, Action<Workspace> make, string path = "vec.npy", string keys = "") =>
        Step(number, name, exit, pattern, make, """{ "op": "kcenter", "in": "vec", "budget": 1 }""", path, keys);

    /// <summary>A row about what a step does with values that are readable.</summary>
    public static HostileCase Step(int number, string name, int exit, string pattern, Action<Workspace> make, string step, string path = "vec.npy", string keys = "") =>
        new(number, name, exit, pattern, work =>
        {
            make(work);
            work.Write("plan.json", $$"""
                { "version": 1, "inputs": { "vec": { "kind": "embeddings", "path": "{{path}}"{{keys}} } }, "steps": { "pick": {{step}} }, "run": { "dir": "out" } }
                """);
        });
}
