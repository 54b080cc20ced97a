using System.Runtime.InteropServices;

namespace Engine.Native.Faiss;

/// <summary>An index that FAISS made; freed once, whoever forgets it.</summary>
internal sealed unsafe class FaissIndexHandle : SafeHandle
{
    /// <summary>Takes an index over.</summary>
    public FaissIndexHandle(FaissNative faiss, nint index)
        : base(0, ownsHandle: true)
    {
        Faiss = faiss;
        SetHandle(index);
    }

    /// <summary>The library.</summary>
    public FaissNative Faiss { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Faiss.faiss_Index_free(handle);
        return true;
    }
}

/// <summary>Knows which parameters indexes have, by name.</summary>
internal sealed unsafe class FaissParameterSpaceHandle : SafeHandle
{
    private readonly FaissNative _faiss;

    /// <summary>Makes one.</summary>
    public FaissParameterSpaceHandle(FaissNative faiss)
        : base(0, ownsHandle: true)
    {
        _faiss = faiss;
        nint space = 0;
        faiss.Check(faiss.faiss_ParameterSpace_new(&space));
        SetHandle(space);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        _faiss.faiss_ParameterSpace_free(handle);
        return true;
    }
}
