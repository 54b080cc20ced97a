using System.Globalization;

namespace Engine.Data;

/// <summary>What a run may use of memory, and what is promised to whom already. Mapped files do not count: the system takes their pages back whenever it wants.</summary>
/// <remarks>Safe to use from several threads.</remarks>
/// <param name="limit">Bytes, or null for no limit.</param>
public sealed class MemoryBudget(long? limit)
{
    private static readonly char[] Letters = [.. "BKMGTi"];
    private static readonly string[] Units = ["B", "KB", "KiB", "MB", "MiB", "GB", "GiB", "TB", "TiB"];

    private readonly Lock _gate = new();

    /// <summary>Bytes that may be promised; null for no limit.</summary>
    public long? Limit => limit;

    /// <summary>Bytes promised now.</summary>
    public long Reserved { get; private set; }

    /// <summary>The most that was promised at one time.</summary>
    public long Peak { get; private set; }

    /// <summary>Promises memory, or refuses before it is used.</summary>
    /// <param name="what">Who needs it and what for, as a message names it.</param>
    /// <param name="bytes">How much.</param>
    /// <returns>The promise; disposing it gives the memory back.</returns>
    /// <exception cref="EngineException">The budget does not suffice: exit 8, with what is needed, what is promised already, and the budget.</exception>
    public MemoryReservation Reserve(string what, long bytes)
    {
        var reservation = new MemoryReservation(this, what);
        reservation.Grow(bytes);
        return reservation;
    }

    /// <summary>Bytes as people read them: 1.5 MiB.</summary>
    public static string Text(long bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++) value /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 || value >= 100 ? $"{value:F0}" : $"{value:F1}")} {units[unit]}");
    }

    /// <summary>Reads a size as plans write it: a number of bytes, or a number with B, KB, KiB, MB, MiB, GB, GiB, TB or TiB.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bytes">The bytes, at least 1, rounded up.</param>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        string number = text.TrimEnd(Letters);
        int power = number.Length == text.Length ? 0 : Array.IndexOf(Units, text[number.Length..]);
        if (power < 0 || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount) || amount <= 0 || amount > long.MaxValue) return false;
        decimal unit = (decimal)Math.Pow(power % 2 == 0 ? 1024 : 1000, (power + 1) / 2);
        if (amount > long.MaxValue / unit) return false;
        bytes = (long)decimal.Ceiling(amount * unit);
        return true;
    }

    internal void Add(string what, long already, long bytes)
    {
        lock (_gate)
        {
            if (limit is { } most && bytes > most - Reserved)
            {
                throw new EngineException(new EngineError(ExitCode.Memory, "MEMORY",
                    $"{what} needs {Text(already + bytes)} of memory, and {Text(Reserved - already)} is promised to other parts of the run, but run.memory is {Text(most)}. Raise it to at least {Text(Reserved + bytes)}, or use less data."));
            }

            Reserved += bytes;
            Peak = Math.Max(Peak, Reserved);
        }
    }

    internal void Return(long bytes)
    {
        lock (_gate) Reserved -= bytes;
    }
}

/// <summary>Memory that a <see cref="MemoryBudget"/> has promised to one user.</summary>
public sealed class MemoryReservation : IDisposable
{
    private readonly MemoryBudget _budget;
    private readonly string _what;
    private long _bytes;

    internal MemoryReservation(MemoryBudget budget, string what) => (_budget, _what) = (budget, what);

    /// <summary>Asks for more.</summary>
    /// <param name="bytes">How much more.</param>
    /// <exception cref="EngineException">The budget does not suffice: exit 8.</exception>
    public void Grow(long bytes)
    {
        _budget.Add(_what, Volatile.Read(ref _bytes), bytes);
        Interlocked.Add(ref _bytes, bytes);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => _budget.Return(Interlocked.Exchange(ref _bytes, 0));
}
