namespace Engine.Kernels.Cpu;

/// <summary>Where a row in a <see cref="RelaxationTile{TLanes, TFloat, TDouble, TElement}"/> stands.</summary>
internal struct RowStanding
{
    public int Row;
    public int Seen;
    public int First;
    public int Nearest;
    public double Least;
    public double Scale;
    public double Square;
    public double Margin;
    public float Twice;
    public float TwiceUnit;
    public float ByRest;
    public float ByLoss;
    public float Limit;

    /// <summary>What a float32 proposal must not be above. Proposals are finite and those of empty places are not: a finite limit keeps these out.</summary>
    /// <remarks>What is added to it for estimates is rounded a few times; so much is in it already.</remarks>
    public void SetLimit() => Limit = Math.Min(ProposalError.RoundUp(Least - Square + Margin + (8 * ProposalError.Unit * (Least + Square))), float.MaxValue);
}
