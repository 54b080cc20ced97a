namespace Engine.Kernels;

/// <summary>The table of CPU kernel sets, best first. A later device backend is one more implementation of <see cref="IKernels"/>, not a row here.</summary>
public static class KernelSets
{
}
