using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;
using Engine.Selections;

namespace Engine.Steps;

/// <summary>One step with its inputs as values: a function from them to one value. The same step runs in a plan, in a program, and over ranks.</summary>
public interface IStep
{
    /// <summary>The op's name in plans; also the step's own name where nobody gives it another.</summary>
    string Op { get; }

    /// <summary>Refuses inputs whose shapes do not fit, as <see cref="Run"/> would, before any work; what only values show is left to the run.</summary>
    /// <exception cref="EngineException">They do not fit.</exception>
    void Check();

    /// <summary>Does the work.</summary>
    /// <param name="run">Kernels, random stream, progress, and where large results go.</param>
    Value Run(StepRun run);
}

/// <summary>A step that gives a <typeparamref name="TValue"/>.</summary>
public abstract record Step<TValue> : IStep
    where TValue : Value
{
    /// <inheritdoc/>
    public abstract string Op { get; }

    /// <inheritdoc/>
    public virtual void Check()
    {
    }

    /// <summary>Does the work.</summary>
    /// <param name="run">Kernels, random stream, progress, and where large results go.</param>
    /// <exception cref="EngineException">An input does not fit, or memory or a file fails.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; it stops within one block of rows.</exception>
    public abstract TValue Run(StepRun run);

    Value IStep.Run(StepRun run) => Run(run);
}

/// <summary>What a step may use while it runs.</summary>
/// <param name="name">The step's name; its random stream belongs to it.</param>
/// <param name="seed">The plan's seed.</param>
/// <param name="kernels">The kernel set.</param>
/// <param name="pass">Cancellation and progress.</param>
/// <param name="matrices">Where computed embeddings go.</param>
public sealed class StepRun(string name, long seed, IKernels kernels, Pass pass, IMatrixStore matrices)
{
    private readonly Dictionary<string, object> _facts = [];
    private readonly List<SelectionRound> _rounds = [];
    private readonly List<SizeTrial> _trials = [];

    /// <summary>The step's name.</summary>
    public string Name => name;

    /// <summary>Where the step keeps its position, or null when nothing outlives the process.</summary>
    internal ITileStore? Tiles { get; init; }

    /// <summary>The kernel set.</summary>
    public IKernels Kernels => kernels;

    /// <summary>Cancellation and progress.</summary>
    public Pass Pass => pass;

    /// <summary>Bytes of input the step has read through its kernels.</summary>
    public long Bytes { get; private set; }

    /// <summary>Floating-point operations of the method's definition (not of what pruning saved).</summary>
    public double Flops { get; private set; }

    /// <summary>What else the manifest says of the step, by name: strings, numbers, flags, and lists of them.</summary>
    public IReadOnlyDictionary<string, object> Facts => _facts;

    /// <summary>The rounds a step that works in rounds has drawn so far.</summary>
    public IReadOnlyList<SelectionRound> Rounds => _rounds;

    /// <summary>The trials a search has done so far, those of an earlier run included.</summary>
    public IReadOnlyList<SizeTrial> Trials => _trials;

    /// <summary>Memory that nobody needs while the step runs, for what only saves time; null where no limit is known.</summary>
    internal long? Spare { get; init; }

    /// <summary>Keeps trials for a run that resumes.</summary>
    internal ITrialJournal Journal { get; init; } = new NoTrialJournal();

    /// <summary>A folder for files that other programs read while the step waits for them.</summary>
    internal ScratchFolder Scratch { get; init; } = ScratchFolder.New();

    /// <summary>Opens files that the step's arguments name.</summary>
    internal FileFinder Files { get; init; } = new(new InputFiles(), ".");

    /// <summary>The files beside the inputs that the step's arguments name, when whoever runs the step has opened them already.</summary>
    internal NamedFiles? Named { get; init; }

    /// <summary>The step's own random stream, or one of several within it.</summary>
    /// <param name="purpose">Names a stream within the step, such as <c>restart-2</c>; null for the step's first.</param>
    public RandomStream Random(string? purpose = null) => new(seed, purpose is null ? name : $"{name}/{purpose}");

    /// <summary>Begins a computed matrix: in memory, or in the step's folder when the run has one.</summary>
    /// <param name="rows">Rows it will have.</param>
    /// <param name="dim">Elements in a row.</param>
    /// <param name="part">What <see cref="IMatrixWriter.Settle"/> gave in a run that was interrupted, or null.</param>
    public IMatrixWriter CreateMatrix(long rows, int dim, MatrixPart? part = null) => matrices.Create(name, rows, dim, part);

    /// <summary>Where the step's work begins and where its positions go, or null when it begins at the beginning and keeps none.</summary>
    internal IResumePoint<T>? Resume<T>(PositionFormat<T> format)
        where T : class => Tiles is null ? null : new StoredPosition<T>(Tiles, format);

    /// <summary>Adds to the step's account of work.</summary>
    public void Count(long bytes, double flops)
    {
        Bytes += bytes;
        Flops += flops;
    }

    /// <summary>Keeps a round; the run writes its files into the step's folder.</summary>
    internal void Finish(SelectionRound round) => _rounds.Add(round);

    /// <summary>Keeps a trial; the run writes all of them into the step's folder.</summary>
    internal void Finish(SizeTrial trial) => _trials.Add(trial);

    /// <summary>The same step with an account of its own, for a step that is made of several others.</summary>
    internal StepRun Within() => new(name, seed, kernels, pass, matrices) { Files = Files, Named = Named, Spare = Spare };

    /// <summary>Notes a file the step has read, with its hash, under a fact that lists such files.</summary>
    internal void NoteFile(string fact, string path, string sha256)
    {
        if (!_facts.TryGetValue(fact, out object? files)) _facts.Add(fact, files = new Dictionary<string, object>());
        ((Dictionary<string, object>)files)[path] = sha256;
    }

    /// <summary>Notes a fact for the manifest and the report.</summary>
    public void Note(string fact, object value) => _facts[fact] = value;
}
