using Engine.Selections;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>Hands the rounds of a step out while the run waits for feedback, and sees to it that what was handed out is what the run ends with.</summary>
/// <param name="folder">The run folder.</param>
/// <param name="outputs">Where files are made.</param>
/// <param name="cancel">Stops the writing of records.</param>
internal sealed class RoundExchange(RunFolder folder, RunOutputs outputs, CancellationToken cancel)
{
    /// <summary>Checks that rounds which were handed out are drawn the same again.</summary>
    /// <exception cref="EngineException">One is not: somebody changed feedback or an input since. Exit 5.</exception>
    public void Check(string step, IReadOnlyList<SelectionRound> rounds)
    {
        foreach (SelectionRound round in rounds)
        {
            if (Find(step, round.Number) is not { } handed || handed.Key == HandedRound.KeyOf(round)) continue;
            throw new EngineException(new EngineError(ExitCode.InputChanged, "CHANGED",
                $"round {round.Number} of step \"{step}\" was handed out with other rows than it has now, expected the feedback and inputs of that time. Put them back, or run the plan again with run.onExisting set to \"replace\".",
                Path.Combine(folder.Path, RoundFiles.FolderOf(step, round.Number))));
        }
    }

    /// <summary>Hands out the rounds that do not stand in the run folder yet.</summary>
    /// <param name="step">The step.</param>
    /// <param name="rounds">Its rounds so far; the last awaits feedback.</param>
    /// <param name="awaited">What it waits for.</param>
    /// <returns>What the run ends with. Exit 75.</returns>
    public EngineException Wait(string step, IReadOnlyList<SelectionRound> rounds, FeedbackAwaitedException awaited)
    {
        Check(step, rounds);
        string awaits = awaited.Path ?? "";
        foreach (SelectionRound round in rounds)
        {
            if (Find(step, round.Number) is { } handed && handed.Stands(folder.Path)) continue;
            IReadOnlyList<StagedFile> files = RoundFiles.Write(step, round, outputs, cancel);
            folder.HandOut(new HandedRound(step, round.Number, HandedRound.KeyOf(round), awaits, files));
        }

        folder.Keep();
        SelectionRound last = rounds[^1];
        return new EngineException(new EngineError(ExitCode.Stopped, "FEEDBACK",
            $"round {last.Number} of {last.Of} is drawn: {last.Chosen.Indices.Length} rows in {Path.Combine(folder.Path, RoundFiles.FolderOf(step, last.Number))}. "
            + $"Expected here, for {(last.ScoredRows.Length == last.Chosen.Indices.Length ? "each of them" : $"each of the {last.ScoredRows.Length} rows so far")}, row or id, gold and generated. Write the file, then go on with: engine resume {folder.Path}",
            awaits), awaited);
    }

    private HandedRound? Find(string step, int round) => folder.Staging.Handed().LastOrDefault(h => h.Step == step && h.Round == round);
}
