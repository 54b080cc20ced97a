namespace Engine.Kernels.Cpu;

/// <summary>Whether a worker's next tile of rows begins with 8-bit estimates or with the float32 product at once: decided by what the last tiles cost.</summary>
/// <remarks>
/// The unit is the float32 product of a row with all queries. An estimate costs less than half of it, so estimates pay while what they leave to do on top of what
/// the float32 product leaves stays below <see cref="Worth"/>. Once they do not, they are tried again after 8 tiles, then 16, up to 256. Results never depend on it.
/// </remarks>
/// <param name="queries">Queries, or centroids.</param>
/// <param name="canonicalCost">The float32 products of a row that take as long as its canonical value with one query.</param>
internal sealed class EstimatePayoff(int queries, double canonicalCost)
{
    private const double Worth = 0.45;
    private const int ShortestPause = 8;
    private const int LongestPause = 256;

    private double _unavoidable;
    private int _pause;
    private int _nextPause = ShortestPause;

    /// <summary>With more queries than these left by its estimates, a row's float32 product comes first.</summary>
    public int Few { get; } = (int)(queries / canonicalCost);

    /// <summary>Whether the next tile is to be estimated.</summary>
    public bool IsDue => _pause == 0;

    /// <summary>Learns what a tile left after the float32 product.</summary>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="decided">Canonical cosines they needed.</param>
    public void Multiplied(int rows, long decided)
    {
        _unavoidable = Cost(rows, decided);
        _pause--;
    }

    /// <summary>Learns what a tile left after its estimates.</summary>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="decided">Canonical cosines they needed.</param>
    /// <param name="repeated">Rows that needed the float32 product.</param>
    public void Estimated(int rows, long decided, int repeated)
    {
        if (Cost(rows, decided) + ((double)repeated / rows) - _unavoidable <= Worth)
        {
            _nextPause = ShortestPause;
            return;
        }

        _pause = _nextPause;
        _nextPause = Math.Min(LongestPause, 2 * _nextPause);
    }

    private double Cost(int rows, long decided) => decided * canonicalCost / ((double)rows * queries);
}
