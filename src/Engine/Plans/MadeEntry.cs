namespace Engine.Plans;

/// <summary>An input, step or output that an override made by naming what is in it, because the plan has none of that name: <c>steps.pik.budget=5</c>.</summary>
/// <param name="Kind">Which map it is in, and what tells an entry there.</param>
/// <param name="Name">Its name.</param>
/// <param name="Path">The override's path from the name on.</param>
/// <param name="File">What messages call the override.</param>
/// <param name="Known">The names the plan had.</param>
internal sealed record MadeEntry(EntryKind Kind, string Name, string Path, string File, IReadOnlyList<string> Known)
{
    private const int MostListed = 8;

    private static readonly EntryKind[] Kinds = [new("inputs", "input", "kind"), new("steps", "step", "op"), new("outputs", "output", "from")];

    /// <summary>The entry that an override makes, or null: it replaces something, or gives a whole entry.</summary>
    /// <param name="plan">The plan before.</param>
    /// <param name="path">The override's path.</param>
    /// <param name="file">What messages call the override.</param>
    /// <param name="earlier">The entries that earlier overrides made.</param>
    public static MadeEntry? By(PlanNode plan, string path, string file, IReadOnlyList<MadeEntry> earlier)
    {
        EntryKind? kind = Array.Find(Kinds, k => path.StartsWith(k.Map + ".", StringComparison.Ordinal));
        string inner = kind is null ? "" : path[(kind.Map.Length + 1)..];
        int dot = inner.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || FreeKeys.Has(inner) || (plan[kind!.Map] is { } map && map.Kind != NodeKind.Object)) return null;
        if (earlier.FirstOrDefault(e => e.Kind == kind && PlanOverrides.Leads(e.Name, inner)) is { } same) return same with { Path = inner, File = file };
        string[] known = [.. plan[kind.Map]?.Members.Select(m => m.Name).Where(n => !FreeKeys.Has(n)) ?? []];
        return known.Any(name => PlanOverrides.Leads(name, inner)) ? null : new MadeEntry(kind, inner[..dot], inner, file, known);
    }

    /// <summary>Tells of an entry that lacks what makes it one: its name is more likely a slip.</summary>
    /// <param name="plan">The plan after every override.</param>
    /// <param name="reading">Takes the error.</param>
    public void Check(PlanNode plan, PlanReading reading)
    {
        if (plan[Kind.Map]?[Name] is not { Kind: NodeKind.Object } entry || entry[Kind.Key] is not null) return;
        string listed = Known.Count == 0 ? "" : $", expected one of: {string.Join(", ", Known.Take(MostListed))}{(Known.Count > MostListed ? ", ..." : "")}";
        reading.Error(new PlanPlace(File, 1, 1), $"UNKNOWN_{Kind.Noun.ToUpperInvariant()}",
            $"found the {Kind.Noun} \"{Name}\", which the plan does not have{listed}.{Nearest()} A new {Kind.Noun} needs its \"{Kind.Key}\" too.");

        // That it lacks the key is told.
        reading.Settle(entry.Place);
    }

    /// <summary>Names may have dots, so every beginning of the path may be the one that was meant.</summary>
    private string Nearest()
    {
        for (int end = Name.Length; end >= 0; end = Path.IndexOf('.', end + 1))
        {
            if (Suggestion.For(Path[..end], Known) is { Length: > 0 } suggestion) return suggestion;
            if (end >= Path.Length - 1) break;
        }

        return "";
    }
}

/// <summary>A named map of the plan.</summary>
/// <param name="Map">Its key.</param>
/// <param name="Noun">What an entry is called.</param>
/// <param name="Key">The key without which an entry is none.</param>
internal sealed record EntryKind(string Map, string Noun, string Key);
