namespace Engine.Steps.Onnx;

/// <summary>The tokens of records, read in order by one thread.</summary>
internal abstract class RecordTokens
{
    /// <summary>A record's tokens.</summary>
    /// <param name="row">The record.</param>
    /// <returns>At least one; valid until the next record is read.</returns>
    /// <exception cref="EngineException">The record lacks the turn its template needs, or has no token at all: exit 4.</exception>
    public abstract ReadOnlySpan<int> Read(long row);
}
