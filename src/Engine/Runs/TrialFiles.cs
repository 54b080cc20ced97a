using System.Globalization;
using System.Text;
using Engine.Kernels.Algorithms;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>The trials of a step in the staging folder: one line each, on the disk before the next trial begins.</summary>
/// <param name="staging">The staging folder.</param>
/// <param name="step">The step's name.</param>
/// <param name="key">What its result depends on; trials under another key are not used.</param>
internal sealed class TrialFiles(Staging staging, string step, string key) : ITrialJournal
{
    /// <inheritdoc/>
    public IReadOnlyList<SizeTrial> Kept { get; } = [.. staging.Trials(step, key)];

    /// <inheritdoc/>
    public void Keep(SizeTrial trial) => staging.NoteTrial(step, key, trial);

    /// <summary>Writes <c>trial,size,loss</c>.</summary>
    public static void WriteTable(IReadOnlyList<SizeTrial> trials, Stream stream)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), bufferSize: 1 << 16, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("trial,size,loss");
        foreach (SizeTrial trial in trials) writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{trial.Number},{trial.Size},{trial.Loss:R}"));
    }
}
