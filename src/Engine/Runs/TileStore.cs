using System.Diagnostics;
using Engine.Native.Files;
using Engine.Steps;

namespace Engine.Runs;

/// <summary>The position of one step in the staging folder: two generations, <c>a</c> and <c>b</c>, written in turn, of which the newer one that is whole counts.</summary>
/// <remarks>Positions are due after the interval, or later when keeping one is slow: at most a fiftieth of the time goes into it.</remarks>
/// <param name="staging">The staging folder.</param>
/// <param name="step">The step's name.</param>
/// <param name="key">What its result depends on, hashed: a position of another key is none.</param>
/// <param name="interval">About how far apart positions are wanted.</param>
internal sealed class TileStore(Staging staging, string step, string key, TimeSpan interval) : ITileStore
{
    /// <summary>At least so many times what keeping the last position took passes before the next one.</summary>
    private const int LeastRatio = 50;

    private readonly string[] _generations = [Path.Combine(staging.TilesOf(step), "a"), Path.Combine(staging.TilesOf(step), "b")];
    private long _sequence = -1;
    private int _next;
    private long _since = Stopwatch.GetTimestamp();
    private TimeSpan _least;

    /// <inheritdoc/>
    public TimeSpan Interval => interval;

    /// <inheritdoc/>
    public bool IsDue => Stopwatch.GetElapsedTime(_since) is var elapsed && elapsed >= interval && elapsed >= _least;

    /// <summary>Whether a step's folder holds a position that is whole, of whatever sequence.</summary>
    public static bool Has(Staging staging, string step, string key) => new TileStore(staging, step, key, TimeSpan.Zero)._generations.Any(path => TileFile.Sequence(path, key) is not null);

    /// <inheritdoc/>
    public T? TryRestore<T>(PositionFormat<T> format)
        where T : class
    {
        long?[] found = [.. _generations.Select(path => TileFile.Sequence(path, key))];
        foreach (int i in Enumerable.Range(0, found.Length).Where(i => found[i] is not null).OrderByDescending(i => found[i]))
        {
            if (TileFile.Read(_generations[i], format.Read) is not { } position) continue;
            (_sequence, _next) = (found[i]!.Value, 1 - i);
            return position;
        }

        return null;
    }

    /// <inheritdoc/>
    public void Save<T>(PositionFormat<T> format, T position)
        where T : class
    {
        long began = Stopwatch.GetTimestamp();
        FileFailure.Guard(staging.TilesOf(step), () => Directory.CreateDirectory(staging.TilesOf(step)));
        TileFile.Write(_generations[_next], key, ++_sequence, writer => format.Write(writer, position));
        FileFailure.Guard(staging.TilesOf(step), () => Durable.FlushDirectory(staging.TilesOf(step)));
        _next = 1 - _next;
        _since = Stopwatch.GetTimestamp();
        _least = LeastRatio * Stopwatch.GetElapsedTime(began, _since);
    }
}
