namespace Engine.Data;

/// <summary>The kinds of value that inputs and steps give and steps take.</summary>
public enum ValueKind
{
    /// <summary>Text records.</summary>
    Records,

    /// <summary>One vector per row.</summary>
    Embeddings,

    /// <summary>Token hidden states with record boundaries.</summary>
    States,

    /// <summary>Columns of numbers, one per row.</summary>
    Scores,

    /// <summary>Centroids and assignments.</summary>
    Clustering,

    /// <summary>Chosen rows in rank order.</summary>
    Selection,

    /// <summary>A task's main centre and rows.</summary>
    TaskCentre,

    /// <summary>Coefficients of a fitted rule.</summary>
    Fit,
}

/// <summary>Anything that flows along a plan's edges. Values are immutable; the run disposes those that hold a file or memory.</summary>
public abstract class Value : IDisposable
{
    /// <summary>What it is, as references check it.</summary>
    public abstract ValueKind Kind { get; }

    /// <summary>Rows it has.</summary>
    public abstract long Rows { get; }

    /// <summary>The records its rows stand for, or null when nobody bound them.</summary>
    public Records? Pool { get; init; }

    /// <summary>Gives back files and memory.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back files and memory.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
