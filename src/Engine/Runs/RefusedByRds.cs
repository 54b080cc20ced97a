using System.Globalization;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Steps;
using Rds = Engine.Steps.Rds;

namespace Engine.Runs;

/// <summary>What a row that <c>rds</c> did not choose lacked: its cosines, computed again, against those of the last rows taken where it came nearest.</summary>
internal static class RefusedByRds
{
    public static void Explain(StepInquiry inquiry)
    {
        var rds = (Rds)inquiry.Values.Bind(inquiry.Step);
        Capped(inquiry, rds);
        if (rds.Search != SimilaritySearch.Exact) inquiry.Say($"An index may have taken part in the search, and what an index does not find cannot be chosen; manifest.json has the recall that was measured.");
        using IKernels kernels = KernelSets.Best(threads: 0);
        if (rds.Reduce is RdsReduce.Max or RdsReduce.Mean or RdsReduce.NormalizedMean) ByOneScore(inquiry, rds, kernels);
        else if (rds.Queries.Count == 1) ByQuery(inquiry, rds, kernels);
        else ByTask(inquiry, rds, kernels);
    }

    private static void ByOneScore(StepInquiry inquiry, Rds rds, IKernels kernels)
    {
        double[][] cosines = Cosines(rds, [inquiry.Row], kernels)[0];
        (int task, int query, double best) = Best(cosines, 1);
        Near(inquiry, rds, task, query, best);
        string last = inquiry.LastLine(_ => true)?["score"] ?? "";
        if (rds.Reduce == RdsReduce.NormalizedMean)
        {
            inquiry.Say($"Not recomputed: its normalised mean, because the ranges over the pool are not kept. The last row taken has {last}.");
            return;
        }

        double score = rds.Reduce == RdsReduce.Max ? best : rds.Queries.Count == 1 ? cosines[0].Sum() / cosines[0].Length : cosines.Sum(group => group.Max()) / cosines.Length;
        inquiry.Fact("score", score);
        inquiry.Fact("lastScore", double.Parse(last, CultureInfo.InvariantCulture));
        inquiry.Say($"Its score is {score:R}; the last row taken, at rank {inquiry.Chosen.Length}, has {last}.");
    }

    private static void ByQuery(StepInquiry inquiry, Rds rds, IKernels kernels)
    {
        int sign = Sign(rds);
        (_, int query, double best) = Best(Cosines(rds, [inquiry.Row], kernels)[0], sign);
        Near(inquiry, rds, 0, query, best);
        string text = query.ToString(CultureInfo.InvariantCulture);
        Against(inquiry, inquiry.LastLine(table => table.Text(table.Find("query")) == text), $"query {text}", line => double.Parse(line["score"], CultureInfo.InvariantCulture));
    }

    private static void ByTask(StepInquiry inquiry, Rds rds, IKernels kernels)
    {
        int sign = Sign(rds);
        double[][] cosines = Cosines(rds, [inquiry.Row], kernels)[0];
        inquiry.Fact("scores", rds.Queries.Select((task, t) => (task.Name, Score: (object)(sign * cosines[t].Max(c => sign * c)))).ToDictionary(s => s.Name, s => s.Score));
        (int task, int query, double best) = Best(cosines, sign);
        Near(inquiry, rds, task, query, best);
        string name = rds.Queries[task].Name;

        // The stored score is the lowest of several tasks', so this task's own is computed.
        Against(inquiry, inquiry.LastLine(table => table.Text(table.Find("task")) == name), $"task \"{name}\"",
            line => sign * Cosines(rds, [int.Parse(line["row"], CultureInfo.InvariantCulture)], kernels)[0][task].Max(c => sign * c));
    }

    private static void Near(StepInquiry inquiry, Rds rds, int task, int query, double cosine)
    {
        inquiry.Fact("bestTask", rds.Queries[task].Name);
        inquiry.Fact("bestQuery", query);
        inquiry.Fact("cosine", cosine);
        inquiry.Say($"Its {(Sign(rds) < 0 ? "least" : "most")} similar query is query {query} of task \"{rds.Queries[task].Name}\", cosine {cosine:R}.");
    }

    private static void Against(StepInquiry inquiry, IReadOnlyDictionary<string, string>? line, string taker, Func<IReadOnlyDictionary<string, string>, double> cosineOf)
    {
        if (line is null)
        {
            inquiry.Say($"The budget was spent before {taker} had taken a row of its own.");
            return;
        }

        double last = cosineOf(line);
        inquiry.Fact("lastRow", long.Parse(line["row"], CultureInfo.InvariantCulture));
        inquiry.Fact("lastCosine", last);
        inquiry.Say($"The last row that {taker} took, row {line["row"]} at rank {line["rank"]}, has {last:R} there; the budget was spent before this row's turn.");
    }

    private static void Capped(StepInquiry inquiry, Rds rds)
    {
        if (rds.Caps.Count == 0 || inquiry.Source is not { } source) return;
        int key = SourceCaps.KeyOf(rds.Caps, source);
        int place = key >= 0 ? key : rds.Caps.ToList().FindIndex(cap => cap.Key == "*");
        if (place < 0) return;
        int most = rds.Caps[place].Value.UpTo(inquiry.Chosen.Length);
        int given = inquiry.CountLines(table => table.Text(table.Find("source")) is var other && (key >= 0 ? SourceCaps.KeyOf(rds.Caps, other) == key : other == source));
        inquiry.Fact("cap", most);
        inquiry.Fact("sourceGave", given);
        inquiry.Say(given >= most
            ? (FormattableString)$"Its source \"{source}\" is capped: the cap \"{rds.Caps[place].Key}\" allows {most} rows, and all were given."
            : $"Its source \"{source}\" is capped at {most} rows by \"{rds.Caps[place].Key}\", of which {given} were given, so the cap did not keep it out.");
    }

    private static int Sign(Rds rds) => rds.Reduce == RdsReduce.Min ? -1 : 1;

    private static (int Task, int Query, double Cosine) Best(double[][] cosines, int sign)
    {
        (int Task, int Query) best = (0, 0);
        for (int t = 0; t < cosines.Length; t++)
            for (int q = 0; q < cosines[t].Length; q++)
                if (sign * cosines[t][q] > sign * cosines[best.Task][best.Query]) best = (t, q);
        return (best.Task, best.Query, cosines[best.Task][best.Query]);
    }

    /// <summary>[rows][tasks][queries], the cosines the step compared.</summary>
    private static double[][][] Cosines(Rds rds, int[] rows, IKernels kernels)
    {
        using var some = new RowSubset(rds.In.Matrix, rows);
        double[] norms = new double[rows.Length];
        kernels.Inspect(some, norms, Pass.Unwatched);
        QueryGroups groups = QueryTask.Gather(rds.Queries, rds.In, kernels, Pass.Unwatched);
        RankedRows[] lists = kernels.TopSimilarities(some, norms, groups.Ungrouped(), Combination.Each, [], rows.Length, Pass.Unwatched);
        return [.. Enumerable.Range(0, rows.Length).Select(r => rds.Queries.Select((_, t) =>
            Enumerable.Range(groups.Starts[t], groups.Starts[t + 1] - groups.Starts[t]).Select(q => lists[q].Scores[Array.IndexOf(lists[q].Rows, r)]).ToArray()).ToArray())];
    }
}
