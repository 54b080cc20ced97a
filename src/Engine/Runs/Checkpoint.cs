using Engine.Data;
using Engine.Native.Files;
using Engine.Plans;

namespace Engine.Runs;

/// <summary>The finished steps of an unfinished run, kept one by one as they end, and the position of the step at work; a later run uses them again when their keys agree.</summary>
/// <remarks>
/// An entry counts only when its line is whole, its key is that of the step now, and every file it lists is there: with the same length and SHA-256, or,
/// from 64 MiB on, where hashing would cost a pass over the disk, with the same length and time of the last write.
/// </remarks>
internal sealed class Checkpoint
{
    private const long LargestHashed = 64 << 20;

    private readonly Staging _staging;
    private readonly StepKeys _keys;
    private readonly RunOutputs _outputs;
    private readonly ValueStore _values;
    private readonly TimeSpan _interval;
    private readonly Dictionary<string, JournalEntry> _kept;

    /// <summary>Takes over what an earlier run kept, and removes the rest of what it left.</summary>
    /// <param name="staging">The staging folder.</param>
    /// <param name="keys">What each result depends on.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="outputs">Where files are made.</param>
    /// <param name="values">The values so far.</param>
    /// <param name="earlier">The results that this run replaces, to use of them what is still good; or null.</param>
    public Checkpoint(Staging staging, StepKeys keys, Plan plan, RunOutputs outputs, ValueStore values, EarlierResults? earlier = null)
    {
        (_staging, _keys, _outputs, _values, _interval) = (staging, keys, outputs, values, plan.Run.Checkpoint);
        HashSet<string> steps = [.. plan.Steps.Select(s => s.Name)];
        _kept = Entries(staging).Values.Where(e => steps.Contains(e.Step) && e.Key == keys.Of(e.Step) && IsIntact(staging, e)).ToDictionary(e => e.Step, StringComparer.Ordinal);
        earlier?.AddTo(_kept, staging);
        Rewrite();
        staging.KeepOnly(_kept.Values.SelectMany(e => e.Files).Select(f => f.Path).ToHashSet(StringComparer.Ordinal));
        foreach (string step in staging.StepsWithTiles())
            if (!steps.Contains(step) || _kept.ContainsKey(step) || !TileStore.Has(staging, step, keys.Of(step))) staging.RemoveTiles(step);
    }

    /// <summary>The journal's whole entries by step; of several for one step, the last.</summary>
    public static IReadOnlyDictionary<string, JournalEntry> Entries(Staging staging)
    {
        Dictionary<string, JournalEntry> entries = new(StringComparer.Ordinal);
        foreach (JournalEntry? entry in CheckedLine.ReadAll(staging.Journal, JournalEntry.Parse))
            if (entry is not null) entries[entry.Step] = entry;
        return entries;
    }

    /// <summary>Whether an entry's files are those it lists.</summary>
    public static bool IsIntact(Staging staging, JournalEntry entry)
    {
        string own = RunFiles.OfStep(entry.Step, "");
        return ManifestSummary.SafeRelative(entry.Files.Select(f => f.Path)).Count == entry.Files.Count && entry.Files.All(IsSame);

        bool IsSame(StagedFile file)
        {
            var found = new FileInfo(staging.PathOf(file.Path));
            if (!file.Path.StartsWith(own, StringComparison.Ordinal) || !found.Exists || found.Length != file.Bytes) return false;
            return file.Bytes < LargestHashed
                ? FileFailure.GuardReading(found.FullName, () => Publication.HashOf(found.FullName)) == file.Sha256
                : found.LastWriteTimeUtc.Ticks == file.Modified;
        }
    }

    /// <summary>Where a step keeps its position while it is at work.</summary>
    public TileStore Tiles(PlanStep step) => new(_staging, step.Name, _keys.Of(step.Name), _interval);

    /// <summary>Whether an unfinished step keeps its position.</summary>
    public bool HasTiles(PlanStep step) => TileStore.Has(_staging, step.Name, _keys.Of(step.Name));

    /// <summary>Removes what is left of a step's position.</summary>
    public void Forget(PlanStep step) => _staging.RemoveTiles(step.Name);

    /// <summary>The result of a step that was finished before.</summary>
    /// <returns>The step as it was done, or null when it must run.</returns>
    public StepRecord? Reuse(PlanStep step, StepValues files)
    {
        if (!_kept.TryGetValue(step.Name, out JournalEntry? entry)) return null;
        if (files.Read(step.Name, entry.Value) is not { } value)
        {
            _kept.Remove(step.Name);
            return null;
        }

        foreach (StagedFile file in entry.Files) _outputs.Adopt(file.Path, new WrittenFile(file.Bytes, file.Sha256));
        return new StepRecord(step, value, entry.Seconds, entry.Bytes, entry.Flops, entry.Facts) { Resumed = true };
    }

    /// <summary>Keeps a finished step; its files are on the disk already, so the entry never promises more than there is. Its position goes after that.</summary>
    public void Save(StepRecord record)
    {
        string name = record.Step.Name;
        if (StepValues.Note(record.Value, _values) is { } note) Append(record, note);
        _staging.RemoveTiles(name);
    }

    private void Append(StepRecord record, ValueNote note)
    {
        string name = record.Step.Name, own = RunFiles.OfStep(name, "");
        StagedFile[] files = [.. _outputs.Written.Where(f => f.Key.StartsWith(own, StringComparison.Ordinal)).OrderBy(f => f.Key, StringComparer.Ordinal)
            .Select(f => new StagedFile(f.Key, f.Value.Bytes, f.Value.Sha256, File.GetLastWriteTimeUtc(_staging.PathOf(f.Key)).Ticks))];
        var entry = new JournalEntry(name, _keys.Of(name), files, note, record.Seconds, record.Bytes, record.Flops, record.Facts);
        FileFailure.Guard(_staging.Journal, () =>
        {
            using var journal = new FileStream(_staging.Journal, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
            FileBytes.Write(journal, entry.ToLine());
            Durable.Flush(journal.SafeFileHandle, _staging.Journal);
        });
        _kept[name] = entry;
    }

    // A torn last line would swallow the next one, so the journal begins anew with what is good. A run that only finds what it waits for missing changes nothing.
    private void Rewrite()
    {
        byte[] good = [.. _kept.Values.SelectMany(entry => entry.ToLine())];
        if (File.Exists(_staging.Journal) && FileFailure.GuardReading(_staging.Journal, () => File.ReadAllBytes(_staging.Journal)).AsSpan().SequenceEqual(good)) return;
        using var journal = new AtomicFile(_staging.Journal);
        journal.Stream.Write(good);
        journal.Commit();
    }
}
