using System.Text;
using Engine.Plans;
using Engine.Steps;
using Engine.Tests.Hostile;

namespace Engine.Tests.Plans;

/// <summary>Whatever a plan's bytes are, the answer is a plan or an error with a place.</summary>
public sealed class PlanFuzzTests
{
    private static readonly byte[][] Words =
    [
        .. new[]
        {
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "${", "}", "$${", "${vars.rows}", "${vars.folder}", "${env:X:-1}", "//", "/*", "*/", "null", "true", "0", "-1", "1e400",
            "9223372036854775808", "\"op\"", "\"kcenter\"", "\"vec\"", "\"pool\"", "\"x-\"", "\"rows\"", "\"100%\"", "\0", "\uFEFF", "é", "😀", "\n", "\r\n",
        }.Select(Encoding.UTF8.GetBytes), [0xFF], [0xC3], [0xED, 0xA0, 0x80],
    ];

    [Fact]
    public void NoMutationOfAPlanEscapes() => Fuzzer.Run([Encoding.UTF8.GetBytes(SampleLanguage.Good)], Words, () => new MemoryReader((json, _) => Check(() => SampleLanguage.Read(json))), [ExitCode.Plan], share: 10);

    [Fact]
    public void NoMutationOfARealPlanEscapes() => Fuzzer.Run(Fuzzer.Corpus("plan", "*.json"), Words, () => new MemoryReader((json, _) =>
        Check(() => PlanReader.Parse(json, "plan.json", "/plans", [], StepCatalogue.Language))), [ExitCode.Plan]);

    [Fact]
    public void NoOverrideEscapes()
    {
        byte[] good = Encoding.UTF8.GetBytes(SampleLanguage.Good);
        byte[][] overrides = [.. new[] { "steps.first.budget=1", "inputs.pool.path.0=x", "vars.rows=\"${vars.rows}\"", "run={\"threads\":1}", "x-a.b={\"a\":[1,2]}" }.Select(Encoding.UTF8.GetBytes)];
        var random = new Random(7);
        for (int i = 0; i < 2_000; i++)
        {
            string text = Encoding.UTF8.GetString(Mutated(overrides[random.Next(overrides.Length)], random));
            try
            {
                Assert.NotEmpty(SampleLanguage.Read(good, [text]).Steps);
            }
            catch (EngineException refused)
            {
                Assert.True(refused.Exit is ExitCode.Plan or ExitCode.CommandLine, text);
            }
        }
    }

    private static void Check(Func<Plan> read)
    {
        try
        {
            if (read().Steps.Count == 0) Assert.Fail("A plan without steps.");
        }
        catch (EngineException refused) when (refused.Errors.FirstOrDefault(e => e.File != "plan.json" || e.Line <= 0 || e.Column <= 0) is { } nowhere)
        {
            Assert.Fail($"An error without its place: {nowhere}");
        }
    }

    private static byte[] Mutated(byte[] good, Random random)
    {
        List<byte> json = [.. good];
        for (int edits = random.Next(1, 4); edits > 0 && json.Count > 0; edits--)
        {
            int at = random.Next(json.Count);
            int count = Math.Min(random.Next(1, 40), json.Count - at);
            switch (random.Next(6))
            {
                case 0: json[at] = (byte)random.Next(256); break;
                case 1: json.RemoveRange(at, count); break;
                case 2: json.InsertRange(at, Words[random.Next(Words.Length)]); break;
                case 3: json.InsertRange(random.Next(json.Count), json.GetRange(at, count)); break;
                case 4: json[at] ^= (byte)(1 << random.Next(8)); break;
                default:
                    // A digit or a letter for another keeps most plans whole.
                    if (char.IsAsciiLetterOrDigit((char)json[at])) json[at] = (byte)"abckx0129_"[random.Next(10)];
                    break;
            }
        }

        return [.. json];
    }
}
