namespace Engine.Plans;

/// <summary>What is wrong with keys that are each right alone. A plan's reader notes it, and a step that a program made throws it.</summary>
/// <param name="Code">One upper-case word.</param>
/// <param name="Message">What was found, what was expected, what to do.</param>
internal sealed record KeyFault(string Code, string Message)
{
    /// <summary>Throws it.</summary>
    /// <exception cref="EngineException">Always. Exit 3.</exception>
    public void Throw() => throw new EngineException(new EngineError(ExitCode.Plan, Code, Message));
}
