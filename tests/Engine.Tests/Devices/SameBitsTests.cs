using Engine.Kernels;
using Engine.Tests.Kernels;

namespace Engine.Tests.Devices;

/// <summary>A device gives the bits that the processor gives: every pass, every element type, several devices, blocks of any size.</summary>
public class SameBitsTests
{
    [OpenClTheory]
    [InlineData(1, 7, false)]
    [InlineData(1, int.MaxValue, true)]
    [InlineData(3, 64, false)]
    public void ADeviceGivesTheProcessorsBits(int devices, int block, bool tensorCores)
    {
        using IKernels set = TestDevices.Open(devices, tensorCores: tensorCores);
        Assert.Equal(KernelBits.Hash("cpu-scalar", 1, int.MaxValue), KernelBits.Hash(set, block));
    }
}
