namespace Engine.Kernels.Algorithms;

/// <summary>How many more rows each source may give. One tracker serves one selection: taking a row uses it up.</summary>
public sealed class CapTracker
{
    private readonly int[] _sourceOfRow;
    private readonly long[] _remaining;

    /// <summary>Takes the rows' sources without a copy, and copies the caps.</summary>
    /// <param name="sourceOfRow">[rows], source of each row, 0 .. sources - 1; a negative one has no cap.</param>
    /// <param name="caps">[sources], most rows of each, 0 or more; <see cref="long.MaxValue"/> for no cap.</param>
    /// <exception cref="ArgumentException">A source has no cap entry or a cap is negative.</exception>
    public CapTracker(int[] sourceOfRow, long[] caps)
    {
        for (int row = 0; row < sourceOfRow.Length; row++)
            if (sourceOfRow[row] >= caps.Length) throw new ArgumentException($"Row {row} has source {sourceOfRow[row]}, but there are {caps.Length} caps.", nameof(sourceOfRow));
        for (int source = 0; source < caps.Length; source++)
            if (caps[source] < 0) throw new ArgumentException($"The cap of source {source} is {caps[source]}.", nameof(caps));

        _sourceOfRow = sourceOfRow;
        _remaining = [.. caps];
    }

    /// <summary>Rows the tracker knows.</summary>
    public int Rows => _sourceOfRow.Length;

    /// <summary>Whether the row's source may give another row.</summary>
    public bool IsOpen(int row) => _sourceOfRow[row] < 0 || _remaining[_sourceOfRow[row]] > 0;

    /// <summary>Counts a chosen row against its source.</summary>
    public void Take(int row)
    {
        if (_sourceOfRow[row] >= 0) _remaining[_sourceOfRow[row]]--;
    }
}
