using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Engine.Data.Matrices;
using Engine.Kernels;

namespace Engine.Tests.Runs;

/// <summary>A temporary folder with inputs and plans, and the command to run them with.</summary>
internal sealed class Workspace : IDisposable
{
    public Workspace(string? parent = null)
    {
        Folder = Path.Combine(parent ?? Path.GetTempPath(), $"engine-runs-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Folder);
    }

    /// <summary>A folder in memory where the machine has one, so that a disk does not set the pace.</summary>
    public static string InMemory => Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    public string Folder { get; }

    public string At(params string[] parts) => Path.Combine([Folder, .. parts]);

    public string Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text);
        return At(name);
    }

    public void WriteMatrix(string name, int rows, int dim, int seed)
    {
        var random = new RandomStream(seed, name);
        float[] values = new float[rows * dim];
        for (int i = 0; i < values.Length; i++) values[i] = (float)(random.NextDouble() * 2 - 1);
        WriteMatrix(name, values, dim);
    }

    public void WriteMatrix(string name, float[] values, int dim)
    {
        using FileStream stream = File.Create(At(name));
        NpyWriter.Write(stream, values, dim);
    }

    public void WriteRecords(string name, int count)
    {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++)
            text.Append(CultureInfo.InvariantCulture, $$"""{"id": "r{{i}}", "dataset": "s{{i % 3}}", "prompt": "question {{i}}", "completion": "answer \u00e9 {{i * i}}"}""").Append('\n');
        Write(name, text.ToString());
    }

    /// <summary>Every file below the folder with its hash, by relative path.</summary>
    public SortedDictionary<string, string> Hashes(string folder)
    {
        SortedDictionary<string, string> hashes = new(StringComparer.Ordinal);
        if (!Directory.Exists(At(folder))) return hashes;
        foreach (string file in Directory.EnumerateFiles(At(folder), "*", SearchOption.AllDirectories))
            hashes[Path.GetRelativePath(At(folder), file)] = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
        return hashes;
    }

    public string[] Entries() => [.. Directory.EnumerateFileSystemEntries(Folder, "*", SearchOption.AllDirectories).Select(e => Path.GetRelativePath(Folder, e)).Order(StringComparer.Ordinal)];

    /// <summary>Runs the command in a process of its own.</summary>
    public Outcome Engine(string[] words, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "engine.dll"));
        foreach (string word in words) start.ArgumentList.Add(word);
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output.Result, error);
    }

    /// <summary>Runs a plan in this process.</summary>
    /// <returns>Exit 0, or the first error's exit code with the errors' text.</returns>
    public Outcome Run(string plan, params string[] overrides)
    {
        try
        {
            var read = SelectionEngine.ReadPlan(At(plan), overrides);
            using var engine = new SelectionEngine(global::Engine.Runs.RunDevice.Options(read));
            return new Outcome(0, engine.Run(read).Folder, "");
        }
        catch (EngineException e)
        {
            return new Outcome((int)e.Exit, "", string.Join('\n', e.Errors));
        }
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

/// <summary>How a command ended and what it said.</summary>
internal sealed record Outcome(int Exit, string Output, string Error);
