using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Engine.Data;
using Engine.Plans;

namespace Engine.Runs;

/// <summary>Writes <c>manifest.json</c>: the plan, the inputs and outputs with their hashes, the seeds, the machine, and what each step did.</summary>
internal static class ManifestWriter
{
    public static void Write(RunRecord run, IReadOnlyDictionary<string, WrittenFile> files, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, RunJson.Indented);
        json.WriteStartObject();
        json.WriteStartObject("engine");
        json.WriteString("version", EngineVersion.Text);
        json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
        json.WriteString("os", RuntimeInformation.OSDescription);
        json.WriteString("architecture", RuntimeInformation.ProcessArchitecture.ToString());
        json.WriteEndObject();
        WritePlan(run, json);
        json.WriteNumber("seed", run.Plan.Seed);
        json.WriteString("started", run.Started.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture));
        json.WriteNumber("seconds", Math.Round(run.Seconds, 6));
        WriteDevice(run.Device, json);
        WriteInputs(run, json);
        WriteSteps(run, json);
        json.WriteStartArray("warnings");
        foreach (string warning in run.Warnings) json.WriteStringValue(warning);
        json.WriteEndArray();
        if (run.SelectionStep is not null) json.WriteString("selection", run.SelectionStep);
        WriteFiles(run, files, json);
        json.WriteEndObject();
    }

    private static void WritePlan(RunRecord run, Utf8JsonWriter json)
    {
        json.WriteStartObject("plan");
        json.WriteString("name", run.Plan.Name);
        json.WriteString("file", run.Plan.File);
        json.WriteString("folder", Path.GetFullPath(run.Plan.Folder));
        json.WriteStartArray("overrides");
        foreach (string text in run.Plan.Overrides) json.WriteStringValue(text);
        json.WriteEndArray();
        json.WriteString("identity", run.Identity);
        json.WriteString("given", Encoding.UTF8.GetString(run.Plan.Given));
        json.WritePropertyName("resolved");
        PlanJson.Write(run.Plan.Resolved, json);
        json.WriteEndObject();
    }

    private static void WriteDevice(EngineDevice device, Utf8JsonWriter json)
    {
        json.WriteStartObject("device");
        json.WriteString("kind", device.Kind);
        json.WriteString("kernels", device.Kernels);
        json.WriteNumber("threads", device.Threads);
        json.WriteString("why", device.Why);
        if (device.Devices.Count > 0)
        {
            json.WriteStartArray("devices");
            foreach (DeviceInUse used in device.Devices)
            {
                json.WriteStartObject();
                json.WriteString("backend", used.Backend);
                json.WriteNumber("number", used.Number);
                json.WriteString("name", used.Name);
                json.WriteString("driver", used.Driver);
                json.WriteNumber("memory", used.MemoryBytes);
                json.WriteNumber("budget", used.BudgetBytes);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteInputs(RunRecord run, Utf8JsonWriter json)
    {
        json.WriteStartObject("inputs");
        foreach (InputRecord input in run.Inputs)
        {
            json.WriteStartObject(input.Name);
            json.WriteString("kind", input.Kind);
            json.WriteNumber("rows", input.Value.Rows);
            if (input.Value is Embeddings embeddings)
            {
                json.WriteNumber("dim", embeddings.Dim);
                json.WriteString("dtype", Engine.Kernels.ElementTypes.PlanName(embeddings.Matrix.Element));
            }

            json.WriteStartArray("files");
            foreach (InputFileRecord file in input.Files)
            {
                json.WriteStartObject();
                json.WriteString("path", file.Path);
                json.WriteNumber("bytes", file.Bytes);
                json.WriteString("sha256", file.Sha256);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteSteps(RunRecord run, Utf8JsonWriter json)
    {
        json.WriteStartObject("steps");
        foreach (StepRecord step in run.Steps)
        {
            json.WriteStartObject(step.Step.Name);
            json.WriteString("op", step.Step.Definition.Op);
            json.WriteNumber("rows", step.Value.Rows);
            json.WriteNumber("bytes", step.Bytes);
            json.WriteNumber("flops", step.Flops);
            json.WriteNumber("seconds", Math.Round(step.Seconds, 6));
            if (step.Resumed) json.WriteBoolean("resumed", true);
            if (step.Key is { } key) json.WriteString("key", key);
            if (step.Note is { } note)
            {
                json.WritePropertyName("value");
                note.Write(json);
            }

            foreach ((string name, object value) in step.Facts)
            {
                json.WritePropertyName(name);
                RunJson.WriteFact(json, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteFiles(RunRecord run, IReadOnlyDictionary<string, WrittenFile> files, Utf8JsonWriter json)
    {
        json.WriteStartObject("outputs");
        foreach (OutputRecord output in run.Outputs)
        {
            json.WriteStartObject(output.Output.Name);
            json.WriteString("path", output.Path);
            WriteFile(output.Written, json);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("files");
        foreach ((string name, WrittenFile file) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject(name);
            WriteFile(file, json);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteFile(WrittenFile file, Utf8JsonWriter json)
    {
        json.WriteNumber("bytes", file.Bytes);
        json.WriteString("sha256", file.Sha256);
    }
}
