using System.Globalization;
using System.Runtime.InteropServices;
using Engine.Native.Faiss;

namespace Engine.Tests.Faiss;

/// <summary>Makes, searches and frees indexes over and over, and says how much memory that left in use. A process of its own: others use the heap, too.</summary>
internal static unsafe partial class FaissCycles
{
    private const int Warm = 1_000, Parts = 5, CyclesOfPart = 2_000, Rows = 64, Dim = 16;

    /// <summary>Prints by how much C's heap grew in a part of the cycles, the median of five parts, in bytes: what is lost is lost in every part, what .NET takes for itself once is not.</summary>
    public static void Print(TextWriter to)
    {
        float[] rows = ClusteredRows.Make(1, Rows, Dim, 8);
        for (int i = 0; i < Warm; i++) Once(rows, i);
        long[] growth = new long[Parts];
        long held = InUse();
        for (int part = 0; part < Parts; part++)
        {
            for (int i = 0; i < CyclesOfPart; i++) Once(rows, i);
            long now = InUse();
            growth[part] = now - held;
            held = now;
        }

        Array.Sort(growth);
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"cycles={CyclesOfPart}"));
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"growth={growth[Parts / 2]}"));
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"index={Rows * Dim * sizeof(float)}"));
    }

    private static void Once(float[] rows, int cycle)
    {
        // Also what FAISS refuses must leave nothing behind.
        if (cycle % 100 == 0) Assert.Throws<FaissException>(() => FaissIndex.Create(Dim, "NoSuchIndex", FaissMetric.SquaredL2));
        using FaissIndex index = FaissIndex.Create(Dim, (cycle % 10) switch { 0 => "IVF4,Flat", 1 => "HNSW8", _ => "Flat" }, FaissMetric.SquaredL2);
        if (!index.IsTrained)
        {
            index.SetCentroids(rows.AsSpan(0, 4 * Dim));
            index.Train(rows, default);
        }

        using CancellationTokenSource stop = new();
        index.Add(rows, stop.Token);
        float[] scores = new float[8];
        long[] labels = new long[8];
        index.Search(rows.AsSpan(0, 2 * Dim), 4, scores, labels, stop.Token);
        if (cycle % 10 > 1) Assert.Equal(0, labels[0]);
    }

    private static long InUse()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        HeapFacts facts = mallinfo2();
        return checked((long)(facts.InUse + facts.Mapped));
    }

    [LibraryImport("libc.so.6")]
    private static partial HeapFacts mallinfo2();

    /// <summary>struct mallinfo2.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct HeapFacts
    {
        public nuint Arena;
        public nuint FreeChunks;
        public nuint FastChunks;
        public nuint MappedChunks;
        public nuint Mapped;
        public nuint MostInUse;
        public nuint FastFree;
        public nuint InUse;
        public nuint Free;
        public nuint Releasable;
    }
}
