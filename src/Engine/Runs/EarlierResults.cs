using System.Text.Json;
using Engine.Data;
using Engine.Kernels;
using Engine.Native.Files;
using Engine.Plans;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>The finished steps of the run that is about to be replaced: a step whose key is the same would give the same bytes, so its files are used again.</summary>
/// <remarks>
/// Files get a second name in the staging folder, or are copied where links are refused, and count only when their length and SHA-256 are those that the
/// manifest lists. What is missing, damaged or unreadable is made anew. The files of the run folder stay as they are.
/// </remarks>
/// <param name="runFolder">Full path of the run folder.</param>
/// <param name="plan">The plan that is run now.</param>
/// <param name="keys">What each of its results depends on.</param>
/// <param name="pass">Cancellation and progress.</param>
internal sealed class EarlierResults(string runFolder, Plan plan, StepKeys keys, Pass pass)
{
    private static readonly string[] Known = ["op", "rows", "bytes", "flops", "seconds", "resumed", "key", "value"];

    /// <summary>Adds the steps whose results are still good, and takes out those that read other feedback than there is now, with what follows from them.</summary>
    /// <param name="kept">Steps that an unfinished run had finished, with the keys they have now.</param>
    /// <param name="staging">The staging folder.</param>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public void AddTo(Dictionary<string, JournalEntry> kept, Staging staging)
    {
        using FinishedRun? finished = Open();
        HashSet<string> unproven = new(StringComparer.Ordinal);
        foreach (PlanStep step in plan.Steps)
        {
            bool proven = !step.References.Any(reference => unproven.Contains(reference.Name));
            bool known = proven && kept.TryGetValue(step.Name, out JournalEntry? own) && StandsFeedback(step, own);
            if (proven && !known && finished is not null && Entry(finished, step.Name) is { } entry && entry.Key == keys.Of(step.Name) && StandsFeedback(step, entry)
                && Stage(entry, staging) is { } staged)
            {
                kept[step.Name] = staged;
                known = true;
            }

            if (known) continue;
            kept.Remove(step.Name);
            if (!proven || ((StepBinding)step.Definition).ReadsFeedback) unproven.Add(step.Name);
        }
    }

    private FinishedRun? Open()
    {
        if (!File.Exists(Path.Combine(runFolder, RunFiles.Manifest))) return null;
        try
        {
            return FinishedRun.Open(runFolder);
        }
        catch (EngineException)
        {
            // What it says cannot be read, so nothing of it is used again.
            return null;
        }
    }

    /// <summary>A step as the manifest has it, or null when it does not say enough.</summary>
    private static JournalEntry? Entry(FinishedRun run, string name)
    {
        try
        {
            if (!run.Manifest.GetProperty("steps").TryGetProperty(name, out JsonElement step) || !step.TryGetProperty("key", out JsonElement key) || run.Note(name) is not { } note) return null;
            string own = RunFiles.OfStep(name, "");
            StagedFile[] files = [.. run.Manifest.GetProperty("files").EnumerateObject().Where(file => file.Name.StartsWith(own, StringComparison.Ordinal))
                .Select(file => new StagedFile(file.Name, file.Value.GetProperty("bytes").GetInt64(), CheckedLine.Text(file.Value, "sha256"), Modified: 0))];
            return new JournalEntry(name, CheckedLine.Text(key), files, note, JournalEntry.Finite(step.GetProperty("seconds")), step.GetProperty("bytes").GetInt64(),
                JournalEntry.Finite(step.GetProperty("flops")), JournalEntry.Members(step, Known));
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // Not this engine's words: the step runs again.
            return null;
        }
    }

    /// <summary>Whether the feedback a step read is what it would read now.</summary>
    private bool StandsFeedback(PlanStep step, JournalEntry entry)
    {
        if (!((StepBinding)step.Definition).ReadsFeedback) return true;
        if (!entry.Facts.TryGetValue("feedback", out object? noted)) return true;
        return noted is IReadOnlyDictionary<string, object> files && files.All(file => file.Value is string sha256 && Hash(OutputPaths.Full(plan, file.Key), length: null) == sha256);
    }

    /// <summary>Puts a step's files into the staging folder.</summary>
    /// <returns>The entry with the times they have there, or null when one is not what the manifest says.</returns>
    private JournalEntry? Stage(JournalEntry entry, Staging staging)
    {
        if (ManifestSummary.SafeRelative(entry.Files.Select(f => f.Path)).Count != entry.Files.Count) return null;
        List<StagedFile> files = [];
        foreach (StagedFile file in entry.Files)
        {
            string from = Path.Combine(runFolder, file.Path), to = staging.PathOf(file.Path);
            try
            {
                // Only a file of its own is given a second name; a link would lead to the same place from elsewhere.
                if (FileIdentity.Of(from, followLinks: false) is not { Kind: FileKind.Regular } found || found.Size != file.Bytes) return null;
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Delete(to);
                Durable.LinkOrCopy(from, to);
                if (Hash(to, file.Bytes) != file.Sha256) return null;
                files.Add(file with { Modified = File.GetLastWriteTimeUtc(to).Ticks });
            }
            catch (Exception e) when (IoError.IsFrom(e))
            {
                return null;
            }
        }

        return entry with { Files = files };
    }

    private string? Hash(string path, long? length)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using InputFile file = InputFile.Open(path, path);
            return length is null || file.Length == length ? file.Sha256(pass) : null;
        }
        catch (EngineException)
        {
            // What cannot be read is not what was written.
            return null;
        }
    }
}
