using Engine.Data;

namespace Engine.Selections;

/// <summary>Where a task lies in a clustering: the centroid of the cluster that holds most of the task's rows, and those rows.</summary>
public sealed class TaskCentre : Value
{
    /// <inheritdoc/>
    public override ValueKind Kind => ValueKind.TaskCentre;

    /// <inheritdoc/>
    public override long Rows => Indices.Length;

    /// <summary>Every row of the task, whatever its cluster, ascending.</summary>
    public required int[] Indices { get; init; }

    /// <summary>Rows in the pool.</summary>
    public required long PoolRows { get; init; }

    /// <summary>The main cluster; ties went to the lower one.</summary>
    public required int Cluster { get; init; }

    /// <summary>[dim], the main cluster's centroid.</summary>
    public required float[] Centre { get; init; }
}
