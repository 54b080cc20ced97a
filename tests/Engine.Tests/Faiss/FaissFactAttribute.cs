using Engine.Native.Faiss;

namespace Engine.Tests.Faiss;

/// <summary>A test that needs FAISS. Without it the test is left out and says so, unless ENGINE_REQUIRE_NATIVE=1 makes that a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FaissFactAttribute : FactAttribute
{
    public FaissFactAttribute() => Skip = FaissPresence.Missing;
}

/// <summary>The same for several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FaissTheoryAttribute : TheoryAttribute
{
    public FaissTheoryAttribute() => Skip = FaissPresence.Missing;
}

/// <summary>Whether FAISS is there.</summary>
internal static class FaissPresence
{
    /// <summary>Why tests are left out, or null.</summary>
    public static string? Missing { get; } = OptionalPart.WhyNot(() => FaissNative.Instance.Version);
}
