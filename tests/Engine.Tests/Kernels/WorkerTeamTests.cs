using System.Runtime.CompilerServices;
using Engine.Kernels.Cpu;

namespace Engine.Tests.Kernels;

/// <summary>The threads that share a kernel's work: never more than asked for, none of them at work any more when the call returns.</summary>
public sealed class WorkerTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_item_is_taken_once_by_no_more_threads_than_asked_for(int threads)
    {
        for (int call = 0; call < 500; call++)
        {
            int next = 0, at = 0, most = 0, joined = 0;
            int[] taken = new int[64];
            WorkerTeam.Run(threads, () =>
            {
                Interlocked.Increment(ref joined);
                int together = Interlocked.Increment(ref at);
                for (int seen = Volatile.Read(ref most); together > seen; seen = Volatile.Read(ref most)) Interlocked.CompareExchange(ref most, together, seen);
                for (int item = Interlocked.Increment(ref next) - 1; item < taken.Length; item = Interlocked.Increment(ref next) - 1)
                {
                    Interlocked.Increment(ref taken[item]);
                    Thread.SpinWait(call % 50);
                }

                Interlocked.Decrement(ref at);
            });
            Assert.Equal(0, at);
            Assert.InRange(most, 1, threads);
            Assert.InRange(joined, 1, threads);
            Assert.All(taken, times => Assert.Equal(1, times));

            // Calls come at once and after pauses around the time that helpers stay awake.
            if (call % 100 == 0) Thread.Sleep(call / 100);
        }
    }

    [Fact]
    public void Callers_on_several_threads_do_not_mix_their_work()
    {
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, caller =>
        {
            for (int call = 0; call < 200; call++)
            {
                int left = 100, sum = 0, at = 0;
                WorkerTeam.Run(3, () =>
                {
                    Interlocked.Increment(ref at);
                    for (int item = Interlocked.Decrement(ref left); item >= 0; item = Interlocked.Decrement(ref left)) Interlocked.Add(ref sum, item + caller);
                    Interlocked.Decrement(ref at);
                });
                Assert.Equal((4950 + (100 * caller), 0), (sum, at));
            }
        });
    }

    [Fact]
    public void What_is_over_is_let_go()
    {
        WeakReference worked = RunOnce();
        for (int i = 0; i < 200 && worked.IsAlive; i++)
        {
            Thread.Sleep(10);
            GC.Collect();
        }

        Assert.False(worked.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference RunOnce()
    {
        object held = new();
        WorkerTeam.Run(2, () => GC.KeepAlive(held));
        return new WeakReference(held);
    }
}
