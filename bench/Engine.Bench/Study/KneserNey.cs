using System.Runtime.InteropServices;
using System.Text;
using Engine.Kernels;

namespace Engine.Bench.Study;

/// <summary>A byte n-gram language model with interpolated Kneser-Ney smoothing: small enough to train hundreds of times, and no vocabulary to choose.</summary>
/// <remarks>
/// P_n(w | h) = max(c(h w) - D, 0) / c(h) + D N(h) / c(h) P_(n-1)(w | h'), where h' is h without its first byte and N(h) the number of different bytes
/// seen after h. Below the highest order c(h w) is the number of different bytes seen before h w. D = n1 / (n1 + 2 n2) per order, from the counts seen
/// once and twice. The lowest order falls back to 1/256. Source: Kneser and Ney 1995, in the interpolated form of Chen and Goodman 1999.
/// </remarks>
internal sealed class KneserNey
{
    /// <summary>Bytes in the longest n-gram.</summary>
    public const int Order = 5;

    private const byte Edge = 0;

    // Entry m is about n-grams of m bytes; a gram is its bytes, the oldest highest. Texts hold no zero byte, so lengths cannot be mixed up within an order.
    private readonly Dictionary<ulong, int>[] _counts = [.. Enumerable.Range(0, Order + 1).Select(_ => new Dictionary<ulong, int>())];
    private readonly Dictionary<ulong, Context>[] _contexts = [.. Enumerable.Range(0, Order).Select(_ => new Dictionary<ulong, Context>())];
    private readonly double[] _discounts = new double[Order + 1];

    /// <summary>Trains on texts.</summary>
    public KneserNey(IEnumerable<string> texts)
    {
        foreach (string text in texts) CountText(text);
        for (int m = Order; m > 1; m--)
        {
            ulong mask = Mask(m - 1);
            foreach (ulong gram in _counts[m].Keys) Add(_counts[m - 1], gram & mask);
        }

        for (int m = 1; m <= Order; m++) Summarise(m);
    }

    /// <summary>Information in a text under the model.</summary>
    /// <returns>-log2 P(text and its end), and the number of bytes predicted.</returns>
    public (double Bits, int Bytes) Measure(string text)
    {
        double bits = 0;
        int bytes = 0;
        ulong history = 0;
        foreach (byte next in Bytes(text))
        {
            bits -= Math.Log2(Probability(history, next));
            bytes++;
            history = (history << 8) | next;
        }

        return (bits, bytes);
    }

    /// <summary>Bits per byte over texts.</summary>
    public double BitsPerByte(IEnumerable<string> texts)
    {
        double bits = 0;
        long bytes = 0;
        foreach (string text in texts)
        {
            (double more, int length) = Measure(text);
            bits += more;
            bytes += length;
        }

        return bits / bytes;
    }

    /// <summary>Continues a prompt by drawing byte after byte until the text ends or is long enough.</summary>
    public string Continue(string prompt, int longest, RandomStream random)
    {
        ulong history = Encoding.UTF8.GetBytes(prompt).Aggregate(0UL, (h, b) => (h << 8) | b);
        List<byte> drawn = [];
        while (drawn.Count < longest)
        {
            double left = random.NextDouble();
            int next = 0;
            for (; next < 255; next++)
            {
                left -= Probability(history, (byte)next);
                if (left < 0) break;
            }

            if (next == Edge) break;
            drawn.Add((byte)next);
            history = (history << 8) | (byte)next;
        }

        return Encoding.UTF8.GetString(drawn.ToArray());
    }

    private double Probability(ulong history, byte next)
    {
        double probability = 1.0 / 256;
        for (int m = 1; m <= Order; m++)
        {
            ulong h = history & Mask(m - 1);
            if (!_contexts[m - 1].TryGetValue(h, out Context context)) break;
            int count = _counts[m].GetValueOrDefault(((h << 8) | next) & Mask(m));
            probability = (Math.Max(count - _discounts[m], 0) + _discounts[m] * context.Different * probability) / context.Total;
        }

        return probability;
    }

    private void CountText(string text)
    {
        ulong history = 0;
        foreach (byte next in Bytes(text))
        {
            history = (history << 8) | next;
            Add(_counts[Order], history & Mask(Order));
        }
    }

    private void Summarise(int order)
    {
        int once = 0, twice = 0;
        foreach ((ulong gram, int count) in _counts[order])
        {
            if (count == 1) once++;
            if (count == 2) twice++;
            ref Context context = ref CollectionsMarshal.GetValueRefOrAddDefault(_contexts[order - 1], gram >> 8, out _);
            context = new Context(context.Total + count, context.Different + 1);
        }

        // A corpus too regular to have both gives no estimate; half a count is the usual stand-in.
        _discounts[order] = once > 0 && twice > 0 ? once / (once + 2.0 * twice) : 0.5;
    }

    private static IEnumerable<byte> Bytes(string text)
    {
        foreach (byte b in Encoding.UTF8.GetBytes(text)) yield return b == Edge ? (byte)' ' : b;
        yield return Edge;
    }

    private static void Add(Dictionary<ulong, int> counts, ulong gram) => CollectionsMarshal.GetValueRefOrAddDefault(counts, gram, out _)++;

    private static ulong Mask(int bytes) => bytes == 0 ? 0 : ulong.MaxValue >> (64 - 8 * bytes);

    private readonly record struct Context(long Total, int Different);
}
