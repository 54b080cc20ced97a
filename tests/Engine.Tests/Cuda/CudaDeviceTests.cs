using System.Runtime.CompilerServices;
using Engine.Native.Cuda;
using Engine.Native.Devices;

namespace Engine.Tests.Cuda;

/// <summary>Memory, queues and marks of the CUDA backend, against a driver that does everything as late as it may.</summary>
public sealed unsafe class CudaDeviceTests
{
    private static readonly int[] Nothing = new int[6];

    [CudaStubFact]
    public void Bytes_come_back_as_they_went()
    {
        using CudaStub stub = new();
        using (CudaDevice device = stub.Open())
        using (DeviceBuffer buffer = device.Allocate(1000))
        {
            byte[] bytes = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 7))];
            device.Work.Write(buffer, bytes);
            device.Work.Clear(buffer, 100, 50);
            byte[] back = new byte[400];
            device.Work.Read(buffer, back.AsSpan(), 60);
            Array.Clear(bytes, 100, 50);
            Assert.Equal(bytes[60..460], back);
        }

        Assert.Equal(Nothing, stub.Live);
    }

    [CudaStubFact]
    public void Memory_that_is_not_pinned_may_change_at_once()
    {
        using CudaStub stub = new();
        using CudaDevice device = stub.Open();
        const int blocks = 40;
        long[] sizes = [1, 5_000, CudaStaging.Most - 1, CudaStaging.Most, CudaStaging.Most + 1];
        foreach (long size in sizes)
        {
            using DeviceBuffer buffer = device.Allocate(size * blocks);
            byte[] block = new byte[size];
            for (int i = 0; i < blocks; i++)
            {
                Array.Fill(block, (byte)(i + 1));
                device.Work.Write(buffer, block, i * size);
            }

            byte[] back = new byte[size * blocks];
            device.Work.Read(buffer, back.AsSpan());
            for (int i = 0; i < blocks; i++) Assert.True(back.AsSpan((int)(i * size), (int)size).IndexOfAnyExcept((byte)(i + 1)) < 0, $"block {i} of {size} bytes");
        }
    }

    [CudaStubFact]
    public void A_queue_that_comes_after_a_mark_sees_what_was_before_it()
    {
        using CudaStub stub = new();
        using CudaDevice device = stub.Open();
        using DeviceBuffer buffer = device.Allocate(8);
        using PinnedMemory pinned = device.Pin(8);
        Unsafe.WriteUnaligned(pinned.Pointer, 42L);
        device.Work.Clear(buffer, 0, 8);
        using DeviceMark cleared = device.Work.Mark();
        device.Copies.After(cleared);
        device.Copies.Write(buffer, 0, pinned.Pointer, 8, pinned: true);
        using DeviceMark copied = device.Copies.Mark();
        device.Work.After(copied);
        long[] back = new long[1];
        device.Work.Read(buffer, back.AsSpan());
        Assert.Equal(42, back[0]);
    }

    [CudaStubFact]
    public void A_mark_waits_for_what_was_before_it_alone()
    {
        using CudaStub stub = new();
        using CudaDevice device = stub.Open();
        using DeviceBuffer buffer = device.Allocate(8);
        using PinnedMemory pinned = device.Pin(8);
        Unsafe.WriteUnaligned(pinned.Pointer, 1L);
        device.Copies.Write(buffer, 0, pinned.Pointer, 8, pinned: true);
        using DeviceMark first = device.Copies.Mark();
        first.Wait();

        // The first copy is through, so its memory may be used again.
        Unsafe.WriteUnaligned(pinned.Pointer, 2L);
        long[] back = new long[1];
        device.Copies.Read(buffer, back.AsSpan());
        Assert.Equal(1, back[0]);
    }

    [CudaStubFact]
    public void Ranges_outside_a_buffer_are_refused_before_the_driver_sees_them()
    {
        using CudaStub stub = new();
        using CudaDevice device = stub.Open();
        DeviceBuffer buffer = device.Allocate(16);
        byte[] bytes = new byte[9];
        Assert.Throws<ArgumentOutOfRangeException>(() => device.Work.Write(buffer, bytes, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => device.Work.Read(buffer, bytes.AsSpan(), 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => device.Work.Clear(buffer, -1, 4));
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => device.Work.Clear(buffer, 0, 4));
    }

    [CudaStubFact]
    public void The_budget_is_nine_tenths_of_what_is_free_or_what_was_asked_for()
    {
        using CudaStub stub = new("memory=2000000");
        using CudaDevice all = stub.Open();
        Assert.Equal(900_000, all.Budget);
        using CudaDevice some = stub.Open(budget: 5_000);
        using (DeviceBuffer taken = some.Allocate(3_000))
        {
            Assert.Equal(2_000, some.Spare);
            DeviceException full = Assert.Throws<DeviceException>(() => some.Allocate(2_001));
            Assert.Equal(DeviceFault.OutOfMemory, full.Fault);
            Assert.Contains("run.deviceMemory", full.Message, StringComparison.Ordinal);
        }

        Assert.Equal(5_000, some.Spare);
    }

    [CudaStubFact]
    public void Two_devices_on_one_gpu_share_its_context_and_threads_need_not_care()
    {
        using CudaStub stub = new("devices=2");
        using (CudaDevice first = stub.Open(0))
        using (CudaDevice second = stub.Open(1))
        using (CudaDevice again = stub.Open(0))
        {
            Assert.Equal(2, stub.Live[0]);
            foreach (CudaDevice device in (CudaDevice[])[first, second, again])
            {
                Thread other = new(() =>
                {
                    using DeviceBuffer buffer = device.Allocate(4);
                    device.Work.Write(buffer, (ReadOnlySpan<int>)[7]);
                    device.Work.Finish();
                });
                other.Start();
                other.Join();
            }
        }

        Assert.Equal(Nothing, stub.Live);
    }

    [CudaStubFact]
    public void What_outlives_its_device_keeps_the_context_until_it_is_given_back()
    {
        using CudaStub stub = new();
        CudaDevice device = stub.Open();
        DeviceBuffer buffer = device.Allocate(4);
        PinnedMemory pinned = device.Pin(4);
        device.Dispose();
        Assert.Equal([1, 1, 1, 0, 0, 0], stub.Live);
        pinned.Dispose();
        buffer.Dispose();
        Assert.Equal(Nothing, stub.Live);
    }
}
