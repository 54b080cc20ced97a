using Engine.Data;

namespace Engine.Plans;

/// <summary>The names of a plan's inputs and steps, and the checks of what refers to them.</summary>
internal sealed class PlanNames
{
    private const int MostSuggestions = 100;
    private const int MostListed = 8;

    private readonly Dictionary<string, Named> _names = new(StringComparer.Ordinal);
    private readonly List<string> _inOrder = [];
    private int _missing;

    private sealed record Named(ValueKind? Gives, bool IsStep, PlanPlace Place);

    /// <summary>Adds an input or a step.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="gives">What it gives, or null when that could not be read.</param>
    /// <param name="isStep">Whether it is a step.</param>
    /// <param name="place">Where the name stands.</param>
    /// <param name="reading">Takes an error when the name is taken.</param>
    public void Add(string name, ValueKind? gives, bool isStep, PlanPlace place, PlanReading reading)
    {
        if (_names.TryAdd(name, new Named(gives, isStep, place)))
        {
            _inOrder.Add(name);
            return;
        }

        PlanPlace other = _names[name].Place;
        string where = other.File == place.File ? $"{other.Line}:{other.Column}" : $"{other.File}:{other.Line}:{other.Column}";
        reading.Error(place, "DUPLICATE_NAME", $"found a step named \"{name}\", which is also the input at {where}, expected different names. Rename one of the two.");
    }

    /// <summary>Checks that a reference names something that gives what is needed, and says what that is.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="inputsOnly">Whether steps may not stand there.</param>
    /// <param name="reading">Takes the errors.</param>
    public ValueKind? Check(Reference reference, bool inputsOnly, PlanReading reading)
    {
        string needed = KindNames.Of(reference.Allowed);
        if (!_names.TryGetValue(reference.Name, out Named? named))
        {
            bool everything = reference.Allowed.Count == Enum.GetValues<ValueKind>().Length;
            string expected = everything ? "the name of an input or a step" : $"the name of an input or step that gives {needed}";
            reading.Error(reference.Place, "REFERENCE", $"found \"{reference.Name}\", which no input or step is called, expected {expected}.{Hint(reference)}");
            return null;
        }

        if (inputsOnly && named.IsStep)
            reading.Error(reference.Place, "KIND", $"found \"{reference.Name}\", which is a step, expected an input that gives {needed}. Inputs are opened before any step runs.");
        else if (named.Gives is { } gives && !reference.Allowed.Contains(gives))
            reading.Error(reference.Place, "KIND", $"found \"{reference.Name}\", which gives {KindNames.Of(gives)}, expected {needed}.{Listed(reference)}");
        return named.Gives;
    }

    private string Hint(Reference reference)
    {
        if (FreeKeys.Has(reference.Name)) return " Keys that begin with x- are left out of the plan; rename it.";
        if (++_missing > MostSuggestions) return "";
        string suggestion = Suggestion.For(reference.Name, _inOrder);
        return suggestion.Length > 0 ? suggestion : Listed(reference);
    }

    private string Listed(Reference reference)
    {
        string[] fitting = [.. _inOrder.Where(n => _names[n].Gives is { } gives && reference.Allowed.Contains(gives)).Take(MostListed + 1)];
        if (fitting.Length == 0) return " No input or step of the plan gives that; add one.";
        return $" Choose from: {string.Join(", ", fitting.Take(MostListed))}{(fitting.Length > MostListed ? ", ..." : "")}.";
    }
}
