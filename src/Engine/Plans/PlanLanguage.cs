using System.Text.Json.Nodes;
using Engine.Data;

namespace Engine.Plans;

/// <summary>Version 1 of the plan language over a set of ops: the declarations that the reader and the schema share.</summary>
internal sealed class PlanLanguage
{
    /// <summary>Declares the language.</summary>
    /// <param name="steps">The ops it has.</param>
    public PlanLanguage(IReadOnlyList<StepDefinition> steps)
    {
        InputShape = new TypedObjectShape<InputDefinition>("input", "kind", "What the input is.",
            InputCatalogue.All.Select(d => new ObjectType<InputDefinition>(d.Word, d.Summary, d.Parameters, d)));
        StepShape = new TypedObjectShape<StepDefinition>("step", "op", "What the step does.",
            steps.Select(d => new ObjectType<StepDefinition>(d.Op, d.Summary, d.Parameters, d)));

        Schema = Keys.Optional("$schema", Shapes.Text, "The JSON Schema of plans, for editors.");
        Version = Keys.Required("version", new VersionShape(), "The version of the plan language: 1.");
        Name = Keys.Optional("name", Shapes.Name, "The plan's name; the file's name when absent.");
        Seed = Keys.Optional("seed", Shapes.Integer(), 0L, JsonValue.Create(0), "The seed every random stream derives from.");
        Variables = Keys.Optional("vars", new VariablesShape(), "Values to use elsewhere as ${vars.NAME}.");
        Inputs = Keys.Required("inputs", new NamesShape<TypedObject<InputDefinition>>("input", InputShape, 1), "What the plan reads, by name.");
        Steps = Keys.Required("steps", new NamesShape<TypedObject<StepDefinition>>("step", StepShape, 1), "What the plan does, by name; order follows from references.");
        Outputs = Keys.Optional("outputs", new NamesShape<Arguments>("output", Shapes.Object(OutputKeys.Set), 0), "What to write besides the run's folder, by name.");
        Run = Keys.Optional("run", Shapes.Object(RunKeys.Set), "How to run the plan; no part of what it computes.");
    }

    /// <summary>The keys of a plan.</summary>
    public ParameterSet Keys { get; } = new();

    public TypedObjectShape<InputDefinition> InputShape { get; }

    public TypedObjectShape<StepDefinition> StepShape { get; }

    public Parameter<string?> Schema { get; }

    public Parameter<long> Version { get; }

    public Parameter<string?> Name { get; }

    public Parameter<long> Seed { get; }

    public Parameter<PlanNode?> Variables { get; }

    public Parameter<IReadOnlyList<NamedEntry<TypedObject<InputDefinition>>>> Inputs { get; }

    public Parameter<IReadOnlyList<NamedEntry<TypedObject<StepDefinition>>>> Steps { get; }

    public Parameter<IReadOnlyList<NamedEntry<Arguments>>?> Outputs { get; }

    public Parameter<Arguments?> Run { get; }
}

/// <summary>The keys of an output.</summary>
internal static class OutputKeys
{
    public static readonly ParameterSet Set = new();

    public static readonly Parameter<Reference> From =
        Set.Required("from", Shapes.Reference(Enum.GetValues<ValueKind>()), "The step whose value is written.");

    public static readonly Parameter<OutputFormat> Format = Set.Required("format",
        Shapes.Choice(("jsonl", OutputFormat.Jsonl), ("npy", OutputFormat.Npy), ("csv", OutputFormat.Csv)), "How it is written.");

    public static readonly Parameter<string> Path = Set.Required("path", Shapes.Path, "The file to write, relative to the plan's folder.");
}

/// <summary>The keys of <c>run</c>.</summary>
internal static class RunKeys
{
    public static readonly ParameterSet Set = new();

    public static readonly Parameter<string?> Dir =
        Set.Optional("dir", Shapes.Path, "The run's folder, relative to the plan's folder; runs/NAME when absent.");

    public static readonly Parameter<string> Device = Set.Optional("device", new DeviceShape(), "auto", JsonValue.Create("auto"),
        "Where kernels run: cpu, cuda or opencl, with :N for one device and a comma or :* for several; auto takes a GPU that can be used, else the processor. The result is the same on all of them.");

    public static readonly Parameter<long?> DeviceMemory = Set.OptionalValue("deviceMemory", Shapes.Size,
        "Memory the run may use on each device, such as \"8GiB\"; matrices that are larger go through in blocks. Most of what is free when absent.");

    public static readonly Parameter<int> Threads =
        Set.Optional("threads", Shapes.Count(0, 1024), 0, JsonValue.Create(0), "Worker threads; 0 for one per processor.");

    public static readonly Parameter<long?> Memory = Set.OptionalValue("memory", Shapes.Size,
        "Memory the run may use beside mapped files, such as \"8GiB\"; what the machine or its control group has when absent.");

    public static readonly Parameter<MatrixIo> Io = Set.Optional("io", Shapes.Choice(("mmap", MatrixIo.Map), ("pread", MatrixIo.Read)), MatrixIo.Map, JsonValue.Create("mmap"),
        "How matrices are read: mapped into memory, or block by block into buffers.");

    public static readonly Parameter<TimeSpan> Checkpoint = Set.Optional("checkpoint", Shapes.Duration, PlanRun.DefaultCheckpoint, JsonValue.Create("30s"),
        "About how often the position within a step is kept, such as \"30s\"; a run that is stopped keeps it anyway.");

    public static readonly Parameter<OnExisting> OnExisting = Set.Optional("onExisting",
        Shapes.Choice(("fail", Plans.OnExisting.Fail), ("resume", Plans.OnExisting.Resume), ("replace", Plans.OnExisting.Replace), ("update", Plans.OnExisting.Update)),
        Plans.OnExisting.Fail, JsonValue.Create("fail"), "What to do when the run's folder exists and is not empty: refuse, go on with an unfinished run of this plan, begin anew, or begin anew but use again what finished steps there gave.");
}

/// <summary>An object with any content: it was used up when variables were replaced.</summary>
internal sealed class VariablesShape : Shape<PlanNode>
{
    public override string Expectation => "an object that names each variable";

    public override bool Accepts(PlanNode node) => node.Kind == NodeKind.Object;

    public override PlanNode? Read(PlanNode node, PlanReading reading) => Accepts(node) ? node : Refuse(node, reading);

    public override JsonObject Schema() => new() { ["type"] = "object" };
}
