using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Engine.Bench;

/// <summary>The round robin over tasks as its definition says, from the files alone: every score of every row in float64, whole sorts, one pop a visit. It shares no code with the engine.</summary>
/// <remarks>Sums are taken in the documented order (sixteen lanes, then a tree), so scores can be compared to the bit.</remarks>
internal sealed class PaperScaleOracle : IDisposable
{
    private const int Block = 4096;

    private readonly string _pool;
    private readonly double[][][] _queries;
    private readonly double[][] _queryNorms;
    private readonly int _dim;
    private readonly double[][] _scores;
    private readonly FileStream _rows;

    public PaperScaleOracle(string pool, string[] tasks, int dim)
    {
        if (dim % 16 != 0) throw new ArgumentException("Sixteen lanes are filled whole here.", nameof(dim));
        (_pool, _dim) = (pool, dim);
        _queries = [.. tasks.Select(file => Vectors(file, dim))];
        _queryNorms = [.. _queries.Select(task => task.Select(query => Math.Sqrt(Dot(query, query))).ToArray())];
        _rows = Open(pool, out long data);
        _scores = [.. tasks.Select(_ => new double[(_rows.Length - data) / (2 * dim)])];
    }

    /// <summary>Every task's rows, best first, ties to the lower row.</summary>
    public int[][] Rankings()
    {
        Parallel.For(0, (_scores[0].Length + Block - 1) / Block, Score);
        return [.. _scores.Select(Ranking)];
    }

    /// <summary>What differs from a run's files, or nothing.</summary>
    public string Difference(int[][] rankings, int budget, string run)
    {
        int rows = _scores[0].Length;
        int[] placeOf = new int[rows], popped = new int[rankings.Length], chosen = new int[budget], taker = new int[budget];
        double[] lowest = new double[budget];
        Array.Fill(placeOf, -1);
        int count = 0;
        while (count < budget)
        {
            for (int task = 0; task < rankings.Length && count < budget; task++)
            {
                if (popped[task] == rows) continue;
                int row = rankings[task][popped[task]++];
                double score = _scores[task][row];
                if (placeOf[row] < 0) (placeOf[row], chosen[count], taker[count], lowest[count]) = (count, row, task, score);
                else lowest[placeOf[row]] = Math.Min(lowest[placeOf[row]], score);
                if (placeOf[row] == count) count++;
            }
        }

        using IEnumerator<string> table = File.ReadLines(Path.Combine(run, "selection.csv")).GetEnumerator();
        if (!table.MoveNext() || table.Current != "rank,row,score,task,query") return $"selection.csv begins with {table.Current}";
        for (int i = 0; i < budget; i++)
        {
            if (!table.MoveNext()) return FormattableString.Invariant($"selection.csv ends after {i} rows");
            string expected = FormattableString.Invariant($"{i + 1},{chosen[i]},{lowest[i]:R},task-{taker[i] + 1},{BestQuery(taker[i], chosen[i])}");
            if (table.Current != expected) return $"selection.csv has {table.Current} where the oracle has {expected}";
        }

        if (table.MoveNext()) return "selection.csv goes on too long";
        byte[] indices = File.ReadAllBytes(Path.Combine(run, "indices.npy"));
        long[] written = MemoryMarshal.Cast<byte, long>(indices.AsSpan(indices.Length - (8 * budget))).ToArray();
        return written.SequenceEqual(chosen.Select(row => (long)row)) ? "" : "indices.npy and selection.csv differ";
    }

    public void Dispose() => _rows.Dispose();

    private int BestQuery(int task, int row)
    {
        double[] x = Row(row, stackalloc byte[2 * _dim]);
        double norm = Math.Sqrt(Dot(x, x));
        int query = 0;
        while (Dot(x, _queries[task][query]) / (norm * _queryNorms[task][query]) != _scores[task][row]) query++;
        return query;
    }

    private double[] Row(long row, Span<byte> bytes)
    {
        RandomAccess.Read(_rows.SafeFileHandle, bytes, _rows.Length - ((_scores[0].Length - row) * 2 * _dim));
        double[] x = new double[_dim];
        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
        for (int j = 0; j < x.Length; j++) x[j] = (double)halves[j];
        return x;
    }

    private void Score(int block)
    {
        int first = block * Block, count = Math.Min(Block, _scores[0].Length - first);
        byte[] bytes = new byte[(long)count * 2 * _dim];
        using FileStream stream = Open(_pool, out long data);
        stream.Position = data + ((long)first * 2 * _dim);
        stream.ReadExactly(bytes);
        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
        double[] x = new double[_dim];
        for (int r = 0; r < count; r++)
        {
            for (int j = 0; j < x.Length; j++) x[j] = (double)halves[(r * _dim) + j];
            double norm = Math.Sqrt(Dot(x, x));
            for (int task = 0; task < _queries.Length; task++)
            {
                double best = double.NegativeInfinity;
                for (int q = 0; q < _queries[task].Length; q++) best = Math.Max(best, Dot(x, _queries[task][q]) / (norm * _queryNorms[task][q]));
                _scores[task][first + r] = best;
            }
        }
    }

    private static int[] Ranking(double[] scores)
    {
        double[] keys = Array.ConvertAll(scores, score => -score);
        int[] rows = [.. Enumerable.Range(0, scores.Length)];
        Array.Sort(keys, rows);
        for (int from = 0, to; from < keys.Length; from = to)
        {
            for (to = from + 1; to < keys.Length && keys[to] == keys[from];) to++;
            if (to - from > 1) Array.Sort(rows, from, to - from);
        }

        return rows;
    }

    private static double Dot(double[] x, double[] y)
    {
        Vector512<double> low = default, high = default;
        for (int j = 0; j < x.Length; j += 16)
        {
            low += Vector512.Create<double>(x.AsSpan(j)) * Vector512.Create<double>(y.AsSpan(j));
            high += Vector512.Create<double>(x.AsSpan(j + 8)) * Vector512.Create<double>(y.AsSpan(j + 8));
        }

        Vector512<double> eight = low + high;
        Vector256<double> four = eight.GetLower() + eight.GetUpper();
        Vector128<double> two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }

    private static double[][] Vectors(string file, int dim)
    {
        using FileStream stream = Open(file, out long data);
        byte[] bytes = new byte[stream.Length - data];
        stream.ReadExactly(bytes);
        float[] values = MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        return [.. values.Chunk(dim).Select(row => Array.ConvertAll(row, v => (double)v))];
    }

    private static FileStream Open(string file, out long data)
    {
        FileStream stream = File.OpenRead(file);
        Span<byte> start = stackalloc byte[10];
        stream.ReadExactly(start);
        data = 10 + start[8] + (start[9] << 8);
        stream.Position = data;
        return stream;
    }
}
