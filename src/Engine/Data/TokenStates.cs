using Engine.Kernels;

namespace Engine.Data;

/// <summary>Token hidden states: [totalTokens x dim] values and the records' boundaries.</summary>
/// <param name="tokens">The states; owned from here on.</param>
/// <param name="offsets">[records + 1], ascending, from 0 to totalTokens.</param>
/// <param name="name">How messages call it.</param>
public sealed class TokenStates(RowSource tokens, long[] offsets, string name) : Value
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.States;

    /// <inheritdoc/>
    public override long Rows => offsets.Length - 1;

    /// <summary>The states, [totalTokens x dim].</summary>
    public RowSource Tokens => tokens;

    /// <summary>Record boundaries, [records + 1].</summary>
    public ReadOnlyMemory<long> Offsets => offsets;

    /// <summary>How messages call it.</summary>
    public string Name => name;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) tokens.Dispose();
        base.Dispose(disposing);
    }
}
