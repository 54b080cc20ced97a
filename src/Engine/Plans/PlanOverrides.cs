using System.Globalization;

namespace Engine.Plans;

/// <summary>Values that replace a plan's own: <c>steps.pick.budget=500</c>.</summary>
internal static class PlanOverrides
{
    /// <summary>Applies overrides in order; a later one wins.</summary>
    /// <param name="plan">The plan's object.</param>
    /// <param name="overrides">Each <c>path=value</c>. At every level the longest key wins that exists, so names may contain dots; what is missing is created; items of arrays go by number. A value that is JSON is that value, anything else is a string.</param>
    /// <param name="reading">Takes errors inside values, such as duplicate keys.</param>
    /// <exception cref="EngineException">An override has no <c>=</c>, an empty key, or an item's number that does not exist: exit 2.</exception>
    public static PlanNode Apply(PlanNode plan, IReadOnlyList<string> overrides, PlanReading reading)
    {
        List<EngineError> malformed = [];
        List<MadeEntry> made = [];
        foreach (string text in overrides)
        {
            try
            {
                string path = text[..text.IndexOf('=', StringComparison.Ordinal)];
                if (MadeEntry.By(plan, path, File(path), made) is { } entry) made.Add(entry);
                plan = Apply(plan, text, path, reading);
            }
            catch (EngineException refused)
            {
                malformed.AddRange(refused.Errors);
            }
        }

        if (malformed.Count > 0) throw new EngineException(malformed);
        foreach (MadeEntry entry in made) entry.Check(plan, reading);
        return plan;
    }

    /// <summary>Checks the form of overrides, which needs no plan.</summary>
    /// <exception cref="EngineException">An override has no <c>=</c> or an empty key: exit 2.</exception>
    public static void CheckForm(IReadOnlyList<string> overrides)
    {
        EngineError[] malformed = [.. overrides.Select(Malformed).OfType<EngineError>()];
        if (malformed.Length > 0) throw new EngineException(malformed);
    }

    private static EngineError? Malformed(string text)
    {
        int sign = text.IndexOf('=', StringComparison.Ordinal);
        if (sign < 0) return Wrong(text, $"found \"{text}\" without \"=\", expected a path and a value. Write it as --set steps.pick.budget=500.");
        string path = text[..sign];
        if (path.Split('.').Any(key => key.Length == 0)) return Wrong(text, $"found an empty key in \"{path}\", expected keys joined by dots. Write it as --set steps.pick.budget=500.");
        if (path.AsSpan().Count('.') >= PlanParser.MostDepth) return Wrong(text, $"found more than {PlanParser.MostDepth} keys, expected at most that many.");
        return text.Contains('\0', StringComparison.Ordinal) ? Wrong(text, "found NUL, expected text without it.") : null;
    }

    private static EngineError Wrong(string text, string message) =>
        new(ExitCode.CommandLine, "OVERRIDE", message, $"--set {(text.Length <= 80 ? text : text[..80] + "...")}");

    private static string File(string path) => $"--set {path}";

    private static PlanNode Apply(PlanNode plan, string text, string path, PlanReading reading)
    {
        string file = File(path);
        string written = text[(path.Length + 1)..];
        PlanNode value = PlanParser.ParseStrict(written, file, reading) ?? new PlanNode(NodeKind.Text, new PlanPlace(file, 1, 1), written);
        return Put(plan, path, value, file);
    }

    private static PlanNode Put(PlanNode at, string path, PlanNode value, string file)
    {
        if (at.Kind == NodeKind.Array) return PutItem(at, path, value, file);
        if (at.Kind != NodeKind.Object) at = new PlanNode(NodeKind.Object, value.Place);

        PlanMember? longest = null;
        foreach (PlanMember member in at.Members)
            if (Leads(member.Name, path) && member.Name.Length > (longest?.Name.Length ?? -1)) longest = member;
        string key = longest?.Name ?? path[..End(path)];
        PlanNode inner = longest?.Value ?? new PlanNode(NodeKind.Object, value.Place);
        PlanNode replaced = key.Length == path.Length ? value : Put(inner, path[(key.Length + 1)..], value, file);
        var put = new PlanMember(key, longest?.Place ?? value.Place, replaced);
        return at with { Members = longest is null ? [.. at.Members, put] : [.. at.Members.Select(m => ReferenceEquals(m, longest) ? put : m)] };
    }

    private static PlanNode PutItem(PlanNode at, string path, PlanNode value, string file)
    {
        int end = End(path);
        if (!int.TryParse(path.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index >= at.Items.Count)
            throw new EngineException(new EngineError(ExitCode.CommandLine, "OVERRIDE", $"found \"{path[..end]}\" for an item of an array of {at.Items.Count}, expected a number from 0 to {at.Items.Count - 1}. Set the whole array to change its length.", file));
        PlanNode[] items = [.. at.Items];
        items[index] = end == path.Length ? value : Put(items[index], path[(end + 1)..], value, file);
        return at with { Items = items };
    }

    /// <summary>True when a path begins with a key, which may have dots itself.</summary>
    internal static bool Leads(string key, string path) =>
        key.Length > 0 && path.StartsWith(key, StringComparison.Ordinal) && (path.Length == key.Length || path[key.Length] == '.');

    private static int End(string path) => path.IndexOf('.', StringComparison.Ordinal) is var dot && dot < 0 ? path.Length : dot;
}
