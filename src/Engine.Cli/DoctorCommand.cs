using System.CommandLine;
using System.Text;
using System.Text.Json;
using Engine.Runs;

namespace Engine.Cli;

/// <summary><c>engine doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Says what this machine offers: kernel sets, native libraries, devices; what each missing part would give, and the command that installs it.");
        command.SetAction(words =>
        {
            MachineReport report = SelectionEngine.Examine();
            if (words.GetValue<bool>("--json"))
            {
                using var stream = new MemoryStream();
                using (var writer = new Utf8JsonWriter(stream, JsonResult.Options)) report.Write(writer);
                StandardOutput.Write([.. stream.ToArray(), (byte)'\n']);
            }
            else
            {
                StandardOutput.Write(Text(report));
            }

            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static string Text(MachineReport report)
    {
        var text = new StringBuilder();
        Line(FormattableString.Invariant($"engine {report.Version}, {report.Runtime}, {report.System}, {report.Processors} {(report.Processors == 1 ? "processor" : "processors")}"));
        Line("kernels of the processor");
        foreach (KernelSetFacts set in report.KernelSets) Row(set.Name, set.Taken ? "taken" : set.Supported ? "can be run" : "not for this processor");
        Line("native libraries");
        foreach (LibraryFacts library in report.Libraries)
        {
            if (library.Path is { } path)
            {
                Row(library.Name, $"{path}{(library.Version is null ? "" : $" ({library.Version})")}: {library.Gives}");
                continue;
            }

            Row(library.Name, $"missing: {library.Gives}");
            foreach (string place in library.Tried) Row("", $"  looked at {place}");
            Row("", $"  install it: {library.Install}");
            Row("", $"  or set {library.Variable} to its full path");
        }

        Line("devices");
        foreach (BackendFacts backend in report.Backends)
        {
            if (backend.Fault is { } fault) Row(backend.Name, fault);
            foreach (FoundDevice device in backend.Devices)
            {
                Row(FormattableString.Invariant($"{backend.Name}:{device.Number}"),
                    $"{device.Name}, {MemoryLimit.Text(device.MemoryBytes)}, {device.Driver}{(device.IsGpu ? "" : ", a processor")}: {(device.Lacks is { } lacks ? $"cannot be used, {lacks}" : "can be used")}");
            }
        }

        Line($"--device auto takes {(report.Auto.Devices.Count == 0 ? report.Auto.Kind : string.Join(", ", report.Auto.Devices))}: {report.Auto.Why}");
        return text.ToString();

        void Line(string line) => text.Append(EngineError.Printable(line)).Append('\n');
        void Row(string name, string line) => Line($"  {name,-11} {line}".TrimEnd());
    }
}
