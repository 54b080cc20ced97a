using Engine.Native;

namespace Engine.Tests;

/// <summary>What tests need beside .NET. Where it is missing, tests that need it are left out and say so; with ENGINE_REQUIRE_NATIVE=1 they fail instead.</summary>
internal static class OptionalPart
{
    private const string Demand = "Set ENGINE_REQUIRE_NATIVE=1 to make that a failure";

    /// <summary>Whether everything optional must be there.</summary>
    public static bool IsRequired { get; } = Environment.GetEnvironmentVariable("ENGINE_REQUIRE_NATIVE") == "1";

    /// <summary>Why tests are left out that need a library, or null.</summary>
    /// <param name="version">Loads the library and gives its version.</param>
    public static string? WhyNot(Func<string> version) => WhyNot(() => version().Length > 0, "The library has no version.");

    /// <summary>Why tests are left out that need something of a library, or null.</summary>
    /// <param name="isThere">Loads the library and looks.</param>
    /// <param name="otherwise">What is missing, a sentence.</param>
    public static string? WhyNot(Func<bool> isThere, string otherwise)
    {
        if (IsRequired) return null;
        try
        {
            return WhyNot(isThere(), otherwise);
        }
        catch (NativeLibraryMissingException missing)
        {
            return $"{missing.Message} {Demand}";
        }
    }

    /// <summary>Why tests are left out that need something else, or null.</summary>
    /// <param name="isThere">Whether it is there.</param>
    /// <param name="otherwise">What is missing, a sentence.</param>
    public static string? WhyNot(bool isThere, string otherwise) => isThere || IsRequired ? null : $"{otherwise} {Demand}";
}
