namespace Engine.Runs;

/// <summary>Says why a step chose a row, from the row's line in selection.csv.</summary>
internal static class ChosenRow
{
    public static void Explain(StepInquiry inquiry, int rank, IReadOnlyDictionary<string, string> columns)
    {
        inquiry.Say($"Chosen at rank {rank} of {inquiry.Chosen.Length}.");
        string Of(string column) => columns.GetValueOrDefault(column, "");
        string task = Of("task").Length > 0 ? $"task \"{Of("task")}\"" : "the task", query = $"query {Of("query")} of {task}";
        switch (inquiry.Op)
        {
            case "rds" when inquiry.Text("reduce", "roundRobin") == "max":
                inquiry.Say($"Its score {Of("score")} is the highest cosine to any query, that of {query}; rows are taken by it, highest first.");
                break;
            case "rds" when inquiry.Text("reduce", "roundRobin") is "mean" or "normalizedMean":
                inquiry.Say($"Its score {Of("score")} is the mean over {(Several(inquiry) ? "the tasks" : "the queries")}{(inquiry.Text("reduce") == "mean" ? "" : ", each scaled to 0 .. 1 by its range over the pool")}; rows are taken by it, highest first.");
                break;
            case "rds":
                string end = inquiry.Text("reduce", "roundRobin") == "min" ? "lowest" : "highest";
                if (Several(inquiry))
                {
                    inquiry.Say($"In the round robin it was the row left with the {end} cosine when {task} had its visit, through its query {Of("query")}.");
                    inquiry.Say($"Its score {Of("score")} is the {(end == "lowest" ? "highest" : "lowest")} cosine under which a task popped it.");
                    break;
                }

                inquiry.Say($"In the round robin it was the row left with the {end} cosine when {query} had its visit; its score {Of("score")} is that cosine.");
                break;
            case "kcenter":
                inquiry.Say($"It was the row farthest from all centres before it; after it no row is farther than {Of("radius")} from a centre (not squared).");
                break;
            case "cosineSample":
                inquiry.Say($"Its score {Of("score")} is the cosine to the task's centre; \"keep\" is {inquiry.Text("keep", "top")}.");
                break;
            case "quality":
                inquiry.Say($"Its score {Of("score")} is the predicted log-loss; rows are taken by it, lowest first.");
                break;
            case "kmq":
                inquiry.Say($"It was drawn by chance within cluster {Of("cluster")}, the chance growing with its quality {Of("score")}.");
                break;
            case "random":
                inquiry.Say($"It was drawn by chance, every row with the same.");
                break;
            case "balanced":
                inquiry.Say($"It was the turn of its source{(Of("source").Length > 0 ? $" \"{Of("source")}\"" : "")}; sources give one row each in turn, {(inquiry.Text("draw", "inOrder") == "random" ? "drawn by chance" : "in the pool's order")}.");
                break;
            case "union":
                inquiry.Say($"The first of the joined selections that chose it gave it this place.");
                break;
            case "dedup":
                inquiry.Say($"It stays: it repeats no row that stays, or is the one of its likes that was to be kept.");
                break;
            case "filter":
                inquiry.Say($"It meets every condition.");
                break;
            default:
                if (Of("score").Length > 0) inquiry.Say($"Its score is {Of("score")}.");
                break;
        }
    }

    public static bool Several(StepInquiry inquiry) => inquiry.Arguments.GetProperty("queries").EnumerateObject().Count(task => !task.Name.StartsWith("x-", StringComparison.Ordinal)) > 1;
}
