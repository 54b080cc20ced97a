namespace Engine.Kernels.Algorithms;

/// <summary>Where <see cref="Rds.Select"/> stands.</summary>
/// <param name="Passes">Passes begun, the one at work included.</param>
/// <param name="Depth">Entries per list of the pass at work; 0 while the ranges are found.</param>
/// <param name="NextRow">The first row it has not looked at.</param>
/// <param name="Ranges">Each group's range over the rows looked at, or empty.</param>
/// <param name="Lists">The lists over the rows looked at, or empty.</param>
public sealed record RdsPosition(int Passes, int Depth, long NextRow, ScoreRange[] Ranges, RankedRows[] Lists);

/// <summary>The passes over the matrix that make ranked lists, tile after tile, so that one can be interrupted.</summary>
/// <remarks>A tile of lists ends when a position is wanted, so that lists are put in order no more often than they are kept. Without a resume point a pass is one tile.</remarks>
internal sealed class RdsPasses
{
    /// <summary>Products of one tile of ranges per second of the interval between positions: about a tenth of a second on one core.</summary>
    private const double ProductsPerSecond = 1L << 31;

    private const int FewestTileRows = 256;

    private readonly RowSource _rows;
    private readonly double[] _norms;
    private readonly QueryGroups _groups;
    private readonly Combination _combination;
    private readonly IKernels _kernels;
    private readonly Pass _pass;
    private readonly IResumePoint<RdsPosition>? _resume;
    private readonly long _tileRows;
    private ScoreRange[] _ranges = [];
    private long _next;
    private RdsPosition? _from;

    /// <summary>Finds the groups' ranges when the combination needs them, or takes over where a position stands.</summary>
    public RdsPasses(RowSource rows, double[] norms, QueryGroups groups, Combination combination, IKernels kernels, Pass pass, IResumePoint<RdsPosition>? resume)
    {
        (_rows, _norms, _groups, _combination, _kernels, _pass, _resume) = (rows, norms, groups, combination, kernels, pass, resume);
        _from = resume?.From;
        Count = _from?.Passes ?? 0;
        _tileRows = resume is null ? rows.Rows : (long)Math.Clamp(ProductsPerSecond * resume.Interval.TotalSeconds / ((double)groups.Count * rows.Dim), Math.Min(FewestTileRows, rows.Rows), rows.Rows);
        if (combination == Combination.NormalizedMean) FindRanges();
    }

    /// <summary>Times the matrix was read, or is.</summary>
    public int Count { get; private set; }

    /// <summary>The depth to begin with: the given one, or that of the interrupted pass, which is deeper when earlier lists ran dry.</summary>
    public int FirstDepth(int given) => _from is { Depth: > 0 } ? _from.Depth : given;

    /// <summary>The ranked lists.</summary>
    /// <param name="depth">Entries needed per list.</param>
    /// <param name="kept">Entries made per list, at least so many.</param>
    public RankedRows[] Rank(int depth, int kept)
    {
        RankedRows[] lists = [];
        _next = 0;
        if (_from?.Depth == depth) (_next, lists) = (_from.NextRow, _from.Lists);
        else Count++;
        _from = null;

        // Where positions are kept, a pass that is cancelled ends like one that has done enough, and its lists are not lost.
        Pass pass = _resume is null ? _pass : _pass.Uncancelled();
        Func<bool>? isEnough = _resume is null ? null : () => _pass.Cancel.IsCancellationRequested || _resume.IsDue;
        while (true)
        {
            SimilarityTile tile = new(_next, _rows.Rows, lists, isEnough);
            lists = _kernels.TopSimilarities(_rows, _norms, _groups, _combination, _ranges, kept, pass, tile);
            _next = tile.EndRow;
            if (_next < _rows.Rows || _pass.Cancel.IsCancellationRequested) _resume?.Keep(new RdsPosition(Count, depth, _next, _ranges, lists));
            _pass.Cancel.ThrowIfCancellationRequested();
            if (_next == _rows.Rows) return lists;
        }
    }

    private void FindRanges()
    {
        _ranges = [.. Enumerable.Repeat(new ScoreRange(double.PositiveInfinity, double.NegativeInfinity), _groups.Groups)];
        if (_from is not null) (_next, _ranges) = (_from.Depth > 0 ? _rows.Rows : _from.NextRow, _from.Ranges);
        else Count++;
        try
        {
            while (_next < _rows.Rows)
            {
                if (_resume is { IsDue: true }) _resume.Keep(Here());
                long count = Math.Min(_rows.Rows - _next, _tileRows);
                using RowRange tile = new(_rows, _next, count);
                ScoreRange[] found = _kernels.SimilarityRanges(tile, _norms.AsSpan((int)_next, (int)count), _groups, _pass);
                _ranges = [.. _ranges.Zip(found, (a, b) => new ScoreRange(Math.Min(a.Lowest, b.Lowest), Math.Max(a.Highest, b.Highest)))];
                _next += count;
            }
        }
        catch (OperationCanceledException) when (_resume is not null)
        {
            _resume.Keep(Here());
            throw;
        }

        RdsPosition Here() => new(Count, 0, _next, _ranges, []);
    }
}
