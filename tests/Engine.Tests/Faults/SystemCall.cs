using System.Globalization;
using System.Text.RegularExpressions;

namespace Engine.Tests.Faults;

/// <summary>One call of the command to the kernel as strace wrote it down.</summary>
/// <param name="Name">The call's name.</param>
/// <param name="Ordinal">The how manieth of this name it is in its thread, from 1: what an injection counts.</param>
/// <param name="Path">The file it works on; of a rename the new name.</param>
/// <param name="Text">The line of the log.</param>
internal sealed partial record SystemCall(string Name, int Ordinal, string Path, string Text)
{
    /// <summary>Whether the log says that it succeeded.</summary>
    public bool Succeeded => !Text.Contains(" = -1 ", StringComparison.Ordinal);

    /// <summary>Whether it makes a file.</summary>
    public bool Creates => Text.Contains("O_CREAT", StringComparison.Ordinal);

    /// <summary>Whether strace changed its outcome.</summary>
    public bool IsInjected => Text.Contains("(INJECTED)", StringComparison.Ordinal);

    /// <summary>Whether the log breaks off here because the process was killed.</summary>
    public bool WasKilled => Text.EndsWith("= ?", StringComparison.Ordinal) || Text.EndsWith("<unfinished ...>", StringComparison.Ordinal);

    /// <summary>The same in every run: names of temporary files are drawn.</summary>
    public string Key => $"{Name} {Drawn().Replace(Path, ".tmp-*")}";

    /// <summary>Whether another run, in another folder, makes the same call.</summary>
    public bool IsSame(string folder, SystemCall other, string otherFolder) =>
        Key.Replace(folder, "", StringComparison.Ordinal) == other.Key.Replace(otherFolder, "", StringComparison.Ordinal);

    /// <summary>The file as the user knows it: without what a temporary name adds, and a matrix in the making as what it will be.</summary>
    public string Place => Unfinished().IsMatch(Path)
        ? Unfinished().Replace(Path, "/.staging/files/steps/$1/embeddings.npy")
        : System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, Temporary().Replace(System.IO.Path.GetFileName(Path), "$1"));

    /// <summary>The calls of the thread that made the first one, which is the one that runs plans.</summary>
    public static IReadOnlyList<SystemCall> Parse(string log)
    {
        List<SystemCall> calls = [];
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        string? main = null;
        foreach (string line in File.ReadLines(log))
        {
            Match match = Line().Match(line);
            if (!match.Success) continue;
            main ??= match.Groups["thread"].Value;
            if (match.Groups["thread"].Value != main) continue;
            string name = match.Groups["name"].Value;
            counts[name] = counts.GetValueOrDefault(name) + 1;
            calls.Add(new SystemCall(name, counts[name], PathOf(name, match.Groups["rest"].Value), line));
        }

        return calls;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Key} ({Name} {Ordinal})");

    private static string PathOf(string name, string rest)
    {
        MatchCollection quoted = Quoted().Matches(rest);
        if (name is "rename") return quoted.Count > 1 ? quoted[1].Groups[1].Value : "";
        if (name is "openat" or "mkdir" or "unlink" or "rmdir") return quoted.Count > 0 ? quoted[0].Groups[1].Value : "";
        Match descriptor = Descriptor().Match(rest);
        return descriptor.Success ? descriptor.Groups[1].Value : "";
    }

    [GeneratedRegex(@"^(?<thread>\d+) +(?<name>\w+)\((?<rest>.*)$")]
    private static partial Regex Line();

    [GeneratedRegex("\"([^\"]*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^\d+<([^>]*)>")]
    private static partial Regex Descriptor();

    [GeneratedRegex(@"\.tmp-[0-9a-f-]+")]
    private static partial Regex Drawn();

    [GeneratedRegex(@"^\.(.*)\.tmp-[0-9a-f-]+$")]
    private static partial Regex Temporary();

    [GeneratedRegex("/\\.staging/tiles/([^/]+)/matrix$")]
    private static partial Regex Unfinished();
}
