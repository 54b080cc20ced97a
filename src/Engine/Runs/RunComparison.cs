using System.Globalization;
using System.Text.Json;

namespace Engine.Runs;

/// <summary>Compares two finished runs from what their folders hold.</summary>
/// <param name="a">The first run.</param>
/// <param name="b">The second run.</param>
internal sealed class RunComparison(FinishedRun a, FinishedRun b)
{
    /// <summary>Compares them.</summary>
    /// <exception cref="EngineException">A run has no selection: exit 4.</exception>
    public RunDifference Compare()
    {
        bool byId = HasIds(a) && HasIds(b);
        Chosen first = Read(a, byId), second = Read(b, byId);
        List<RankChange> common = [];
        foreach (string record in first.Order)
            if (second.Ranks.TryGetValue(record, out int rank)) common.Add(new RankChange(record, first.Ranks[record], rank));
        return new RunDifference
        {
            FolderA = a.Folder,
            FolderB = b.Folder,
            ById = byId,
            CountA = first.Order.Count,
            CountB = second.Order.Count,
            Common = common.Count,
            Depths = Depths(common, Math.Min(first.Order.Count, second.Order.Count)),
            Moved = [.. common.Where(c => c.RankA != c.RankB).OrderByDescending(c => Math.Abs((long)c.RankA - c.RankB)).ThenBy(c => c.RankA)],
            OnlyA = [.. first.Order.Where(record => !second.Ranks.ContainsKey(record))],
            OnlyB = [.. second.Order.Where(record => !first.Ranks.ContainsKey(record))],
            Sources = Sources(first, second),
            Plan = Differences(Flatten(a.ResolvedPlan), Flatten(b.ResolvedPlan)),
            Inputs = Differences(Inputs(a), Inputs(b)),
        };
    }

    private static bool HasIds(FinishedRun run)
    {
        if (run.SelectionStep is null) throw EngineException.Input(run.Folder, "NO_SELECTION", "the run has no selection, expected two runs that chose rows. Compare others.");
        using SelectionTable table = SelectionTable.Open(run, null);
        return table.Find("id") >= 0;
    }

    private static Chosen Read(FinishedRun run, bool byId)
    {
        using SelectionTable table = SelectionTable.Open(run, null);
        int record = table.Find(byId ? "id" : "row"), source = table.Find("source");
        var chosen = new Chosen();
        for (int rank = 1; table.Read(); rank++)
        {
            string name = table.Text(record);

            // A row drawn more than once counts where it first stands.
            if (!chosen.Ranks.TryAdd(name, rank)) continue;
            chosen.Order.Add(name);
            if (source < 0) continue;
            string from = table.Text(source);
            chosen.Sources[from] = chosen.Sources.GetValueOrDefault(from) + 1;
        }

        return chosen;
    }

    private static DepthOverlap[] Depths(List<RankChange> common, int shorter)
    {
        int[] deepest = [.. common.Select(c => Math.Max(c.RankA, c.RankB)).Order()];
        List<int> depths = [];
        for (long depth = 10; depth < shorter; depth *= 10) depths.Add((int)depth);
        if (shorter > 0) depths.Add(shorter);
        return [.. depths.Select(depth => new DepthOverlap(depth, deepest.TakeWhile(rank => rank <= depth).Count()))];
    }

    private static SourceCount[] Sources(Chosen a, Chosen b) =>
        [.. a.Sources.Keys.Union(b.Sources.Keys).Select(source => new SourceCount(source, a.Sources.GetValueOrDefault(source), b.Sources.GetValueOrDefault(source)))];

    private static Dictionary<string, string> Inputs(FinishedRun run)
    {
        Dictionary<string, string> inputs = new(StringComparer.Ordinal);
        foreach (JsonProperty input in run.Manifest.GetProperty("inputs").EnumerateObject())
        {
            IEnumerable<string> files = input.Value.GetProperty("files").EnumerateArray()
                .Select(f => $"{f.GetProperty("bytes").GetInt64().ToString(CultureInfo.InvariantCulture)} bytes {f.GetProperty("sha256").GetString()}");
            inputs[input.Name] = $"{input.Value.GetProperty("rows").GetInt64().ToString(CultureInfo.InvariantCulture)} rows, {string.Join(", ", files)}";
        }

        return inputs;
    }

    private static Dictionary<string, string> Flatten(JsonElement plan)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (JsonProperty member in plan.EnumerateObject())
            if (member.Name is not ("run" or "vars" or "$schema")) Add(member.Name, member.Value);
        return values;

        void Add(string path, JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.Object)
            {
                values[path] = value.GetRawText();
                return;
            }

            foreach (JsonProperty member in value.EnumerateObject()) Add($"{path}.{member.Name}", member.Value);
        }
    }

    private static ValueDifference[] Differences(Dictionary<string, string> a, Dictionary<string, string> b) =>
        [.. a.Keys.Union(b.Keys).Select(name => new ValueDifference(name, a.GetValueOrDefault(name), b.GetValueOrDefault(name))).Where(value => value.A != value.B)];

    private sealed class Chosen
    {
        public Dictionary<string, int> Ranks { get; } = new(StringComparer.Ordinal);

        public List<string> Order { get; } = [];

        public Dictionary<string, int> Sources { get; } = new(StringComparer.Ordinal);
    }
}
