using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Engine.Data;
using Engine.Native.Files;
using Engine.Plans;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>What a result depends on, hashed: equal keys mean equal bytes, so a finished step is used again exactly when its key is the same.</summary>
/// <remarks>
/// A step's key is the SHA-256 over the engine's version, the plan's seed, the step's name (its random stream belongs to it), its op and arguments in
/// canonical form, the versions of the libraries it needs, and the key of everything it refers to. An input's key is over its arguments, the key of the records it is bound to, and of each file the path,
/// length, time of the last write and inode; so it is with files that a step names itself: hashing contents would cost a pass, and whoever writes to a file changes its time. Threads, device and
/// kernel set are left out because they change no result.
/// </remarks>
internal sealed class StepKeys
{
    private readonly Dictionary<string, string> _keys = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, NamedFiles> _named;
    private readonly string _engine;

    /// <param name="plan">The plan.</param>
    /// <param name="opened">Its inputs, open.</param>
    /// <param name="engine">The engine's version; null for this one's.</param>
    public StepKeys(Plan plan, OpenedInputs opened, string? engine = null)
    {
        IReadOnlyList<OpenedInput> inputs = opened.Opened;
        _named = opened.Named;
        _engine = engine ?? EngineVersion.Text;
        foreach (OpenedInput input in inputs.OrderBy(i => i.Value is Records ? 0 : 1))
        {
            string? pool = input.Value is Records ? null : inputs.FirstOrDefault(i => ReferenceEquals(i.Value, input.Value.Pool))?.Input.Name;
            _keys.Add(input.Input.Name, Hash(json => WriteInput(json, plan, input, pool is null ? null : _keys[pool])));
        }

        foreach (PlanStep step in plan.Steps) _keys.Add(step.Name, Hash(json => WriteStep(json, plan, step)));
    }

    /// <summary>The key of an input or step in lower-case hexadecimal.</summary>
    public string Of(string name) => _keys[name];

    private static void WriteInput(Utf8JsonWriter json, Plan plan, OpenedInput input, string? pool)
    {
        json.WritePropertyName("input");
        PlanIdentity.WriteCanonical(plan.Resolved["inputs"]![input.Input.Name]!, json);
        json.WriteString("pool", pool);
        WriteFiles(json, input.Files);
    }

    private static void WriteFiles(Utf8JsonWriter json, IReadOnlyList<InputFile> files)
    {
        json.WriteStartArray("files");
        foreach (InputFile file in files) WriteFile(json, Path.GetFullPath(file.Path), file.Identity);
        json.WriteEndArray();
    }

    private void WriteStep(Utf8JsonWriter json, Plan plan, PlanStep step)
    {
        json.WriteString("engine", _engine);
        json.WriteNumber("seed", plan.Seed);
        json.WriteString("name", step.Name);
        json.WritePropertyName("step");
        PlanIdentity.WriteCanonical(plan.Resolved["steps"]![step.Name]!, json);
        json.WriteStartArray("references");
        foreach (string name in step.References.Select(r => r.Name).Distinct().Order(StringComparer.Ordinal))
        {
            json.WriteStartArray();
            json.WriteStringValue(name);
            json.WriteStringValue(_keys[name]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        if (_named.TryGetValue(step.Name, out NamedFiles? named))
        {
            WriteFiles(json, named.Files);
            json.WriteStartArray("libraries");
            foreach (string library in named.Libraries) json.WriteStringValue(library);
            json.WriteEndArray();
            return;
        }

        if ((step.Definition as StepBinding)?.ReadsFiles?.Invoke(step.Arguments).ToArray() is not { Length: > 0 } files) return;
        json.WriteStartArray("files");
        foreach (string file in files)
        {
            string path = OutputPaths.Full(plan, file);
            WriteFile(json, path, FileFailure.Guard(file, () => FileIdentity.Of(path)));
        }

        json.WriteEndArray();
    }

    private static void WriteFile(Utf8JsonWriter json, string path, FileIdentity? identity)
    {
        json.WriteStartArray();
        json.WriteStringValue(path);
        if (identity is { } file)
        {
            json.WriteNumberValue(file.Size);
            json.WriteNumberValue(file.ModifiedSeconds);
            json.WriteNumberValue(file.ModifiedNanoseconds);
            json.WriteNumberValue(file.Inode);
        }

        json.WriteEndArray();
    }

    private static string Hash(Action<Utf8JsonWriter> write)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Convert.ToHexStringLower(SHA256.HashData(text.WrittenSpan));
    }
}
