namespace Engine.Reports;

/// <summary>A linear or logarithmic axis of a chart.</summary>
/// <param name="Low">Value at its beginning; above 0 on a logarithmic axis.</param>
/// <param name="High">Value at its end, above <paramref name="Low"/>.</param>
/// <param name="Log">Equal ratios are equally far apart.</param>
/// <param name="Whole">Ticks are whole numbers, for counts.</param>
internal readonly record struct Axis(double Low, double High, bool Log = false, bool Whole = false)
{
    /// <summary>Where a value lies, from 0 to 1.</summary>
    public double At(double value) =>
        Log ? (Math.Log(value) - Math.Log(Low)) / (Math.Log(High) - Math.Log(Low)) : (value - Low) / (High - Low);

    /// <summary>Round values within the axis, and how they are written.</summary>
    /// <param name="target">About how many.</param>
    public IReadOnlyList<(double Value, string Label)> Ticks(int target) => Log ? LogTicks(target) : LinearTicks(target);

    /// <summary>The smallest of 1, 2, 5 times a power of ten that is at least <paramref name="atLeast"/>.</summary>
    public static double RoundStep(double atLeast)
    {
        double decade = Math.Pow(10, Math.Floor(Math.Log10(atLeast)));
        double leading = atLeast / decade;
        return decade * (leading <= 1.0000001 ? 1 : leading <= 2.0000001 ? 2 : leading <= 5.0000001 ? 5 : 10);
    }

    private List<(double, string)> LinearTicks(int target)
    {
        double step = RoundStep((High - Low) / target);
        if (Whole) step = Math.Max(1, step);
        double first = Math.Ceiling((Low / step) - 1e-9), last = Math.Floor((High / step) + 1e-9);
        var ticks = new List<(double, string)>();
        // Counted, not summed: adding the step to a value much larger than it would never end.
        for (int i = 0; i <= Math.Min(last - first, 2 * target); i++)
        {
            double tick = (first + i) * step;
            // In a range of a few representable numbers, ticks may round out of it or onto each other.
            if (At(tick) is > -1e-6 and < 1 + 1e-6 && (ticks.Count == 0 || ticks[^1].Item1 < tick)) ticks.Add((tick, Quantity.Tick(tick, step)));
        }

        return ticks;
    }

    private List<(double, string)> LogTicks(int target)
    {
        double decades = Math.Log10(High / Low);
        if (decades < 0.8) return LinearTicks(target).Where(tick => tick.Item1 > 0).ToList();
        double[] leading = decades <= target / 3.0 ? [1, 2, 5] : [1];
        int skip = Math.Max(1, (int)Math.Ceiling(decades / target));
        var ticks = new List<(double, string)>();
        for (int exponent = (int)Math.Floor(Math.Log10(Low)); exponent <= (int)Math.Ceiling(Math.Log10(High)); exponent++)
        {
            if (exponent % skip != 0) continue;
            foreach (double digit in leading)
            {
                double tick = digit * Math.Pow(10, exponent);
                if (tick >= Low * (1 - 1e-9) && tick <= High * (1 + 1e-9)) ticks.Add((tick, Quantity.Tick(tick, Math.Pow(10, exponent))));
            }
        }
        return ticks;
    }
}
