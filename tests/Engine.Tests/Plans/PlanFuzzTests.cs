using System.Diagnostics;
using System.Text;
using Engine.Plans;

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
    public void NoMutationOfAPlanEscapes()
    {
        byte[] good = Encoding.UTF8.GetBytes(SampleLanguage.Good);
        var random = new Random(20_000);
        int plans = 0;
        long slowest = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] json = Mutated(good, random);
            long start = Stopwatch.GetTimestamp();
            try
            {
                Plan plan = SampleLanguage.Read(json);
                Assert.NotEmpty(plan.Steps);
                plans++;
            }
            catch (EngineException refused)
            {
                Assert.Equal(ExitCode.Plan, refused.Exit);
                Assert.All(refused.Errors, e => Assert.True(e.File == "plan.json" && e.Line > 0 && e.Column > 0 && e.Message.Length > 0, e.ToString()));
            }
            catch (Exception escaped)
            {
                Assert.Fail($"Mutation {i} let {escaped.GetType().Name} escape: {escaped.Message}\n{Encoding.UTF8.GetString(json)}");
            }

            slowest = Math.Max(slowest, Stopwatch.GetTimestamp() - start);
        }

        Assert.InRange(plans, 500, 19_000);
        Assert.True(Stopwatch.GetElapsedTime(0, slowest).TotalSeconds < 5, $"The slowest took {Stopwatch.GetElapsedTime(0, slowest)}.");
    }

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
