namespace Engine.Runs;

/// <summary>The names of the files a run leaves.</summary>
public static class RunFiles
{
    /// <summary>What was run, on what, and what came out; the last file to appear.</summary>
    public const string Manifest = "manifest.json";

    /// <summary>The page that shows it.</summary>
    public const string Report = "report.html";

    /// <summary>The chosen records, bytes unchanged, in rank order.</summary>
    public const string Selected = "selected.jsonl";

    /// <summary>The chosen rows, int64, in rank order.</summary>
    public const string Indices = "indices.npy";

    /// <summary>The chosen rows with a reason each.</summary>
    public const string SelectionTable = "selection.csv";

    /// <summary>A file of one step.</summary>
    public static string OfStep(string step, string file) => $"steps/{step}/{file}";
}
