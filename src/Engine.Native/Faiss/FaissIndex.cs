using System.Text;

namespace Engine.Native.Faiss;

/// <summary>What an index ranks by.</summary>
internal enum FaissMetric
{
    /// <summary>The inner product, highest first.</summary>
    InnerProduct = FaissNative.METRIC_INNER_PRODUCT,

    /// <summary>The squared Euclidean distance, lowest first.</summary>
    SquaredL2 = FaissNative.METRIC_L2,
}

/// <summary>An index of float32 vectors.</summary>
/// <remarks>Searches may run at the same time on several threads; training, adding and setting parameters need the index for themselves. Every call works on one OpenMP thread.</remarks>
internal sealed unsafe class FaissIndex : IDisposable
{
    private readonly FaissIndexHandle _handle;
    private readonly FaissNative _faiss;

    private FaissIndex(FaissNative faiss, nint index)
    {
        _faiss = faiss;
        _handle = new FaissIndexHandle(faiss, index);
    }

    /// <summary>Elements in a vector.</summary>
    public int Dim => Use(index => _faiss.faiss_Index_d(index));

    /// <summary>Vectors in it.</summary>
    public long Count => Use(index => _faiss.faiss_Index_ntotal(index));

    /// <summary>Whether vectors can be added.</summary>
    public bool IsTrained => Use(index => _faiss.faiss_Index_is_trained(index)) != 0;

    /// <summary>What it ranks by; a number that is no name where FAISS knows more metrics.</summary>
    public FaissMetric Metric => (FaissMetric)Use(index => _faiss.faiss_Index_metric_type(index));

    /// <summary>Inverted lists; 0 of an index that has none, or has them inside another one.</summary>
    public long Lists => Use(index => _faiss.faiss_IndexIVF_cast(index) is var ivf && ivf == 0 ? 0 : checked((long)_faiss.faiss_IndexIVF_nlist(ivf)));

    /// <summary>Makes an empty index.</summary>
    /// <param name="dim">Elements in a vector, at least 1.</param>
    /// <param name="factory">What kind, in the words of FAISS's index factory, such as <c>IVF1024,Flat</c>.</param>
    /// <param name="metric">What it ranks by.</param>
    /// <exception cref="NativeLibraryMissingException">FAISS is not there.</exception>
    /// <exception cref="FaissException">FAISS knows no such kind.</exception>
    public static FaissIndex Create(int dim, string factory, FaissMetric metric)
    {
        FaissNative faiss = FaissNative.Instance;
        nint index = 0;

        // The text is pinned for the call and ends with a zero.
        fixed (byte* text = Terminated(factory)) faiss.Check(faiss.faiss_index_factory(&index, dim, text, (int)metric));
        return new FaissIndex(faiss, index);
    }

    /// <summary>Reads an index. FAISS trusts the file: only one that is known to be whole may be given.</summary>
    /// <exception cref="NativeLibraryMissingException">FAISS is not there.</exception>
    /// <exception cref="FaissException">FAISS cannot read it.</exception>
    public static FaissIndex Read(string path)
    {
        FaissNative faiss = FaissNative.Instance;
        nint index = 0;

        // The text is pinned for the call and ends with a zero.
        fixed (byte* text = Terminated(path)) faiss.Check(faiss.faiss_read_index_fname(text, 0, &index));
        return new FaissIndex(faiss, index);
    }

    /// <summary>Writes it.</summary>
    /// <exception cref="FaissException">The file cannot be written.</exception>
    public void Write(string path)
    {
        using Lease lease = new(_handle);

        // The text is pinned for the call and ends with a zero.
        fixed (byte* text = Terminated(path)) _faiss.Check(_faiss.faiss_write_index_fname(lease.Index, text));
    }

    /// <summary>Gives an index with inverted lists its centroids, so that training has none to find.</summary>
    /// <param name="centroids">[lists x dim], row-major.</param>
    /// <exception cref="FaissException">The index has no inverted lists, another number of them, or centroids already.</exception>
    public void SetCentroids(ReadOnlySpan<float> centroids)
    {
        using Lease lease = new(_handle);
        long count = Vectors(centroids);
        nint ivf = _faiss.faiss_IndexIVF_cast(lease.Index);
        if (ivf == 0 || checked((long)_faiss.faiss_IndexIVF_nlist(ivf)) != count) throw new FaissException($"the index does not take {count} centroids");
        nint quantizer = _faiss.faiss_IndexIVF_quantizer(ivf);
        if (_faiss.faiss_Index_ntotal(quantizer) != 0) throw new FaissException("the index has centroids already");
        _faiss.OneThread();

        // The quantizer belongs to the index, which the lease keeps; count vectors lie in the span.
        fixed (float* x = centroids) _faiss.Check(_faiss.faiss_Index_add(quantizer, count, x));
    }

    /// <summary>Trains it.</summary>
    /// <param name="vectors">[n x dim], row-major.</param>
    /// <param name="cancel">Stops it, where the library is the engine's own.</param>
    /// <exception cref="FaissException">FAISS refused.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; the index is of no use any more.</exception>
    public void Train(ReadOnlySpan<float> vectors, CancellationToken cancel) => Take(_faiss.faiss_Index_train, vectors, cancel);

    /// <summary>Adds vectors; they get the next numbers.</summary>
    /// <inheritdoc cref="Train"/>
    public void Add(ReadOnlySpan<float> vectors, CancellationToken cancel) => Take(_faiss.faiss_Index_add, vectors, cancel);

    /// <summary>Finds the best vectors for each query.</summary>
    /// <param name="queries">[n x dim], row-major.</param>
    /// <param name="depth">How many for each, at least 1.</param>
    /// <param name="scores">Destination, [n x depth].</param>
    /// <param name="labels">Destination, [n x depth], best first; -1 where there is none.</param>
    /// <param name="cancel">Stops it, where the library is the engine's own.</param>
    /// <exception cref="FaissException">FAISS refused.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Search(ReadOnlySpan<float> queries, int depth, Span<float> scores, Span<long> labels, CancellationToken cancel)
    {
        using Lease lease = new(_handle);
        long count = Vectors(queries);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        if (scores.Length < checked(count * depth) || labels.Length < count * depth) throw new ArgumentException($"{count} queries of depth {depth} need {count * depth} places.", nameof(labels));
        _faiss.OneThread();

        // Count queries lie in their span and count * depth places in the others, and all stay where they are for the call.
        using FaissWatch watch = new(_faiss, cancel);
        fixed (float* x = queries, to = scores)
        fixed (long* into = labels)
            watch.Check(_faiss.faiss_Index_search(lease.Index, count, x, depth, to, into));
    }

    /// <summary>Sets a parameter of searches, such as <c>nprobe</c> or <c>efSearch</c>.</summary>
    /// <exception cref="FaissException">The index has no such parameter.</exception>
    public void Set(string parameter, double value)
    {
        using Lease lease = new(_handle);
        using FaissParameterSpaceHandle space = new(_faiss);

        // The text is pinned for the call and ends with a zero; nobody else has the space.
        fixed (byte* text = Terminated(parameter)) _faiss.Check(_faiss.faiss_ParameterSpace_set_index_parameter(space.DangerousGetHandle(), lease.Index, text, value));
    }

    /// <summary>Frees the index.</summary>
    public void Dispose() => _handle.Dispose();

    private long Vectors(ReadOnlySpan<float> values)
    {
        int dim = Dim;
        return values.Length % dim == 0 ? values.Length / dim : throw new ArgumentException($"{values.Length} values do not fill vectors of {dim}.", nameof(values));
    }

    /// <summary>Hands vectors to FAISS.</summary>
    private void Take(delegate* unmanaged<nint, long, float*, int> call, ReadOnlySpan<float> vectors, CancellationToken cancel)
    {
        using Lease lease = new(_handle);
        long count = Vectors(vectors);
        _faiss.OneThread();

        // Count vectors lie in the span, which stays where it is for the call.
        using FaissWatch watch = new(_faiss, cancel);
        fixed (float* x = vectors) watch.Check(call(lease.Index, count, x));
    }

    private T Use<T>(Func<nint, T> call)
    {
        using Lease lease = new(_handle);
        return call(lease.Index);
    }

    private static byte[] Terminated(string text)
    {
        // A zero inside would end the text early.
        if (text.Contains('\0', StringComparison.Ordinal)) throw new FaissException("a text holds a NUL");
        return [.. Encoding.UTF8.GetBytes(text), 0];
    }

    /// <summary>Keeps an index from being freed while it is in use.</summary>
    private readonly ref struct Lease
    {
        private readonly FaissIndexHandle _held;
        private readonly bool _taken;

        public Lease(FaissIndexHandle handle)
        {
            _held = handle;
            handle.DangerousAddRef(ref _taken);
            Index = handle.DangerousGetHandle();
        }

        public nint Index { get; }

        public void Dispose()
        {
            if (_taken) _held.DangerousRelease();
        }
    }
}
