using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Engine.Data;
using Engine.Data.Matrices;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>An objective that is a program of the user's: it gets a file with the chosen records and prints the loss as its last line.</summary>
/// <param name="command">The program and its arguments, as they are: no shell reads them.</param>
/// <param name="timeout">Seconds it may take, or null.</param>
internal sealed class ObjectiveCommand(IReadOnlyList<string> command, double? timeout)
{
    /// <summary>About 23 days; timers count milliseconds in 32 bits.</summary>
    public const double LongestTimeout = 2_000_000;

    private const int LongestLine = 4096;

    /// <summary>Runs the program in the plan's folder.</summary>
    /// <exception cref="EngineException">It cannot be started, fails, or takes too long: exit 11. Its last line is no finite number: exit 4.</exception>
    public double Evaluate(int trial, Selection front, StepRun run)
    {
        string what = $"trial {trial} of {front.Indices.Length} rows";
        string folder = run.Scratch.Begin();
        try
        {
            string? subset = front.Pool is null ? null : Path.Combine(folder, "subset.jsonl");
            if (subset is not null) WriteRecords(front, subset, run.Pass.Cancel);
            string indices = Path.Combine(folder, "indices.npy");
            using (FileStream stream = File.Create(indices)) NpyWriter.WriteIndices(stream, front.Indices);
            (string Name, string? Value)[] words =
            [
                ("subset", subset), ("indices", indices),
                ("size", front.Indices.Length.ToString(CultureInfo.InvariantCulture)), ("trial", trial.ToString(CultureInfo.InvariantCulture)),
            ];
            string last = Start(Arguments(words), words, what, run);
            if (ScoresFile.TryParse(Encoding.UTF8.GetBytes(last), out double loss) && double.IsFinite(loss)) return loss;
            throw new EngineException(new EngineError(ExitCode.Input, "LOSS",
                $"{what}: the last line that {command[0]} printed is '{Brief(last)}', expected a finite number, the loss. Mend the program; finished trials are kept."));
        }
        catch (Exception e) when (IoError.IsFrom(e))
        {
            throw IoError.Writing(folder, e);
        }
        finally
        {
            run.Scratch.End();
        }
    }

    private static string Brief(string line) => Data.Jsonl.LineFault.Brief(line);

    private static void WriteRecords(Selection front, string path, CancellationToken cancel)
    {
        using FileStream stream = File.Create(path);
        foreach (byte[] text in front.Pool!.Texts(front.Indices))
        {
            cancel.ThrowIfCancellationRequested();
            stream.Write(text);
            stream.WriteByte((byte)'\n');
        }
    }

    private string[] Arguments((string Name, string? Value)[] words) => [.. command.Select(argument =>
    {
        foreach ((string name, string? value) in words)
        {
            string placeholder = $"{{{name}}}";
            if (!argument.Contains(placeholder, StringComparison.Ordinal)) continue;
            argument = argument.Replace(placeholder, value ?? throw new EngineException(new EngineError(ExitCode.Input, "RECORDS",
                $"the command names {placeholder}, but the ranking's rows are not bound to records. Name the records with rowsOf, or use {{indices}}.")), StringComparison.Ordinal);
        }

        return argument;
    })];

    private string Start(string[] arguments, (string Name, string? Value)[] words, string what, StepRun run)
    {
        string program = Find(arguments[0], run.Files.FullPath(".")) ?? throw Failed("COMMAND", $"{what}: found no program {arguments[0]}, expected one in the plan's folder or on PATH that may be run. Check its path and its permissions.");
        var start = new ProcessStartInfo(program) { WorkingDirectory = run.Files.FullPath("."), RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in arguments.Skip(1)) start.ArgumentList.Add(argument);
        foreach ((string name, string? value) in words) start.Environment[$"ENGINE_{name.ToUpperInvariant()}"] = value;
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            return Wait(process, what, run.Pass.Cancel);
        }
        catch (Win32Exception e)
        {
            throw Failed("COMMAND", $"{what}: {program} cannot be started: {e.Message}. Check that it is a program for this machine; a script begins with #!.");
        }
    }

    private string Wait(Process process, string what, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (timeout is { } seconds) stop.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            // Whatever the program started may hold its output open, so the wait ends by the clock and not by the end of the output alone.
            Task<string> reading = LastLine(process.StandardOutput);
            reading.Wait(stop.Token);
            process.WaitForExitAsync(stop.Token).GetAwaiter().GetResult();
            return process.ExitCode == 0
                ? reading.Result
                : throw Failed("COMMAND", $"{what}: {command[0]} exited with {process.ExitCode}, expected 0. What it wrote to stderr says why; finished trials are kept.");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            cancel.ThrowIfCancellationRequested();
            throw Failed("TIMEOUT", FormattableString.Invariant($"{what}: {command[0]} took longer than {timeout} s and was ended. Raise the timeout, or lower max; finished trials are kept."));
        }
    }

    /// <summary>The last line that is not blank. A carriage return ends a line too: progress bars are made of them.</summary>
    private static async Task<string> LastLine(StreamReader output)
    {
        char[] buffer = new char[LongestLine];
        var line = new StringBuilder();
        string last = "";
        for (int count; (count = await output.ReadAsync(buffer).ConfigureAwait(false)) > 0;)
        {
            for (int i = 0; i < count; i++)
            {
                if (buffer[i] is not ('\n' or '\r'))
                {
                    if (line.Length < LongestLine) line.Append(buffer[i]);
                    continue;
                }

                if (!string.IsNullOrWhiteSpace(line.ToString())) last = line.ToString();
                line.Clear();
            }
        }

        return (string.IsNullOrWhiteSpace(line.ToString()) ? last : line.ToString()).Trim();
    }

    /// <summary>A program with a slash in its name is looked for from the plan's folder, any other on PATH; never elsewhere.</summary>
    private static string? Find(string program, string folder)
    {
        string[] places = program.Contains('/', StringComparison.Ordinal)
            ? [Path.GetFullPath(Path.Combine(folder, program))]
            : [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(place => Path.Combine(place, program))];
        const UnixFileMode Runs = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return Array.Find(places, place => File.Exists(place) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(place) & Runs) != 0));
    }

    private static EngineException Failed(string code, string message) => new(new EngineError(ExitCode.Peer, code, message));
}
