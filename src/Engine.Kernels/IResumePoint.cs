namespace Engine.Kernels;

/// <summary>Where a long call begins and where it leaves its position, so that the same call can go on later, in another process, to the same bits.</summary>
/// <remarks>
/// An algorithm hands its position over when one <see cref="IsDue"/>, at a place where the position is whole, and once more when it is cancelled.
/// What becomes of it is not the algorithm's business: it knows no files. A position fits the call it came from: the same rows, options and streams;
/// threads and kernel set may differ.
/// </remarks>
/// <typeparam name="TPosition">What the algorithm needs to go on: an immutable record, except that arrays in it may be the algorithm's own and change after <see cref="Keep"/> returned.</typeparam>
public interface IResumePoint<TPosition>
    where TPosition : class
{
    /// <summary>The position to go on from, or null to begin at the beginning. The call takes the arrays in it over.</summary>
    TPosition? From { get; }

    /// <summary>About how far apart positions are wanted; an algorithm without natural places to stop cuts its work to fit.</summary>
    TimeSpan Interval { get; }

    /// <summary>Whether a position is wanted now. Cheap enough for once a block, not for once a row.</summary>
    bool IsDue { get; }

    /// <summary>Keeps a position; the one before may be forgotten.</summary>
    void Keep(TPosition position);
}
