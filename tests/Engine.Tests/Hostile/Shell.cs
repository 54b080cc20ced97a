using System.Diagnostics;
using Engine.Tests.Runs;

namespace Engine.Tests.Hostile;

/// <summary>What only a shell can do to a process or a folder: limits, closed streams, names that are no text.</summary>
internal static class Shell
{
    /// <summary>Runs a script that must succeed.</summary>
    public static void Run(string script)
    {
        Outcome done = Run(Path.GetTempPath(), script);
        Assert.True(done.Exit == 0, done.ToString());
    }

    /// <summary>Runs a script in a folder and tells how it ended.</summary>
    public static Outcome Run(string folder, string script, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo("/bin/bash")
        {
            ArgumentList = { "-c", script },
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in environment)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output.Result, error);
    }
}
