using Engine.Native.OnnxRuntime;

namespace Engine.Tests.Onnx;

/// <summary>A test that needs ONNX Runtime. Without it the test is left out and says so, unless ENGINE_REQUIRE_NATIVE=1 makes that a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnnxFactAttribute : FactAttribute
{
    public OnnxFactAttribute() => Skip = OnnxLibrary.Missing;
}

/// <summary>A theory that needs ONNX Runtime; as above.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnnxTheoryAttribute : TheoryAttribute
{
    public OnnxTheoryAttribute() => Skip = OnnxLibrary.Missing;
}

/// <summary>Whether tests have ONNX Runtime.</summary>
internal static class OnnxLibrary
{
    /// <summary>Why there is no library, or null; null as well where its absence must be a failure.</summary>
    public static string? Missing { get; } = OptionalPart.WhyNot(() => OrtLibrary.Instance.Version);
}
