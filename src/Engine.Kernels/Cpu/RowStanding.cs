namespace Engine.Kernels.Cpu;

/// <summary>Where a row in the tile of a <see cref="RowRelaxation{TLanes, TFloat, TDouble, TElement}"/> stands.</summary>
internal struct RowStanding
{
    public int Row;
    public int Seen;
    public int Nearest;
    public double Least;
    public double Scale;
    public double Square;
    public double Margin;
    public float Twice;
    public float Limit;

    /// <summary>What a proposal must not be above. Proposals are finite and those of empty places are not: a finite limit keeps these out.</summary>
    public void SetLimit() => Limit = Math.Min(ProposalError.RoundUp(Least - Square + Margin), float.MaxValue);
}
