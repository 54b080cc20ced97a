using Engine.Data;
using Engine.Kernels;
using Engine.Plans;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>An input that was opened and checked.</summary>
internal sealed record OpenedInput(PlanInput Input, Value Value, IReadOnlyList<InputFile> Files);

/// <summary>The inputs of a run, open until it ends.</summary>
internal sealed class OpenedInputs : IDisposable
{
    private readonly InputFiles _files;
    private readonly List<OpenedInput> _opened = [];
    private readonly Dictionary<string, NamedFiles> _named = new(StringComparer.Ordinal);

    private OpenedInputs(InputFiles files) => _files = files;

    /// <summary>The inputs in the plan's order.</summary>
    public IReadOnlyList<OpenedInput> Opened => _opened;

    /// <summary>The files beside the inputs that steps name, by the step's name.</summary>
    public IReadOnlyDictionary<string, NamedFiles> Named => _named;

    /// <summary>Every file of every input and step.</summary>
    public IReadOnlyList<InputFile> Files => _files.Files;

    /// <summary>What the user should know about them.</summary>
    public IReadOnlyList<string> Warnings => _files.Warnings;

    /// <summary>Opens every input, records first because others bind to them, and checks rows, dim, element type, hashes and bindings.</summary>
    public static OpenedInputs Open(Plan plan, MemoryBudget memory, Pass pass)
    {
        var inputs = new OpenedInputs(new InputFiles { Io = plan.Run.Io, Memory = memory });
        try
        {
            var opener = new InputOpener(plan, inputs._files, pass);
            Dictionary<string, Records> records = [];
            foreach (PlanInput input in plan.Inputs.OrderBy(i => i.Kind == ValueKind.Records ? 0 : 1))
            {
                OpenedInput opened = opener.Open(input, records);
                inputs._opened.Add(opened);
                if (opened.Value is Records some) records.Add(input.Name, some);
            }

            List<PlanInput> order = [.. plan.Inputs];
            inputs._opened.Sort((a, b) => order.IndexOf(a.Input).CompareTo(order.IndexOf(b.Input)));
            foreach (PlanStep step in plan.Steps)
                if (((StepBinding)step.Definition).Open?.Invoke(step.Arguments, inputs.Finder(plan.Folder)) is { } named) inputs._named.Add(step.Name, named);
            return inputs;
        }
        catch
        {
            inputs.Dispose();
            throw;
        }
    }

    /// <summary>Opens files that steps name while the run is at work; they are checked as the inputs are.</summary>
    /// <param name="folder">The folder that relative paths start from.</param>
    public FileFinder Finder(string folder) => new(_files, folder);

    /// <summary>Checks that no file changed since it was opened.</summary>
    /// <exception cref="EngineException">Some did. Exit 5.</exception>
    public void Verify() => _files.Verify();

    public void Dispose()
    {
        foreach (OpenedInput input in _opened) input.Value.Dispose();
        _files.Dispose();
    }
}
