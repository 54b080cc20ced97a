using System.Globalization;
using System.Text;

namespace Engine.Bench.Study;

/// <summary>What one selection was worth.</summary>
/// <param name="Loss">Bits per byte on the target's held-out part after training on the selection.</param>
/// <param name="EvenLoss">The same after training on its first records only, up to the bytes of a random selection of the same size.</param>
/// <param name="Coverage">Share of the pool's labels that occur in it.</param>
/// <param name="Bytes">Text in it, as a multiple of a random selection's.</param>
internal readonly record struct StudyOutcome(double Loss, double EvenLoss, double Coverage, double Bytes);

/// <summary>Means over the seeds with 95 % confidence intervals (Student's t).</summary>
internal sealed class StudyTable(IReadOnlyList<string> sizes)
{
    // Two-sided 95 % quantiles of Student's t for 1 to 9 degrees of freedom.
    private static readonly double[] Quantiles = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

    private readonly Dictionary<(string Method, int Size), List<StudyOutcome>> _outcomes = [];
    private readonly List<string> _methods = [];

    /// <summary>Adds one seed's outcome.</summary>
    public void Add(string method, int size, StudyOutcome outcome)
    {
        if (!_methods.Contains(method)) _methods.Add(method);
        if (!_outcomes.TryGetValue((method, size), out List<StudyOutcome>? list)) _outcomes[(method, size)] = list = [];
        list.Add(outcome);
    }

    /// <summary>The table in Markdown: loss by size, loss at equal text, and what the selections hold.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        int middle = sizes.Count / 2;
        text.AppendLine(CultureInfo.InvariantCulture,
            $"| method | {string.Join(" | ", sizes.Select(s => $"loss at {s}"))} | {sizes[middle]}: gain on random | {sizes[middle]}: gain at equal text | {sizes[middle]}: text | {sizes[middle]}: labels |");
        text.Append("| --- |").AppendLine(string.Concat(Enumerable.Repeat(" --- |", sizes.Count + 4)));
        foreach (string method in _methods)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {method} |");
            for (int s = 0; s < sizes.Count; s++) text.Append(' ').Append(Interval(Of(method, s, o => o.Loss), "0.000")).Append(" |");
            text.Append(' ').Append(Interval(Gain(method, middle, o => o.Loss), "+0.000;-0.000")).Append(" |");
            text.Append(' ').Append(Interval(Gain(method, middle, o => o.EvenLoss), "+0.000;-0.000")).Append(" |");
            text.Append(CultureInfo.InvariantCulture, $" {Mean(Of(method, middle, o => o.Bytes)):0.00}x |");
            text.AppendLine(CultureInfo.InvariantCulture, $" {Mean(Of(method, middle, o => o.Coverage)):0 %} |");
        }

        return text.ToString();
    }

    /// <summary>The same seed's random selection is the partner, so what the seed's split did to both cancels.</summary>
    private double[] Gain(string method, int size, Func<StudyOutcome, double> of) =>
        [.. Of(StudyMethods.Random, size, of).Zip(Of(method, size, of), (random, chosen) => random - chosen)];

    private double[] Of(string method, int size, Func<StudyOutcome, double> of) => [.. _outcomes[(method, size)].Select(of)];

    private static double Mean(double[] values) => values.Sum() / values.Length;

    private static string Interval(double[] values, string format)
    {
        double mean = Mean(values);
        string shown = mean.ToString(format, CultureInfo.InvariantCulture);
        if (values.Length < 2) return shown;
        double deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
        double half = Quantiles[Math.Min(values.Length - 1, Quantiles.Length) - 1] * deviation / Math.Sqrt(values.Length);
        return $"{shown} ± {half.ToString("0.000", CultureInfo.InvariantCulture)}";
    }
}
