using Engine.Data;

namespace Engine.Plans;

/// <summary>The checks of a plan's outputs that need the whole plan.</summary>
internal static class PlanOutputs
{
    /// <summary>Checks sources, formats and paths.</summary>
    /// <param name="outputs">The outputs.</param>
    /// <param name="folder">The plan's folder.</param>
    /// <param name="names">The plan's inputs and steps.</param>
    /// <param name="reading">Takes the errors.</param>
    public static void Check(IReadOnlyList<NamedEntry<Arguments>> outputs, string folder, PlanNames names, PlanReading reading)
    {
        Dictionary<string, PlanPlace> paths = new(StringComparer.Ordinal);
        foreach (NamedEntry<Arguments> entry in outputs)
        {
            if (entry.Value is not { } output) continue;
            if (output.Get(OutputKeys.From) is { } from && names.Check(from, inputsOnly: false, reading) is { } kind) CheckFormat(output, kind, reading);
            if (output.Get(OutputKeys.Path) is not { } path) continue;
            PlanPlace place = output.Node["path"]!.Place;
            string full = Path.GetFullPath(Path.Combine(folder, path));
            if (path.EndsWith('/')) reading.Error(place, "VALUE", $"found the folder \"{path}\", expected a file to write. Add a file name.");
            else if (!paths.TryAdd(full, place))
                reading.Error(place, "DUPLICATE_PATH", $"found the path \"{path}\", which the output at {paths[full].Line}:{paths[full].Column} writes too, expected different files. Change one of the two.");
        }
    }

    /// <summary>The output of an entry without errors.</summary>
    public static PlanOutput Output(NamedEntry<Arguments> entry) =>
        new(entry.Name, entry.Value!.Get(OutputKeys.From), entry.Value.Get(OutputKeys.Format), entry.Value.Get(OutputKeys.Path), entry.Place);

    private static void CheckFormat(Arguments output, ValueKind kind, PlanReading reading)
    {
        if (output.Node["format"] is not { Kind: NodeKind.Text } written || !Words.TryGetValue(written.Text, out OutputFormat format)) return;
        OutputFormat[] possible = kind switch
        {
            ValueKind.Selection => [OutputFormat.Jsonl, OutputFormat.Npy, OutputFormat.Csv],
            ValueKind.Embeddings => [OutputFormat.Npy],
            ValueKind.Scores => [OutputFormat.Csv],
            _ => [],
        };
        if (possible.Contains(format)) return;
        string found = $"found the format \"{written.Text}\" for \"{output.Get(OutputKeys.From).Name}\", which gives {KindNames.Of(kind)}";
        string message = possible.Length == 0
            ? $"{found}, expected a selection, embeddings or scores. Name another step."
            : $"{found}, expected the format {string.Join(" or ", possible.Select(f => $"\"{Words.First(w => w.Value == f).Key}\""))}.";
        reading.Error(written.Place, "FORMAT", message);
    }

    private static readonly Dictionary<string, OutputFormat> Words = new(StringComparer.Ordinal)
    {
        ["jsonl"] = OutputFormat.Jsonl,
        ["npy"] = OutputFormat.Npy,
        ["csv"] = OutputFormat.Csv,
    };
}
