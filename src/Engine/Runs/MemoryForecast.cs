using Engine.Data;
using Engine.Plans;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>What a plan will need of memory, worked out when its inputs are open and before its first step. Mapped files do not count.</summary>
/// <param name="Limit">The budget: <c>run.memory</c>, or what the machine has; null where a host process decides.</param>
/// <param name="Inputs">What the engine itself and the tables of the inputs take until the run ends.</param>
/// <param name="Steps">Each step in the order they run.</param>
public sealed record MemoryForecast(long? Limit, IReadOnlyList<MemoryUse> Inputs, IReadOnlyList<StepForecast> Steps)
{
    /// <summary>The runtime, its compiled code and the reading and writing of files, measured on small plans.</summary>
    internal const long Itself = 80L << 20;

    private const int MostNamed = 4;

    /// <summary>The most that is needed at one time.</summary>
    public long Peak => Steps.Count == 0 ? Inputs.Sum(use => use.Bytes) : Steps.Max(step => step.Peak);

    /// <summary>Refuses a plan that cannot fit.</summary>
    /// <exception cref="EngineException">It cannot: exit 8, with the step that needs most, what it needs it for, and the budget.</exception>
    public void Check()
    {
        if (Limit is not { } limit || Peak <= limit) return;
        StepForecast? worst = Steps.MaxBy(step => step.Peak);
        IEnumerable<MemoryUse> uses = Inputs.Concat(worst?.Uses ?? []).OrderByDescending(use => use.Bytes).Take(MostNamed);
        string where = worst is null ? "the inputs" : $"step \"{worst.Step}\" ({worst.Op})";
        throw new EngineException(new EngineError(ExitCode.Memory, "MEMORY",
            $"{where} brings the run to {MemoryBudget.Text(Peak)} of memory ({string.Join(", ", uses.Select(use => $"{use.What} {MemoryBudget.Text(use.Bytes)}"))}), but the budget is {MemoryBudget.Text(limit)}. "
            + $"Set run.memory to {MemoryBudget.Text(Peak + (1 << 20))} or more, where the machine has it; or use fewer rows, clusters, queries or threads. Nothing was computed."));
    }

    /// <summary>Works it out.</summary>
    internal static MemoryForecast Of(Plan plan, OpenedInputs opened, int threads)
    {
        IReadOnlyList<OpenedInput> inputs = opened.Opened;
        List<MemoryUse> tables = [new MemoryUse("the engine itself", Itself, Kept: true)];
        Dictionary<string, ValueShape> shapes = new(StringComparer.Ordinal);
        Dictionary<Records, long> texts = [];
        foreach (OpenedInput input in inputs.OrderBy(i => i.Value is Records ? 0 : 1))
        {
            if (input.Value is Records records) texts[records] = input.Files.Sum(TextBytes);
            shapes[input.Input.Name] = ValueShape.Of(input.Input.Name, input.Value, input.Value.Pool is { } pool ? texts.GetValueOrDefault(pool) : 0);
            if (TableBytes(input) is > 0 and var bytes) tables.Add(new MemoryUse($"table of {input.Input.Name}", bytes, Kept: true));
        }

        long kept = tables.Sum(use => use.Bytes);
        HashSet<string> named = new(StringComparer.Ordinal);
        List<StepForecast> steps = [];
        foreach (PlanStep step in plan.Steps)
        {
            var needs = new StepNeeds(step.Arguments, name => shapes[name], threads) { Files = opened.Named.GetValueOrDefault(step.Name) };
            ValueShape gives = ((StepBinding)step.Definition).Needs?.Invoke(needs, step.Name) ?? needs.Unknown(step.Name, step.References);
            shapes[step.Name] = gives;
            MemoryUse[] uses = [.. needs.Uses.Where(use => !use.Kept || named.Add(use.What))];
            steps.Add(new StepForecast(step.Name, step.Definition.Op, kept + uses.Sum(use => use.Bytes), uses));
            kept += uses.Where(use => use.Kept).Sum(use => use.Bytes);
        }

        return new MemoryForecast(plan.Run.Memory ?? MachineLimit(), tables, steps);
    }

    // A heap limit was set by whoever started the process, who knows what it is for.
    private static long? MachineLimit() =>
        GC.GetConfigurationVariables().TryGetValue("GCHeapHardLimit", out object? set) && Convert.ToInt64(set, System.Globalization.CultureInfo.InvariantCulture) > 0
            ? null
            : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    // Text packs about five to one.
    private static long TextBytes(InputFile file) => Path.GetExtension(file.Path) is ".gz" or ".zst" ? 5 * file.Length : file.Length;

    private static long TableBytes(OpenedInput input) => input.Value switch
    {
        Records records => records.Rows * (input.Input.Arguments.Get(InputCatalogue.Records.Id) is null ? 24 : 48),
        ScoreTable scores => 8 * scores.Rows * scores.Columns.Count,
        TokenStates states => 8 * (states.Rows + 1),
        _ => 0,
    };
}

/// <summary>What one step will need.</summary>
/// <param name="Step">Its name in the plan.</param>
/// <param name="Op">Its op.</param>
/// <param name="Peak">The most the run needs while the step is at work, what earlier steps keep included.</param>
/// <param name="Uses">What this step adds.</param>
public sealed record StepForecast(string Step, string Op, long Peak, IReadOnlyList<MemoryUse> Uses);
