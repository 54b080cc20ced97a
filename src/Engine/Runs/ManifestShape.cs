using System.Text.Json;

namespace Engine.Runs;

/// <summary>Looks a manifest through before anything is taken from it, so that every reader finds each member it asks for, of the kind it expects.</summary>
internal static class ManifestShape
{
    /// <summary>Reads a manifest that may be damaged or hostile.</summary>
    /// <param name="text">Its bytes.</param>
    /// <param name="path">For the message.</param>
    /// <exception cref="EngineException">A member is missing or of another kind: exit 10.</exception>
    public static JsonDocument Parse(byte[] text, string path)
    {
        JsonDocument? manifest = null;
        try
        {
            manifest = JsonDocument.Parse(text);
            Check(manifest.RootElement);
            return manifest;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            manifest?.Dispose();
            throw FinishedRun.Unusable("MANIFEST", $"found a manifest this engine cannot read: {e.Message} Run the plan again.", path);
        }
    }

    private static void Check(JsonElement root)
    {
        Look(root);
        JsonElement plan = root.GetProperty("plan"), resolved = plan.GetProperty("resolved");
        foreach (string name in (string[])["identity", "given", "file"]) CheckedLine.Text(plan, name);
        if (plan.TryGetProperty("folder", out _)) CheckedLine.FullPath(plan, "folder");
        foreach (JsonElement change in plan.GetProperty("overrides").EnumerateArray()) CheckedLine.Text(change);
        if (root.TryGetProperty("selection", out JsonElement chosen)) root.GetProperty("steps").GetProperty(CheckedLine.Text(chosen));
        foreach (JsonProperty step in root.GetProperty("steps").EnumerateObject())
        {
            // A name is a folder's: it must not lead out of the run.
            if (ManifestSummary.SafeRelative([step.Name]).Count != 1 || step.Name.Contains('/', StringComparison.Ordinal)) throw new FormatException("A step's name is a path.");
            CheckedLine.Text(step.Value, "op");
            if (step.Value.TryGetProperty("value", out JsonElement note)) ValueNote.Parse(note);
            if (resolved.GetProperty("steps").GetProperty(step.Name).ValueKind != JsonValueKind.Object) throw new FormatException("A step has no arguments.");
        }

        foreach (JsonProperty input in root.GetProperty("inputs").EnumerateObject())
            foreach (JsonElement file in input.Value.GetProperty("files").EnumerateArray()) CheckFile(file);
        foreach (JsonProperty file in root.GetProperty("files").EnumerateObject()) CheckFile(file.Value);
    }

    private static void CheckFile(JsonElement file)
    {
        file.GetProperty("bytes").GetInt64();
        CheckedLine.Text(file, "sha256");
    }

    /// <summary>Reads every name and text once: one that is no Unicode is refused here and nowhere else.</summary>
    private static void Look(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    if (member.Name.Length >= 0) Look(member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray()) Look(item);
                break;
            case JsonValueKind.String:
                CheckedLine.Text(value);
                break;
        }
    }
}
