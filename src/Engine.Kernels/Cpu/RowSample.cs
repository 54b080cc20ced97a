namespace Engine.Kernels.Cpu;

/// <summary>A part of a range of rows: tiles of neighbouring rows, spread evenly.</summary>
/// <param name="first">The first row of the range.</param>
/// <param name="end">The row after its last one.</param>
/// <param name="together">Rows in a tile.</param>
/// <param name="every">Of how many rows one is sampled.</param>
internal readonly struct RowSample(long first, long end, int together, int every)
{
    private const int FewestTiles = 8;

    /// <summary>Tiles.</summary>
    public long Tiles => (end - first) / every / together;

    /// <summary>Whether there are enough tiles to say something about the range.</summary>
    public bool IsTelling => Tiles >= FewestTiles;

    /// <summary>Rows in all tiles.</summary>
    public int Rows => checked((int)(Tiles * together));

    /// <summary>The first row of a tile, which lies in the middle of its part of the range.</summary>
    public long FirstRow(long tile) => first + (((2 * tile) + 1) * (end - first) / (2 * Tiles)) - (together / 2);
}
