using Engine.Kernels;
using Engine.Tests.Kernels;

namespace Engine.Tests.Devices;

/// <summary>A device gives the bits that the processor gives: every pass, every element type, several devices, blocks of any size.</summary>
public class SameBitsTests
{
    [OpenClTheory]
    [InlineData(1, 0, int.MaxValue)]
    [InlineData(1, 0, 7)]
    [InlineData(3, 0, 64)]
    public void ADeviceGivesTheProcessorsBits(int devices, long budget, int block)
    {
        using IKernels set = TestDevices.Open(devices, budget);
        Assert.Equal(KernelBits.Hash("cpu-scalar", 1, int.MaxValue), KernelBits.Hash(set, block));
    }
}
