namespace Engine.Kernels.Algorithms;

/// <summary>One evaluation of a size.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Size">Rows.</param>
/// <param name="Loss">What the objective gave; finite, lower is better.</param>
public sealed record SizeTrial(int Number, int Size, double Loss);

/// <summary>Looks for the size with the lowest loss, on a logarithmic scale and with few evaluations: random sizes first, then steps from the best.</summary>
/// <remarks>
/// <para>The first half of the trials, rounded up, draws sizes log-uniformly. The rest steps from the best size so far by a factor, up and down in turn; a step that
/// finds a lower loss is repeated from there, and when neither side is lower the factor becomes its square root. When the steps are below one row, sizes are drawn
/// again. A size that was tried is never tried again; the search ends early when all were. Ties go to the lower size.</para>
/// <para>What comes next depends on the stream and the losses so far alone, so a search that is told the losses of an earlier one goes on where that one stopped.
/// Source: the size search of InstructMining (Cao et al. 2023), methods 3.5; it uses BlendSearch (Wang et al. 2021), which blends global and local search in the same way.</para>
/// </remarks>
public sealed class SizeSearch
{
    private const int MostDraws = 64;

    private readonly int _least;
    private readonly int _most;
    private readonly int _trials;
    private readonly RandomStream _stream;
    private readonly List<SizeTrial> _done = [];
    private readonly HashSet<int> _tried = [];
    private double _step;
    private int _side = 1;
    private int _failures;

    /// <summary>Begins a search.</summary>
    /// <param name="least">The least size, at least 1.</param>
    /// <param name="most">The greatest size, at least <paramref name="least"/>.</param>
    /// <param name="trials">Most evaluations, at least 1.</param>
    /// <param name="stream">Who draws.</param>
    public SizeSearch(int least, int most, int trials, RandomStream stream)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(least, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, least);
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        (_least, _most, _trials, _stream) = (least, most, trials, stream);
        _step = (NaturalLog.Of(most) - NaturalLog.Of(least)) / (1 + Draws);
    }

    /// <summary>The evaluations so far, in their order.</summary>
    public IReadOnlyList<SizeTrial> Trials => _done;

    /// <summary>The evaluation with the lowest loss, the lower size on ties; null before the first.</summary>
    public SizeTrial? Best { get; private set; }

    private int Draws => (_trials + 1) / 2;

    /// <summary>The size to evaluate next, or null when the search is over.</summary>
    public int? Next()
    {
        if (_done.Count >= _trials || _tried.Count > _most - _least) return null;
        return _done.Count < Draws ? Draw() : Step() ?? Draw();
    }

    /// <summary>Tells the loss of the size that came next.</summary>
    /// <param name="size">The size.</param>
    /// <param name="loss">Its loss; finite.</param>
    public void Tell(int size, double loss)
    {
        if (!double.IsFinite(loss)) throw new ArgumentOutOfRangeException(nameof(loss), loss, "A loss is finite.");
        if (!_tried.Add(size)) throw new ArgumentException($"The size {size} was tried before.", nameof(size));
        var trial = new SizeTrial(_done.Count + 1, size, loss);
        bool steps = _done.Count >= Draws;
        _done.Add(trial);
        bool better = Best is null || loss < Best.Loss || (loss == Best.Loss && size < Best.Size);
        if (better) Best = trial;
        if (steps && better) _failures = 0;
        else if (steps) Turn();
    }

    private int Draw()
    {
        double low = NaturalLog.Of(_least), width = NaturalLog.Of(_most) - low;
        int size = _least;
        for (int draw = 0; draw < MostDraws; draw++)
        {
            size = Within(Exponential.Of(low + width * _stream.NextDouble()));
            if (!_tried.Contains(size)) return size;
        }

        // Few sizes are left: the nearest one, the lower of two.
        for (int away = 1; ; away++)
        {
            if (size - away >= _least && !_tried.Contains(size - away)) return size - away;
            if (size <= _most - away && !_tried.Contains(size + away)) return size + away;
        }
    }

    /// <summary>One step from the best; steps onto sizes whose loss is known fail without an evaluation.</summary>
    private int? Step()
    {
        while (_step > 0)
        {
            int size = Within(Best!.Size * Exponential.Of(_side * _step));
            if (size == Best.Size && Within(Best.Size * Exponential.Of(-_side * _step)) == size) return null;
            if (!_tried.Contains(size)) return size;
            Turn();
        }

        return null;
    }

    private void Turn()
    {
        _side = -_side;
        if (++_failures < 2) return;
        _failures = 0;
        _step /= 2;
    }

    private int Within(double size) => (int)Math.Clamp(Math.Round(size), _least, _most);
}
