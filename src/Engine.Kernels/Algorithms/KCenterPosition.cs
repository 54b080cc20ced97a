namespace Engine.Kernels.Algorithms;

/// <summary>Where <see cref="KCenterGreedy.Select"/> stands. What bounds say may be loose, never wrong, so the picks that follow are those of a call that was not interrupted.</summary>
/// <param name="Picks">Rows picked, in order.</param>
/// <param name="Radii">Covering radius after each pick; the last one may be missing.</param>
/// <param name="Seen">[rows], the first centres of the window that a row's bound knows.</param>
/// <param name="Squared">[rows], bounds of the squared distances.</param>
/// <param name="DistancesComputed">Pairs of a row and a centre that were looked at so far.</param>
/// <param name="RowsRead">How often a row was read so far.</param>
/// <param name="Relaxing">Whether all rows are being brought up to date; what is half done may be done again.</param>
/// <param name="Batch">Rows that are being brought up to date.</param>
/// <param name="Limit">Rows of the next batch.</param>
/// <param name="Refreshed">Rows brought up to date for the next pick so far.</param>
/// <param name="Window">Most centres kept at once; <paramref name="Seen"/> counts within it.</param>
/// <param name="Threshold">Squared; rows with bounds below it lie still, infinity when no row is in the heap.</param>
/// <param name="Enough">The squared distance below which a row of the batch goes no further.</param>
/// <param name="Exact">The largest squared distance known to be exact since the last pick.</param>
/// <param name="Nearest">[rows], the centre of the window that a row's bound belongs to, or -1.</param>
/// <param name="Hubs">The centres of the window that rows are shown first when the threshold is lowered.</param>
/// <param name="HubsFound">Rows that had found a centre when these were chosen.</param>
/// <param name="Descending">Whether rows over the threshold are still to be put in the heap.</param>
public sealed record KCenterPosition(
    int[] Picks, double[] Radii, int[] Seen, double[] Squared, long DistancesComputed, long RowsRead, bool Relaxing, int[] Batch, int Limit, int Refreshed, int Window, double Threshold, double Enough, double Exact,
    int[] Nearest, int[] Hubs, long HubsFound, bool Descending);
