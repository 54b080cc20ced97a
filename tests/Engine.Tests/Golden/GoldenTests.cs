using System.Diagnostics;
using Engine.Tests.House;

namespace Engine.Tests.Golden;

/// <summary>Every method from files to files against golden.json, which golden.py made without any of the engine's code.</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Names => [.. GoldenCase.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void ThePlanGivesTheGoldenResults(string name) => GoldenCase.All[name].Check();

    [PythonFact]
    public void TheScriptStillMakesTheFile()
    {
        var start = new ProcessStartInfo(PythonFactAttribute.Interpreter) { RedirectStandardOutput = true };
        start.ArgumentList.Add(Repository.PathOf("tests", "Engine.Tests", "Golden", "golden.py"));
        using Process process = Process.Start(start)!;
        string made = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        Assert.True(made == File.ReadAllText(Repository.PathOf("tests", "Engine.Tests", "Golden", "golden.json")), "golden.json is not what golden.py writes");
    }

    /// <summary>A test that needs python3. Without it the test is left out and says so, unless ENGINE_REQUIRE_NATIVE=1 makes that a failure.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class PythonFactAttribute : FactAttribute
    {
        public const string Interpreter = "python3";

        public PythonFactAttribute()
        {
            bool found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, Interpreter)));
            Skip = OptionalPart.WhyNot(found, "python3 is not installed.");
        }
    }
}
