namespace Engine.Selections;

/// <summary>How many rows to choose: a count, or a share of the pool.</summary>
public readonly record struct Budget
{
    private readonly decimal _amount;
    private readonly bool _share;

    private Budget(decimal amount, bool share) => (_amount, _share) = (amount, share);

    /// <summary>A number of rows, at least 1.</summary>
    public static Budget Rows(long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return new Budget(count, share: false);
    }

    /// <summary>A share of the pool in percent, above 0 and at most 100.</summary>
    public static Budget Percent(decimal percent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(percent, 0m);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100m);
        return new Budget(percent, share: true);
    }

    /// <summary>A number of rows is a budget.</summary>
    public static implicit operator Budget(int count) => Rows(count);

    /// <summary>Rows to choose from a pool: the count itself, or the share rounded half up, at least 1.</summary>
    /// <param name="poolRows">Rows in the pool.</param>
    /// <exception cref="EngineException">The count is over the pool's rows; both numbers are named. Exit 4.</exception>
    public int Of(long poolRows)
    {
        long count = Wanted(poolRows);
        if (count > poolRows)
            throw EngineException.Input(null, "BUDGET", $"the budget is {count} rows, but only {poolRows} can be chosen from. Lower the budget or enlarge the pool.");
        return checked((int)count);
    }

    /// <summary>The same number where it is an upper limit that need not be reached: never over the rows there are.</summary>
    /// <param name="rows">What a share is of.</param>
    public int UpTo(int rows) => (int)Math.Min(rows, Wanted(rows));

    private long Wanted(long rows) => _share ? Math.Max(1, (long)decimal.Floor(rows * _amount / 100m + 0.5m)) : (long)_amount;

    /// <summary>As the plan writes it: <c>1000</c> or <c>0.5%</c>.</summary>
    public override string ToString() =>
        _share ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_amount}%") : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_amount}");
}
