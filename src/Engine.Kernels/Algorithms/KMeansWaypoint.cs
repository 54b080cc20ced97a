namespace Engine.Kernels.Algorithms;

/// <summary>The resume point of one restart: it adds what the restarts before it left to every position.</summary>
/// <param name="whole">The resume point of all restarts.</param>
/// <param name="restart">Which restart, from 0.</param>
/// <param name="updates">Centroid updates of the restarts before it.</param>
/// <param name="best">The best of them, or null.</param>
/// <param name="from">Where it begins, or null.</param>
internal sealed class KMeansWaypoint(IResumePoint<KMeansPosition> whole, int restart, long updates, KMeansTrace? best, KMeansPosition? from)
    : IResumePoint<SeedingPosition>, IResumePoint<MiniBatchPosition>
{
    SeedingPosition? IResumePoint<SeedingPosition>.From => from?.Seeding;

    MiniBatchPosition? IResumePoint<MiniBatchPosition>.From => from?.Batches;

    public TimeSpan Interval => whole.Interval;

    public bool IsDue => whole.IsDue;

    public void Keep(SeedingPosition position) => whole.Keep(new KMeansPosition(restart, updates, best, null, position));

    public void Keep(MiniBatchPosition position) => whole.Keep(new KMeansPosition(restart, updates, best, null, null, position));

    public void Keep(KMeansTrace current) => whole.Keep(new KMeansPosition(restart, updates, best, current, null));
}
