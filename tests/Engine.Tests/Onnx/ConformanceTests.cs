using System.Text.RegularExpressions;
using Engine.Native.OnnxRuntime;
using Xunit.Abstractions;

namespace Engine.Tests.Onnx;

/// <summary>ONNX's own operator models, run through the binding and compared with the results that come with them.</summary>
/// <remarks>They are those of Debian's package libonnx-testdata; ENGINE_ONNX_TESTDATA may name another folder with the same layout.</remarks>
public partial class ConformanceTests(ITestOutputHelper output)
{
    /// <summary>The tolerance of ONNX's own runner, and some roundings of float32 at the tensor's largest element: a transform's exact zero is the difference of large sums.</summary>
    private const double Relative = 1e-3, Absolute = 1e-7, Rounding = 5e-7;

    /// <summary>Models whose expected results are not to be expected.</summary>
    private static readonly (string Model, string Reason)[] Excepted =
    [
        ("test_bernoulli", "the operator draws at random"),
        ("test_training_dropout", "the operator draws at random"),
        ("test_cast_FLOAT_to_BFLOAT16", "expected results cut to bfloat16 instead of rounded"),
        ("test_castlike_FLOAT_to_BFLOAT16", "data files of another shape than the model's"),
        ("test_castlike_BFLOAT16_to_FLOAT", "data files of another shape than the model's"),
        ("test_maxunpool_export_with_output_shape", "ONNX Runtime's own list of known differences"),
        ("test_resize_downsample_scales_cubic_align_corners", "ONNX Runtime's own list of known differences"),
        ("test_resize_downsample_scales_linear_align_corners", "ONNX Runtime's own list of known differences"),
    ];

    [TestDataFact]
    public void EveryModelThatTheLibraryKnowsGivesTheExpectedResults()
    {
        List<(string Model, string Verdict, string Detail)> results = [];
        foreach (string folder in new[] { "node", "simple", "pytorch-operator", "pytorch-converted" })
        {
            string parent = Path.Combine(TestDataFactAttribute.Folder, folder);
            if (!Directory.Exists(parent)) continue;
            foreach (string model in Directory.EnumerateDirectories(parent).Order(StringComparer.Ordinal))
            {
                (string verdict, string detail) = Judge(model);
                results.Add(($"{folder}/{Path.GetFileName(model)}", verdict, detail));
            }
        }

        output.WriteLine($"ONNX Runtime {OrtLibrary.Instance.Version}, {results.Count} models: {results.Count(r => r.Verdict == "passed")} passed, {results.Count(r => r.Verdict == "unsupported")} unsupported, {results.Count(r => r.Verdict == "failed")} failed");
        foreach (var reason in results.Where(r => r.Verdict == "unsupported").GroupBy(r => r.Detail).OrderByDescending(r => r.Count()))
            output.WriteLine($"unsupported {reason.Count(),4}  {reason.Key}");
        foreach (var failure in results.Where(r => r.Verdict == "failed")) output.WriteLine($"failed  {failure.Model}: {failure.Detail}");

        Assert.DoesNotContain(results, r => r.Verdict == "failed");
        Assert.True(results.Count(r => r.Verdict == "passed") >= 800, "most of the models should be known to the library");
    }

    private static (string Verdict, string Detail) Judge(string folder)
    {
        foreach ((string model, string reason) in Excepted)
            if (Path.GetFileName(folder).StartsWith(model, StringComparison.Ordinal)) return ("unsupported", reason);
        OnnxSession session;
        try
        {
            session = OnnxSession.Open(OrtLibrary.Instance, File.ReadAllBytes(Path.Combine(folder, "model.onnx")), new OnnxSessionOptions());
        }
        catch (OrtException refused)
        {
            return ("unsupported", Reason(refused.Words));
        }

        using (session) return Judge(session, folder);
    }

    private static (string Verdict, string Detail) Judge(OnnxSession session, string folder)
    {
        try
        {
            if (session.Inputs.Concat(session.Outputs).FirstOrDefault(value => value.Element is OnnxElement.Undefined or OnnxElement.String) is { } odd)
                return ("unsupported", odd.Element == OnnxElement.String ? "texts" : "sequences and optional values");
            foreach (string set in Directory.EnumerateDirectories(folder, "test_data_set_*").Order(StringComparer.Ordinal))
                if (Run(session, set) is { } wrong) return ("failed", wrong);
            return ("passed", "");
        }
        catch (OrtException refused) when (refused.Code == OrtErrorCode.ORT_NOT_IMPLEMENTED)
        {
            return ("unsupported", Reason(refused.Words));
        }
        catch (Exception failure) when (failure is OrtException or FormatException or ArgumentException or IOException)
        {
            return ("failed", failure.Message);
        }
    }

    private static string? Run(OnnxSession session, string set)
    {
        TensorFile[] given = Tensors(set, "input", session.Inputs), expected = Tensors(set, "output", session.Outputs);
        List<KeyValuePair<string, OnnxTensor>> inputs = [];
        try
        {
            for (int i = 0; i < given.Length; i++)
                inputs.Add(new(session.Inputs[i].Name, OnnxTensor.Over<byte>(OrtLibrary.Instance, given[i].Bytes, (OnnxElement)given[i].Type, given[i].Dims)));
            OnnxTensor[] made = session.Run(inputs, [.. session.Outputs.Take(expected.Length).Select(value => value.Name)]);
            try
            {
                return made.Select((tensor, i) => Difference(expected[i], tensor)).FirstOrDefault(difference => difference is not null);
            }
            finally
            {
                foreach (OnnxTensor tensor in made) tensor.Dispose();
            }
        }
        finally
        {
            foreach ((_, OnnxTensor tensor) in inputs) tensor.Dispose();
        }
    }

    private static string? Difference(TensorFile expected, OnnxTensor actual)
    {
        if ((int)actual.Element != expected.Type) return $"the result is of type {actual.Element}, expected {expected.Type}";
        if (!actual.Shape.SequenceEqual(expected.Dims)) return $"the result is [{string.Join(", ", actual.Shape.ToArray())}], expected [{string.Join(", ", expected.Dims)}]";
        double[] wanted = expected.ToDoubles(), found = new TensorFile("", expected.Type, expected.Dims, actual.Bytes().ToArray()).ToDoubles();
        bool exact = expected.Type is not (1 or 10 or 11 or 16);
        double largest = wanted.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();
        for (int i = 0; i < wanted.Length; i++)
        {
            bool same = found[i].Equals(wanted[i]) || (!exact && Math.Abs(found[i] - wanted[i]) <= Absolute + Relative * Math.Abs(wanted[i]) + Rounding * largest);
            if (!same) return FormattableString.Invariant($"element {i} is {found[i]}, expected {wanted[i]}");
        }

        return null;
    }

    private static TensorFile[] Tensors(string set, string kind, IReadOnlyList<OnnxValueInfo> declared)
    {
        List<TensorFile> tensors = [];
        while (Path.Combine(set, FormattableString.Invariant($"{kind}_{tensors.Count}.pb")) is var path && File.Exists(path))
        {
            TensorFile tensor = TensorFile.TryRead(File.ReadAllBytes(path)) ?? throw new FormatException($"{path} holds no numbers.");

            // NumPy has no bfloat16, so the files that should hold it say that they hold its bits as 16-bit integers.
            bool bits = tensor.Type == (int)OnnxElement.UInt16 && declared[tensors.Count].Element == OnnxElement.BFloat16;
            tensors.Add(bits ? tensor with { Type = (int)OnnxElement.BFloat16 } : tensor);
        }

        return [.. tensors];
    }

    /// <summary>The library's words without what differs from model to model.</summary>
    private static string Reason(string words)
    {
        if (words.Contains("opset", StringComparison.Ordinal) && words.Contains("under development", StringComparison.Ordinal)) return "a set of operators that is newer than the library";
        if (Missing().Match(words) is { Success: true } kernel) return $"element type or version of {kernel.Groups[1].Value}";
        if (Unknown().Match(words) is { Success: true } unknown) return $"operators of {unknown.Groups[1].Value}";
        if (Initialization().Match(words) is { Success: true } attribute) return $"an attribute or locale: {attribute.Groups[1].Value}";
        string line = words.Split('\n')[0];
        return line.Length > 160 ? line[..160] : line;
    }

    [GeneratedRegex(@"Could not find an implementation for (?:the node [^:]*:)?(\w+)")]
    private static partial Regex Missing();

    [GeneratedRegex(@"Fatal error: ([\w.]+):\w+\(-?\d+\) is not a registered function/op")]
    private static partial Regex Unknown();

    [GeneratedRegex(@"Exception during initialization: .*/(\w+)\.(?:cc|h):")]
    private static partial Regex Initialization();
}

/// <summary>A test that needs ONNX's operator models and ONNX Runtime. Without them the test is left out and says so, unless ENGINE_REQUIRE_NATIVE=1 makes that a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TestDataFactAttribute : FactAttribute
{
    public TestDataFactAttribute() => Skip = OnnxLibrary.Missing
        ?? OptionalPart.WhyNot(Directory.Exists(Folder), $"There is no {Folder}: apt-get install libonnx-testdata, or set ENGINE_ONNX_TESTDATA.");

    /// <summary>Where the models are.</summary>
    public static string Folder { get; } = Environment.GetEnvironmentVariable("ENGINE_ONNX_TESTDATA") is { Length: > 0 } given ? given : "/usr/share/libonnx-testdata/data";
}
