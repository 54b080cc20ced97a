namespace Engine.Kernels.Algorithms;

/// <summary>Where <see cref="KMeans.Fit"/> stands.</summary>
/// <param name="Restart">The restart at work, from 0.</param>
/// <param name="Updates">Centroid updates of the restarts before it.</param>
/// <param name="Best">The best of the restarts before it, or null.</param>
/// <param name="Current">How far this restart's iterations are, or null while its first centroids are drawn or moved by mini-batches.</param>
/// <param name="Seeding">How far drawing the first centroids is, or null when it is done or nothing is drawn yet.</param>
/// <param name="Batches">How far its mini-batches are, or null when there are none, yet or any more.</param>
public sealed record KMeansPosition(int Restart, long Updates, KMeansTrace? Best, KMeansTrace? Current, SeedingPosition? Seeding, MiniBatchPosition? Batches = null);

/// <summary>A restart after some updates. Its assignments are not here: they follow from the centroids.</summary>
/// <param name="Restart">Which restart, from 0.</param>
/// <param name="Centroids">[k x dim], row-major.</param>
/// <param name="InertiaHistory">Inertia under the first centroids and after every update; empty before the first assignment.</param>
public sealed record KMeansTrace(int Restart, float[] Centroids, double[] InertiaHistory);

/// <summary>A restart after some mini-batches.</summary>
/// <param name="Batches">How many.</param>
/// <param name="Centroids">[k x dim], row-major.</param>
/// <param name="Sums">[k x dim], what the batches added up to in fixed point.</param>
/// <param name="Sizes">[k], how many rows that were.</param>
/// <param name="Drawn">Rows drawn since starved centroids were looked for.</param>
/// <param name="Stream">The random stream's state.</param>
public sealed record MiniBatchPosition(int Batches, float[] Centroids, long[] Sums, long[] Sizes, long Drawn, ulong[] Stream);

/// <summary>Where drawing the first centroids by k-means++ stands.</summary>
/// <param name="Drawn">Rows drawn, in order.</param>
/// <param name="Accepted">A row that is drawn but not yet a centre, or -1.</param>
/// <param name="Relaxing">Whether all rows are being brought up to date; what is half done may be done again.</param>
/// <param name="Stream">The random stream's state.</param>
/// <param name="Seen">[rows], drawn rows that a row's bound knows.</param>
/// <param name="Squared">[rows], bounds of the squared distances.</param>
/// <param name="SeenByAll">Drawn rows that every bound knows.</param>
/// <param name="Spent">Cost of proposals since then.</param>
public sealed record SeedingPosition(int[] Drawn, int Accepted, bool Relaxing, ulong[] Stream, int[] Seen, double[] Squared, int SeenByAll, long Spent);
