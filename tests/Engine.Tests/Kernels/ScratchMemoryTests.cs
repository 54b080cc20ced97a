using Engine.Kernels.Cpu;

namespace Engine.Tests.Kernels;

/// <summary>Scratch memory is zero, lies on cache lines, and pieces of it do not meet.</summary>
public sealed unsafe class ScratchMemoryTests
{
    [Fact]
    public void BuffersAreZeroAndAligned()
    {
        // Twice, as memory that was given back may come again.
        for (int turn = 0; turn < 2; turn++)
        {
            foreach (long count in new[] { 0, 1, 15, 4096, 300_001, 4 << 20 })
            {
                using NativeBuffer<ushort> buffer = new(count);
                Assert.Equal(0, (nint)buffer.Pointer % (count * sizeof(ushort) >= 4 << 20 ? 2 << 20 : 64));
                Span<ushort> all = new(buffer.Pointer, (int)count);
                Assert.Equal(-1, all.IndexOfAnyExcept((ushort)0));
                all.Fill(0xA5A5);
            }
        }
    }

    [Fact]
    public void PiecesAreZeroAndApart()
    {
        using NativeArena arena = new();
        List<(nint Start, long Bytes)> pieces = [];
        foreach (int count in new[] { 1, 0, 7, 100_000, 3, 5_000_000, 1, 600_000, 600_000, 9 })
        {
            double* piece = arena.Take<double>(count);
            Span<double> all = new(piece, count);
            Assert.Equal(0, (nint)piece % 64);
            Assert.Equal(-1, all.IndexOfAnyExcept(0.0));
            all.Fill(count);
            pieces.Add(((nint)piece, count * sizeof(double)));
        }

        (nint Start, long Bytes)[] ordered = [.. pieces.Where(piece => piece.Bytes > 0).OrderBy(piece => piece.Start)];
        for (int i = 1; i < ordered.Length; i++) Assert.True(ordered[i - 1].Start + ordered[i - 1].Bytes <= ordered[i].Start);
        foreach ((nint start, long bytes) in ordered) Assert.Equal(-1, new Span<double>((void*)start, (int)(bytes / sizeof(double))).IndexOfAnyExcept((double)(bytes / sizeof(double))));
    }
}
