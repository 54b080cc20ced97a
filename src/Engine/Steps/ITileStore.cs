namespace Engine.Steps;

/// <summary>Where the step that runs keeps its position, so that a run that was stopped or killed goes on within the step.</summary>
internal interface ITileStore
{
    /// <summary>About how far apart positions are wanted.</summary>
    TimeSpan Interval { get; }

    /// <summary>Whether a position is wanted now.</summary>
    bool IsDue { get; }

    /// <summary>Reads the last position that is whole.</summary>
    /// <returns>The position, or null when there is none.</returns>
    T? TryRestore<T>(PositionFormat<T> format)
        where T : class;

    /// <summary>Keeps a position; the one before stays until this one is on the disk.</summary>
    /// <exception cref="EngineException">It cannot be written. Exit 7.</exception>
    void Save<T>(PositionFormat<T> format, T position)
        where T : class;
}

/// <summary>How a position becomes bytes and back.</summary>
/// <param name="Write">Writes it.</param>
/// <param name="Read">Reads it; throws <see cref="FormatException"/> or <see cref="EndOfStreamException"/> when the bytes are none.</param>
internal sealed record PositionFormat<T>(Action<PositionWriter, T> Write, Func<PositionReader, T> Read)
    where T : class;

/// <summary>The place of a position in a tile store.</summary>
internal sealed class StoredPosition<T>(ITileStore store, PositionFormat<T> format) : Kernels.IResumePoint<T>
    where T : class
{
    public T? From { get; } = store.TryRestore(format);

    public TimeSpan Interval => store.Interval;

    public bool IsDue => store.IsDue;

    public void Keep(T position) => store.Save(format, position);
}
