using Engine.Kernels;
using Engine.Steps;

namespace Engine.Tests.Algorithms;

/// <summary>Runs an algorithm that is cancelled again and again, within passes too, and goes on from the bytes it kept, on another number of threads each time.</summary>
internal static class Interruption
{
    /// <summary>Runs until it ends.</summary>
    /// <returns>What it gave, and how often it was cancelled.</returns>
    public static (TResult Result, int Stops) Run<TPosition, TResult>(
        float[] values, int dim, PositionFormat<TPosition> format, Random random, Func<RowSource, IKernels, Pass, IResumePoint<TPosition>, TResult> call)
        where TPosition : class
    {
        byte[]? kept = null;
        int most = 40;
        for (int stops = 0; ; stops++)
        {
            using IKernels kernels = KernelSets.Best(random.Next(1, 4));
            using CancellingRows rows = new(ArrayRows.From(values, dim), random.Next(1, most));
            var resume = new KeptInMemory<TPosition>(format, kept, TimeSpan.FromMilliseconds(random.Next(1, 40) / 1000.0)) { DueEvery = random.Next(1, 30) };
            try
            {
                return (call(rows, kernels, rows.Pass, resume), stops);
            }
            catch (OperationCanceledException)
            {
                kept = resume.Bytes;
                most += most / 16 + 1;
                Assert.True(stops < 2000, "it does not get on");
            }
        }
    }

    private sealed class KeptInMemory<TPosition>(PositionFormat<TPosition> format, byte[]? kept, TimeSpan interval) : IResumePoint<TPosition>
        where TPosition : class
    {
        private int _asked;

        public byte[]? Bytes { get; private set; } = kept;

        public int DueEvery { get; init; }

        public TPosition? From { get; } = kept is null ? null : format.Read(new PositionReader(new MemoryStream(kept), kept.Length));

        public TimeSpan Interval => interval;

        public bool IsDue => Interlocked.Increment(ref _asked) % DueEvery == 0;

        public void Keep(TPosition position)
        {
            using var stream = new MemoryStream();
            format.Write(new PositionWriter(stream), position);
            Bytes = stream.ToArray();
        }
    }
}
