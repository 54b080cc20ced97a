using Engine.Kernels;
using Engine.Tests.Data;
using Engine.Tests.Faiss;
using Engine.Tests.Kernels;

namespace Engine.Tests;

/// <summary>What this assembly does when a test starts it as a program of its own, in another environment.</summary>
internal static class Program
{
    private static int Main(string[] words)
    {
        switch (words)
        {
            case ["kernel-bits"]:
                KernelBits.Print(Console.Out);
                break;
            case ["json-lines"]:
                MadeLines.Print(Console.Out);
                break;
            case ["faiss-cycles"]:
                FaissCycles.Print(Console.Out);
                break;
            case ["kernel-set"]:
                try
                {
                    using IKernels kernels = KernelSets.Best(1);
                    Console.WriteLine($"set={kernels.Name}");
                }
                catch (Exception refused) when (refused is ArgumentException or PlatformNotSupportedException)
                {
                    Console.WriteLine($"{refused.GetType().Name}={refused.Message}");
                }

                break;
        }

        return 0;
    }
}
