using Engine.Kernels;
using Engine.Tests.Devices;

namespace Engine.Tests.Kernels;

/// <summary>The kernel sets, element types, lengths and random values that kernel tests share.</summary>
internal static class Cases
{
    public static readonly ElementType[] Elements = [ElementType.Float32, ElementType.Float16, ElementType.BFloat16, ElementType.Int8];

    private const string OpenCl = "opencl";
    private const string OpenClMma = "opencl-mma";

    /// <summary>The sets this machine can run, by name.</summary>
    public static IEnumerable<string> SetNames => KernelSets.All.Where(set => set.Supported).Select(set => set.Name);

    /// <summary>The processor's sets, and where there is an OpenCL device, one over it and one that multiplies 16-bit rows as tensor cores do.</summary>
    private static IEnumerable<string> AllNames => TestDevices.Missing is null ? SetNames.Append(OpenCl).Append(OpenClMma) : SetNames;

    /// <summary>Every set with every element type.</summary>
    public static TheoryData<string, ElementType> SetsAndElements
    {
        get
        {
            TheoryData<string, ElementType> data = [];
            foreach (string name in AllNames)
                foreach (ElementType element in Elements) data.Add(name, element);
            return data;
        }
    }

    /// <summary>Every set.</summary>
    public static TheoryData<string> Sets => [.. AllNames];

    /// <summary>Every set of the processor, for what only these do: forecasts and bounds that leave work out.</summary>
    public static TheoryData<string> ProcessorSets => [.. SetNames];

    /// <summary>1 to 256, and around 768.</summary>
    public static IEnumerable<int> Lengths => Enumerable.Range(1, 256).Concat([767, 768, 769]);

    public static IKernels Open(string name, int threads = 1) => name is OpenCl or OpenClMma ? TestDevices.Open(threads: threads, tensorCores: name == OpenClMma) : KernelSets.All.Single(set => set.Name == name).Create(threads);

    /// <summary>Bell-shaped values, some of them large: heavy-tailed, as embeddings are. No library function takes part, so that every process draws the same.</summary>
    public static float[] Values(int seed, int count)
    {
        RandomStream random = new(seed, "kernel tests");
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            double bell = 2 * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
            values[i] = (float)(random.NextBelow(50) == 0 ? 8 * bell : bell);
        }

        return values;
    }

    /// <summary>The scale at which those values fill the 8-bit range.</summary>
    public static float ScaleOf(ElementType element) => element == ElementType.Int8 ? 0.0371f : 1f;

    public static float[][] Split(float[] values, int dim) => [.. values.Chunk(dim)];

    public static double[] Norms(TestRows rows) => Array.ConvertAll(rows.Decoded, Oracle.Norm);
}
