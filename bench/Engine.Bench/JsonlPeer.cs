using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Engine.Bench;

/// <summary>Another program that reads the same file and prints one line of JSON: <c>seconds</c>, <c>cpu_seconds</c>, <c>records</c>, <c>utf8_bytes</c> (of all contents) and, if it likes, <c>hash</c> (<see cref="TextHash"/> in hexadecimal digits).</summary>
internal sealed class JsonlPeer
{
    private readonly string[] _command;

    private JsonlPeer(string name, string[] command) => (Name, _command) = (name, command);

    public string Name { get; }

    /// <summary>The peers that this machine can run; says of the others why not.</summary>
    /// <param name="folder">Where a program may be compiled to.</param>
    /// <param name="options">May hold <c>--peer "COMMAND"</c>, several times; the file's path is added behind the command.</param>
    /// <param name="say">Where the reasons go.</param>
    public static List<JsonlPeer> Find(string folder, string[] options, Action<string> say)
    {
        List<JsonlPeer> peers = [];
        string sources = Path.Combine(AppContext.BaseDirectory, "peers"), simdjson = Path.Combine(folder, "jsonl_simdjson");
        if (Works("g++", ["-O3", "-march=native", "-std=c++17", Path.Combine(sources, "jsonl_simdjson.cpp"), "-lsimdjson", "-o", simdjson], out string why)) peers.Add(new JsonlPeer("simdjson, on demand (C++)", [simdjson]));
        else say($"no simdjson: it needs g++ and libsimdjson-dev ({why})");
        if (Works("python3", ["-c", "import json"], out why)) peers.Add(new JsonlPeer("Python's json", ["python3", Path.Combine(sources, "jsonl_python.py")]));
        else say($"no Python: it needs python3 ({why})");
        for (int i = 0; i + 1 < options.Length; i++)
        {
            if (options[i] == "--peer") peers.Add(new JsonlPeer(options[i + 1], options[i + 1].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        }

        return peers;
    }

    /// <summary>Runs it once. Its own clocks count, without the start of its process.</summary>
    public JsonlPass Read(string path)
    {
        string line = Output(_command[0], [.. _command[1..], path], out int exit, out string errors);
        if (exit != 0) throw new InvalidOperationException($"{Name} ended with {exit}: {errors}");
        using JsonDocument json = JsonDocument.Parse(line);
        JsonElement root = json.RootElement;
        ulong? hash = root.TryGetProperty("hash", out JsonElement digits) ? ulong.Parse(digits.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : null;
        return new JsonlPass(root.GetProperty("seconds").GetDouble(), root.GetProperty("cpu_seconds").GetDouble(), root.GetProperty("records").GetInt64(), root.GetProperty("utf8_bytes").GetInt64(), hash);
    }

    private static bool Works(string program, string[] arguments, out string why)
    {
        try
        {
            Output(program, arguments, out int exit, out string errors);
            why = errors.Split('\n')[0];
            return exit == 0;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            why = missing.Message;
            return false;
        }
    }

    private static string Output(string program, string[] arguments, out int exit, out string errors)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> said = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        (exit, errors) = (process.ExitCode, said.GetAwaiter().GetResult());
        return output;
    }
}
