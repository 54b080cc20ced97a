using System.Globalization;
using Engine.Data;
using Engine.Data.Scores;
using Engine.Selections;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>Says why a step did not choose a row: what kept it from the step, or what it lacked against the rows that were taken.</summary>
internal static class RefusedRow
{
    public static void Explain(StepInquiry inquiry)
    {
        inquiry.Say($"Not chosen.");
        if (LeftOutBefore(inquiry)) return;
        switch (inquiry.Op)
        {
            case "rds": inquiry.Try("its cosines to the queries", () => RefusedByRds.Explain(inquiry)); break;
            case "kcenter": inquiry.Try("its distance to the nearest centre", () => RefusedByKCenter.Explain(inquiry)); break;
            case "kmq": RefusedByKmq.Explain(inquiry); break;
            case "random": Random(inquiry); break;
            case "balanced": Balanced(inquiry); break;
            case "filter": inquiry.Try("the condition it fails", () => Filtered(inquiry)); break;
            case "union": Joined(inquiry); break;
            case "dedup": Repeated(inquiry); break;
            default: inquiry.Try("its score", () => Scored(inquiry)); break;
        }
    }

    /// <summary>Whether the row was among those the step could choose from, and if not, which step left it out.</summary>
    private static bool LeftOutBefore(StepInquiry inquiry)
    {
        foreach (string key in (string[])["in", "within", "centre"])
        {
            string name = inquiry.Text(key);
            if (!inquiry.Run.Steps.Contains(name) || inquiry.Run.RowsOf(name) is not { } rows || rows.Contains(inquiry.Row)) continue;
            inquiry.Fact("leftOutBy", name);
            inquiry.Say($"It was not among the {rows.Length} rows of \"{key}\", which step \"{name}\" ({inquiry.Run.OpOf(name)}) gave without it.");
            return true;
        }

        return false;
    }

    private static void Random(StepInquiry inquiry)
    {
        string from = inquiry.Text("in");
        long candidates = inquiry.Run.Steps.Contains(from) && inquiry.Run.RowsOf(from) is { } rows ? rows.Length : inquiry.Run.Note(inquiry.Step)?.PoolRows ?? 0;
        inquiry.Fact("candidates", candidates);
        inquiry.Say($"Rows are drawn by chance, {inquiry.Chosen.Length} of {candidates}, and it was not drawn.");
    }

    private static void Balanced(StepInquiry inquiry)
    {
        if (inquiry.Source is { } source)
        {
            byte[] text = System.Text.Encoding.UTF8.GetBytes(source);
            int given = inquiry.CountLines(table => table.Find("source") is >= 0 and var at && table.Is(at, text));
            inquiry.Fact("sourceGave", given);
            inquiry.Say($"Its source \"{source}\" gave {given} rows before the budget was spent, {(inquiry.Text("draw", "inOrder") == "random" ? "drawn by chance" : "the first in the pool's order")}, and it was not among them.");
        }
        else
        {
            inquiry.Say($"Sources took turns until the budget was spent, and its turn within its source did not come.");
        }
    }

    private static void Filtered(StepInquiry inquiry)
    {
        var filter = (Filter)inquiry.Values.Bind(inquiry.Step);
        IReadOnlyList<FilterCondition> conditions = FilterCondition.All(filter, Candidates.Of(filter.In));
        long characters = conditions.Any(c => c.NeedsText) ? Filter.CharactersOf(inquiry.Pool!.OpenTurns(readAhead: 0).Read(inquiry.Row)) : 0;
        if (conditions.FirstOrDefault(c => !c.Keeps(inquiry.Row, characters)) is not { } failed) return;
        inquiry.Fact("failed", failed.Key);
        inquiry.Say($"It fails the condition {failed.Text}{(failed.NeedsText ? $": it has {characters.ToString(CultureInfo.InvariantCulture)} characters" : "")}.");
    }

    private static void Joined(StepInquiry inquiry)
    {
        string[] joined = [.. inquiry.Arguments.GetProperty("in").EnumerateArray().Select(name => name.GetString()!)];
        string[] holding = [.. joined.Where(name => inquiry.Run.RowsOf(name)?.Contains(inquiry.Row) == true)];
        if (holding.Length == 0) inquiry.Say($"None of the joined selections chose it: {string.Join(", ", joined)}.");
        else inquiry.Say($"{string.Join(" and ", holding)} chose it, but the union's budget of {inquiry.Chosen.Length} rows was spent before its place came.");
    }

    private static void Repeated(StepInquiry inquiry)
    {
        if (!inquiry.Run.Has(inquiry.Step, DuplicatesFile.Name)) return;
        using InputFile file = inquiry.Run.OpenFile(RunFiles.OfStep(inquiry.Step, DuplicatesFile.Name));
        foreach (Duplicate duplicate in DuplicatesFile.Read(new CsvReader(file)).Where(duplicate => duplicate.Row == inquiry.Row))
        {
            inquiry.Fact("keeper", duplicate.Keeper);
            inquiry.Fact("like", duplicate.Like);
            if (duplicate.Cosine is { } cosine) inquiry.Fact("cosine", cosine);
            inquiry.Say($"It repeats row {duplicate.Like}{(duplicate.Cosine is { } c ? string.Create(CultureInfo.InvariantCulture, $", cosine {c:R}") : ", text for text")}; row {duplicate.Keeper} stays in its place.");
        }
    }

    /// <summary>Any step that scores the whole pool: the row's score against that of the last one taken.</summary>
    private static void Scored(StepInquiry inquiry)
    {
        double[]? scores = inquiry.Op == "cosineSample" ? RefusedByKCenter.CosinesToCentre(inquiry) : inquiry.Values.Scores(inquiry.Step);
        if (scores is null || inquiry.Chosen.Length == 0 || inquiry.Row >= scores.Length) return;
        int last = inquiry.Chosen[^1];
        inquiry.Fact("score", scores[inquiry.Row]);
        inquiry.Fact("lastScore", scores[last]);
        inquiry.Say($"Its score is {scores[inquiry.Row]:R}; the last row taken, row {last} at rank {inquiry.Chosen.Length}, has {scores[last]:R}.");
    }
}
