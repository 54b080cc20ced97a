using System.Globalization;
using Engine.Data;
using Engine.Plans;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>Gives the feedback on a round, or null when it is not there yet.</summary>
/// <param name="round">The round; feedback is needed on <see cref="SelectionRound.ScoredRows"/>, in their order.</param>
/// <param name="run">What the step may use.</param>
public delegate RoundFeedback? FeedbackSource(SelectionRound round, StepRun run);

/// <summary>Feedback from files that somebody else writes.</summary>
public static class FeedbackFiles
{
    /// <summary>One file per round: .csv or .jsonl with <c>row</c> or <c>id</c>, <c>gold</c> and <c>generated</c>.</summary>
    /// <param name="path">The path with <c>${round}</c> where the round's number goes; in a plan relative to the plan's folder.</param>
    public static FeedbackSource At(string path)
    {
        return (round, run) =>
        {
            Fault(path, round.Of)?.Throw();
            string file = path.Replace(Interpolation.Round, round.Number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            InputFile found = run.Files.Find(file) ?? throw new FeedbackAwaitedException(round.Number, file);
            RoundFeedback feedback = FeedbackFile.Read(found, round.Number, round.ScoredRows, round.Chosen.Pool, run.Pass.Cancel);
            run.NoteFile("feedback", file, found.Sha256(run.Pass));
            return feedback;
        };
    }

    /// <summary>A path that cannot serve so many rounds: one file for several, or one in no format that is read.</summary>
    internal static KeyFault? Fault(string path, int rounds)
    {
        if (rounds > 2 && !path.Contains(Interpolation.Round, StringComparison.Ordinal))
            return new("FEEDBACK", $"found the feedback file {path} for {rounds - 1} rounds, expected one for each. Write {Interpolation.Round} where the round's number goes.");
        return rounds < 2 || FeedbackFile.IsRead(path)
            ? null
            : new("FORMAT", $"found the feedback file {path}, expected .csv or .jsonl at its end. Name the feedback so.");
    }
}

/// <summary>A step that works in rounds has drawn one and cannot go on before there is feedback on it. In a run the round's rows are handed out and the exit code is 75.</summary>
/// <param name="round">The round that was drawn, from 1.</param>
/// <param name="path">The feedback file that is awaited, as the plan writes it; null when the feedback does not come from files.</param>
public sealed class FeedbackAwaitedException(int round, string? path)
    : Exception($"Round {round} is drawn; there is no feedback on it yet.")
{
    /// <summary>The round that was drawn, from 1.</summary>
    public int Round => round;

    /// <summary>The feedback file that is awaited, as the plan writes it; null when the feedback does not come from files.</summary>
    public string? Path => path;
}
