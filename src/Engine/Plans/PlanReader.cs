namespace Engine.Plans;

/// <summary>From a plan's text to a plan that can run, or to every error in it.</summary>
internal static class PlanReader
{
    private const int MostErrors = 1000;

    /// <summary>Reads a plan file.</summary>
    /// <param name="path">The file; relative paths inside start from its folder.</param>
    /// <param name="overrides">Values that replace the plan's own, each <c>path=value</c>.</param>
    /// <param name="language">The ops a plan may name.</param>
    /// <exception cref="EngineException">The plan is missing, no regular file, or wrong: exit 3, with every error in the order of their places. An override is malformed: exit 2. The file cannot be read: exit 7.</exception>
    public static Plan Read(string path, IReadOnlyList<string> overrides, PlanLanguage language)
    {
        PlanOverrides.CheckForm(overrides);
        byte[] json = PlanFile.Read(path);
        return Parse(json, path, Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", overrides, language);
    }

    /// <summary>Reads a plan from memory.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <param name="file">What messages call it.</param>
    /// <param name="folder">The folder that relative paths start from.</param>
    /// <param name="overrides">Values that replace the plan's own, each <c>path=value</c>.</param>
    /// <param name="language">The ops a plan may name.</param>
    /// <exception cref="EngineException">The plan is wrong: exit 3, with every error in the order of their places. An override is malformed: exit 2.</exception>
    public static Plan Parse(ReadOnlyMemory<byte> json, string file, string folder, IReadOnlyList<string> overrides, PlanLanguage language) =>
        Parse(json, file, folder, overrides, language, Environment.GetEnvironmentVariable);

    /// <summary>Reads a plan with another environment.</summary>
    public static Plan Parse(ReadOnlyMemory<byte> json, string file, string folder, IReadOnlyList<string> overrides, PlanLanguage language, Func<string, string?> environment)
    {
        PlanOverrides.CheckForm(overrides);
        var reading = new PlanReading();
        PlanNode? given = PlanParser.Parse(json, file, reading);
        if (given is null) throw Errors(reading, file);
        if (given.Kind != NodeKind.Object)
        {
            reading.Error(given.Place, "TYPE", $"found {given.Describe()}, expected a plan: an object with \"version\", \"inputs\" and \"steps\".");
            throw Errors(reading, file);
        }

        PlanNode? resolved = Interpolation.Apply(PlanOverrides.Apply(given, overrides, reading), environment, reading);
        if (resolved is null) throw Errors(reading, file);
        Arguments plan = new ObjectShape(language.Keys).Read(resolved, reading)!;
        string name = plan.Get(language.Name) ?? FileName(file);
        IReadOnlyList<NamedEntry<TypedObject<InputDefinition>>> inputs = plan.Get(language.Inputs) ?? [];
        IReadOnlyList<NamedEntry<TypedObject<StepDefinition>>> steps = plan.Get(language.Steps) ?? [];
        IReadOnlyList<NamedEntry<Arguments>> outputs = plan.Get(language.Outputs) ?? [];

        PlanNames names = Names(inputs, steps, reading);
        foreach (Reference reference in inputs.SelectMany(i => i.References)) names.Check(reference, inputsOnly: true, reading);
        foreach (Reference reference in steps.SelectMany(s => s.References)) names.Check(reference, inputsOnly: false, reading);
        IReadOnlyList<int> order = PlanGraph.Order([.. steps.Select(s => s.Name)], [.. steps.Select(s => s.References)], reading);
        PlanOutputs.Check(outputs, folder, names, reading);
        if (reading.Errors.Count > 0) throw Errors(reading, file);

        return new Plan
        {
            File = file,
            Folder = folder,
            Name = name,
            Seed = plan.Get(language.Seed),
            Inputs = [.. inputs.Select(Input)],
            Steps = [.. order.Select(i => Step(steps[i], i))],
            Outputs = [.. outputs.Select(PlanOutputs.Output)],
            Run = Run(plan.Get(language.Run), name),
            Given = json.ToArray(),
            Written = given,
            Overrides = [.. overrides],
            Resolved = resolved,
        };
    }

    private static PlanNames Names(IReadOnlyList<NamedEntry<TypedObject<InputDefinition>>> inputs, IReadOnlyList<NamedEntry<TypedObject<StepDefinition>>> steps, PlanReading reading)
    {
        var names = new PlanNames();
        foreach (NamedEntry<TypedObject<InputDefinition>> input in inputs) names.Add(input.Name, input.Value?.Type.Gives, isStep: false, input.NamePlace, reading);
        foreach (NamedEntry<TypedObject<StepDefinition>> step in steps) names.Add(step.Name, step.Value?.Type.KindOf(step.Value.Arguments), isStep: true, step.NamePlace, reading);
        return names;
    }

    private static PlanInput Input(NamedEntry<TypedObject<InputDefinition>> entry) => new()
    {
        Name = entry.Name,
        Kind = entry.Value!.Type.Gives,
        Paths = entry.Value.Arguments.Get(entry.Value.Type.Path),
        Place = entry.Place,
        Arguments = entry.Value.Arguments,
    };

    private static PlanStep Step(NamedEntry<TypedObject<StepDefinition>> entry, int position) =>
        new(entry.Name, entry.Value!.Type, entry.Value.Arguments, entry.References, entry.Place, position);

    private static PlanRun Run(Arguments? given, string name)
    {
        // A plan without "run" is one with an empty "run".
        Arguments run = given ?? new ObjectShape(RunKeys.Set).Read(new PlanNode(NodeKind.Object, default), new PlanReading())!;
        return new PlanRun
        {
            Dir = run.Get(RunKeys.Dir) ?? $"runs/{name}",
            Device = run.Get(RunKeys.Device),
            DeviceMemory = run.Get(RunKeys.DeviceMemory),
            Threads = run.Get(RunKeys.Threads),
            Memory = run.Get(RunKeys.Memory),
            Io = run.Get(RunKeys.Io),
            OnExisting = run.Get(RunKeys.OnExisting),
            Checkpoint = run.Get(RunKeys.Checkpoint),
        };
    }

    /// <summary>The plan's name when it gives none: its file's, with a dash for every character that a name may not have.</summary>
    private static string FileName(string file)
    {
        string stem = Path.GetFileNameWithoutExtension(file);
        string name = string.Concat(stem.Take(200).Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' ? c : '-'));
        return NameShape.IsName(name) ? name : "plan";
    }

    private static EngineException Errors(PlanReading reading, string file)
    {
        EngineError[] sorted =
        [
            .. reading.Errors.Distinct()
                .OrderBy(e => e.File != file).ThenBy(e => e.File, StringComparer.Ordinal).ThenBy(e => e.Line).ThenBy(e => e.Column),
        ];
        if (sorted.Length <= MostErrors) return new EngineException(sorted);
        var rest = new EngineError(ExitCode.Plan, "MORE", $"found {sorted.Length - MostErrors} more errors. Mend those above first.", file);
        return new EngineException([.. sorted.Take(MostErrors), rest]);
    }
}
