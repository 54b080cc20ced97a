using System.Runtime.InteropServices;

namespace Engine.Kernels;

/// <summary>Keeps the centres that one traversal of a matrix has chosen so far, and lowers rows' distances to the nearest of them on demand.</summary>
/// <remarks>Centres stay in the form the kernels want them in, so each is brought into it once. One call at a time.</remarks>
public interface IMinDistances : IDisposable
{
    /// <summary>Rows go through the centres in steps; a step ends at a multiple of this many.</summary>
    const int Step = 32;

    /// <summary>Centres held.</summary>
    int Count { get; }

    /// <summary>Pairs of a row and a centre that were looked at so far.</summary>
    long DistancesComputed { get; }

    /// <summary>How often a row was read so far: once in every call in which it had a centre to see.</summary>
    long RowsRead { get; }

    /// <summary>Adds a centre behind the others.</summary>
    /// <param name="centre">[dim], float64, already scaled, finite; copied.</param>
    /// <param name="label">What the centre is called where it is the nearest.</param>
    /// <exception cref="ArgumentException">It has another dimension.</exception>
    void Add(ReadOnlySpan<double> centre, int label);

    /// <summary>Forgets all centres.</summary>
    void Clear();

    /// <summary>Shows rows the centres they have not seen yet, in order, until they have seen all or are near enough.</summary>
    /// <param name="which">Distinct rows, in any order; empty means all of them.</param>
    /// <param name="enough">A row whose least squared distance is below this needs no further step; 0 for all centres.</param>
    /// <param name="seen">[rows], how many of the first centres a row has seen; raised.</param>
    /// <param name="minSquared">[rows], the least squared distance so far; start with +infinity; lowered.</param>
    /// <param name="nearest">[rows], the label of the centre that lowered <paramref name="minSquared"/> last, the first of a step on ties; or empty when not wanted.</param>
    /// <param name="pass">Cancellation and progress. Each row of a call that was cut short stands before or behind its part.</param>
    /// <exception cref="ArgumentException">A shape disagrees, a row does not exist, or one has seen more centres than there are.</exception>
    /// <remarks>
    /// For each row, while seen[r] &lt; count and not minSquared[r] &lt; enough: with e = min(count, the multiple of <see cref="Step"/> after seen[r]),
    /// minSquared[r] = min(minSquared[r], min over c in [seen[r], e) of |scale[r] * x[r] - centre[c]|²), canonical, and seen[r] = e.
    /// </remarks>
    void Relax(ReadOnlySpan<int> which, double enough, Span<int> seen, Span<double> minSquared, Span<int> nearest, Pass pass);

    /// <summary>Says which centres <see cref="RelaxAbove"/> shows first, because many rows lie near them. It never changes what is found, only how soon.</summary>
    /// <param name="places">Distinct places among the centres held, in whole steps; empty for none.</param>
    /// <exception cref="ArgumentException">They are no whole steps, or there is no such centre.</exception>
    void Lead(ReadOnlySpan<int> places)
    {
    }

    /// <summary>Relaxes the rows whose least squared distance is at or above a threshold until it is below, and lists those whose is not.</summary>
    /// <param name="threshold">Squared, above 0.</param>
    /// <param name="seen">[rows], as for <see cref="Relax"/>.</param>
    /// <param name="minSquared">[rows], the same.</param>
    /// <param name="nearest">[rows] or empty, the same.</param>
    /// <param name="stayed">Rows that stay at or above the threshold are added, in no particular order.</param>
    /// <param name="pass">Cancellation and progress. After a call that was cut short the same call does the rest; what <paramref name="stayed"/> was given means nothing.</param>
    /// <exception cref="ArgumentException">As for <see cref="Relax"/>.</exception>
    /// <remarks>
    /// As if the rows were looked up and relaxed with the threshold as enough; but a row that has more steps to go than there are leading ones meets these first, and none
    /// of its own once they brought it below the threshold.
    /// </remarks>
    void RelaxAbove(double threshold, Span<int> seen, Span<double> minSquared, Span<int> nearest, List<int> stayed, Pass pass) =>
        LookUpAndRelax(this, threshold, seen, minSquared, nearest, stayed, pass);

    /// <summary><see cref="RelaxAbove"/> through <see cref="Relax"/>, without leading centres.</summary>
    internal static void LookUpAndRelax(IMinDistances distances, double threshold, Span<int> seen, Span<double> minSquared, Span<int> nearest, List<int> stayed, Pass pass)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threshold);
        List<int> which = [];
        for (int row = 0; row < minSquared.Length; row++)
            if (minSquared[row] >= threshold) which.Add(row);
        if (which.Count == 0) return;
        distances.Relax(CollectionsMarshal.AsSpan(which), threshold, seen, minSquared, nearest, pass);
        foreach (int row in which)
            if (minSquared[row] >= threshold) stayed.Add(row);
    }
}
