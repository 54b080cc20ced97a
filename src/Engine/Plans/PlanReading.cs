using Engine.Data;

namespace Engine.Plans;

/// <summary>What one reading of a plan collects: every error in one pass, and every reference, to be checked when all names are known.</summary>
public sealed class PlanReading
{
    private readonly List<EngineError> _errors = [];
    private readonly List<Reference> _references = [];
    private readonly HashSet<PlanPlace> _settled = [];

    /// <summary>The errors found so far, in the order found.</summary>
    public IReadOnlyList<EngineError> Errors => _errors;

    /// <summary>The references found so far.</summary>
    public IReadOnlyList<Reference> References => _references;

    /// <summary>Notes an error and goes on.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="code">One upper-case word.</param>
    /// <param name="message">What was found, what was expected, what to do.</param>
    public void Error(PlanPlace place, string code, string message)
    {
        Failures++;
        if (!_settled.Contains(place)) _errors.Add(new EngineError(ExitCode.Plan, code, message, place.File, place.Line, place.Column));
    }

    /// <summary>Times that something was refused, told or not; a value is good when reading it left this alone.</summary>
    internal int Failures { get; private set; }

    /// <summary>Says that what is wrong at a place has been told, so that its consequences there need no word.</summary>
    internal void Settle(PlanPlace place) => _settled.Add(place);

    /// <summary>Notes an error that was found elsewhere.</summary>
    internal void Add(EngineError error)
    {
        Failures++;
        _errors.Add(error);
    }

    /// <summary>Notes a reference to an input or a step.</summary>
    public void Refer(Reference reference) => _references.Add(reference);
}

/// <summary>A name in a plan that stands for an input or a step.</summary>
/// <param name="Name">The input's or step's name.</param>
/// <param name="Allowed">The kinds of value that may stand there.</param>
/// <param name="Place">Where the name is written.</param>
public sealed record Reference(string Name, IReadOnlyList<ValueKind> Allowed, PlanPlace Place);
