using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Engine.Native.Faiss;

/// <summary>The functions of FAISS's C interface that indexes need, under their own names, and the extras that only the engine's own library has.</summary>
/// <remarks>
/// Source: the headers in faiss/c_api, version 1.7.3 or later. Any library with these names will do: <c>libengine_faiss.so</c>, which the build makes of
/// <c>engine_faiss.cpp</c>, or one that comes with FAISS. FAISS is entered on one OpenMP thread at a time, and BLAS has one thread: lanes of .NET do the rest.
/// </remarks>
internal sealed unsafe class FaissNative
{
    /// <summary>METRIC_INNER_PRODUCT.</summary>
    internal const int METRIC_INNER_PRODUCT = 0;

    /// <summary>METRIC_L2.</summary>
    internal const int METRIC_L2 = 1;

    /// <summary>STD_EXCEPT: the library met an exception of C++ itself.</summary>
    internal const int STD_EXCEPT = -4;

    private static readonly Version Oldest = new(1, 7, 3);

    /// <summary>Where it is looked for.</summary>
    internal static readonly NativeLibraryQuery Query = new(
        "FAISS", "ENGINE_FAISS_LIB", FileNames(),
        [
            "faiss_index_factory", "faiss_Index_free", "faiss_Index_d", "faiss_Index_ntotal", "faiss_Index_is_trained", "faiss_Index_metric_type", "faiss_Index_train",
            "faiss_Index_add", "faiss_Index_search", "faiss_write_index_fname", "faiss_read_index_fname", "faiss_IndexIVF_cast", "faiss_IndexIVF_nlist",
            "faiss_IndexIVF_quantizer", "faiss_ParameterSpace_new", "faiss_ParameterSpace_free", "faiss_ParameterSpace_set_index_parameter",
            "faiss_set_distance_compute_blas_threshold", "faiss_get_last_error", "faiss_get_version",
        ],
        "apt-get install g++ libfaiss-dev libopenblas-dev and build the engine again (or conda install -c pytorch libfaiss)");

    // A failure is not kept: the user of a long-lived program may install the library and try again.
    private static readonly Lazy<FaissNative> Loaded = new(() => Load(Query), LazyThreadSafetyMode.PublicationOnly);

    internal readonly delegate* unmanaged<nint*, int, byte*, int, int> faiss_index_factory;
    internal readonly delegate* unmanaged<nint, void> faiss_Index_free;
    internal readonly delegate* unmanaged<nint, int> faiss_Index_d;
    internal readonly delegate* unmanaged<nint, long> faiss_Index_ntotal;
    internal readonly delegate* unmanaged<nint, int> faiss_Index_is_trained;
    internal readonly delegate* unmanaged<nint, int> faiss_Index_metric_type;
    internal readonly delegate* unmanaged<nint, long, float*, int> faiss_Index_train;
    internal readonly delegate* unmanaged<nint, long, float*, int> faiss_Index_add;
    internal readonly delegate* unmanaged<nint, long, float*, long, float*, long*, int> faiss_Index_search;
    internal readonly delegate* unmanaged<nint, byte*, int> faiss_write_index_fname;
    internal readonly delegate* unmanaged<byte*, int, nint*, int> faiss_read_index_fname;
    internal readonly delegate* unmanaged<nint, nint> faiss_IndexIVF_cast;
    internal readonly delegate* unmanaged<nint, nuint> faiss_IndexIVF_nlist;
    internal readonly delegate* unmanaged<nint, nint> faiss_IndexIVF_quantizer;
    internal readonly delegate* unmanaged<nint*, int> faiss_ParameterSpace_new;
    internal readonly delegate* unmanaged<nint, void> faiss_ParameterSpace_free;
    internal readonly delegate* unmanaged<nint, nint, byte*, double, int> faiss_ParameterSpace_set_index_parameter;
    internal readonly delegate* unmanaged<int, void> faiss_set_distance_compute_blas_threshold;
    internal readonly delegate* unmanaged<byte*> faiss_get_last_error;
    internal readonly delegate* unmanaged<byte*> faiss_get_version;

    /// <summary>Null where the library is not the engine's own.</summary>
    internal readonly delegate* unmanaged<int*, void> engine_faiss_watch;

    /// <summary>Null where the library is not the engine's own.</summary>
    internal readonly delegate* unmanaged<byte*> engine_faiss_compile_options;

    /// <summary>Of the OpenMP runtime that the library brought along; null where it has none.</summary>
    internal readonly delegate* unmanaged<int, void> omp_set_num_threads;

    private FaissNative(LoadedLibrary library)
    {
        Library = library;
        faiss_index_factory = (delegate* unmanaged<nint*, int, byte*, int, int>)library.Export("faiss_index_factory");
        faiss_Index_free = (delegate* unmanaged<nint, void>)library.Export("faiss_Index_free");
        faiss_Index_d = (delegate* unmanaged<nint, int>)library.Export("faiss_Index_d");
        faiss_Index_ntotal = (delegate* unmanaged<nint, long>)library.Export("faiss_Index_ntotal");
        faiss_Index_is_trained = (delegate* unmanaged<nint, int>)library.Export("faiss_Index_is_trained");
        faiss_Index_metric_type = (delegate* unmanaged<nint, int>)library.Export("faiss_Index_metric_type");
        faiss_Index_train = (delegate* unmanaged<nint, long, float*, int>)library.Export("faiss_Index_train");
        faiss_Index_add = (delegate* unmanaged<nint, long, float*, int>)library.Export("faiss_Index_add");
        faiss_Index_search = (delegate* unmanaged<nint, long, float*, long, float*, long*, int>)library.Export("faiss_Index_search");
        faiss_write_index_fname = (delegate* unmanaged<nint, byte*, int>)library.Export("faiss_write_index_fname");
        faiss_read_index_fname = (delegate* unmanaged<byte*, int, nint*, int>)library.Export("faiss_read_index_fname");
        faiss_IndexIVF_cast = (delegate* unmanaged<nint, nint>)library.Export("faiss_IndexIVF_cast");
        faiss_IndexIVF_nlist = (delegate* unmanaged<nint, nuint>)library.Export("faiss_IndexIVF_nlist");
        faiss_IndexIVF_quantizer = (delegate* unmanaged<nint, nint>)library.Export("faiss_IndexIVF_quantizer");
        faiss_ParameterSpace_new = (delegate* unmanaged<nint*, int>)library.Export("faiss_ParameterSpace_new");
        faiss_ParameterSpace_free = (delegate* unmanaged<nint, void>)library.Export("faiss_ParameterSpace_free");
        faiss_ParameterSpace_set_index_parameter = (delegate* unmanaged<nint, nint, byte*, double, int>)library.Export("faiss_ParameterSpace_set_index_parameter");
        faiss_set_distance_compute_blas_threshold = (delegate* unmanaged<int, void>)library.Export("faiss_set_distance_compute_blas_threshold");
        faiss_get_last_error = (delegate* unmanaged<byte*>)library.Export("faiss_get_last_error");
        faiss_get_version = (delegate* unmanaged<byte*>)library.Export("faiss_get_version");
        engine_faiss_watch = (delegate* unmanaged<int*, void>)library.Find("engine_faiss_watch");
        engine_faiss_compile_options = (delegate* unmanaged<byte*>)library.Find("engine_faiss_compile_options");

        // The loader looks a name up in the library and in what it depends on, so these are found wherever they come from.
        omp_set_num_threads = (delegate* unmanaged<int, void>)library.Find("omp_set_num_threads");
        Version = Marshal.PtrToStringUTF8((nint)faiss_get_version()) ?? "";
    }

    /// <summary>The library, loaded when it is first asked for.</summary>
    /// <exception cref="NativeLibraryMissingException">It is not there, or too old.</exception>
    public static FaissNative Instance => Loaded.Value;

    /// <summary>Where it came from.</summary>
    public LoadedLibrary Library { get; }

    /// <summary>The version it says it has.</summary>
    public string Version { get; }

    /// <summary>The version, what it was compiled for where it says that, and the BLAS it works with where that is OpenBLAS.</summary>
    public string Description
    {
        get
        {
            string options = engine_faiss_compile_options == null ? "" : $", {(Marshal.PtrToStringUTF8((nint)engine_faiss_compile_options()) ?? "").Trim()}";
            var blas = (delegate* unmanaged<byte*>)Library.Find("openblas_get_config");
            return $"{Version}{options}{(blas == null ? "" : $", {(Marshal.PtrToStringUTF8((nint)blas()) ?? "").Trim()}")}";
        }
    }

    /// <summary>Loads a library that is new enough and sets what holds for the whole process: products always through BLAS, on one thread.</summary>
    /// <exception cref="NativeLibraryMissingException">It is not there, or too old.</exception>
    internal static FaissNative Load(NativeLibraryQuery query)
    {
        FaissNative faiss = new(NativeLibraries.Load(query));
        if (!System.Version.TryParse(faiss.Version.Split('-', '+')[0], out Version? version) || version < Oldest)
            throw new NativeLibraryMissingException(query.Name, [$"{faiss.Library.Path} (is version {faiss.Version}, {Oldest} or later is needed)"], query.Variable, query.Install);

        // Few queries would otherwise go through plain loops, which are many times slower.
        faiss.faiss_set_distance_compute_blas_threshold(1);
        foreach (string setter in (string[])["openblas_set_num_threads", "MKL_Set_Num_Threads"])
        {
            var set = (delegate* unmanaged<int, void>)faiss.Library.Find(setter);
            if (set != null) set(1);
        }

        return faiss;
    }

    /// <summary>The one gate from a status to an exception.</summary>
    /// <exception cref="FaissException">The library refused; its own text is the message.</exception>
    /// <exception cref="InsufficientMemoryException">It found no memory.</exception>
    public void Check(int status)
    {
        if (status == 0) return;
        string text = Marshal.PtrToStringUTF8((nint)faiss_get_last_error()) ?? "unknown error";
        if (status == STD_EXCEPT && text.Contains("bad_alloc", StringComparison.Ordinal)) throw new InsufficientMemoryException("FAISS found no memory.");
        throw new FaissException(text);
    }

    /// <summary>The number of OpenMP threads belongs to the calling thread, and .NET may call from any: it is set before every call that works for long.</summary>
    public void OneThread()
    {
        if (omp_set_num_threads != null) omp_set_num_threads(1);
    }

    /// <summary>The engine's own library first, then FAISS's for the best instructions this processor has; the loader would take one that the processor cannot run.</summary>
    private static string[] FileNames()
    {
        List<string> names = ["libengine_faiss.so"];
        if (Avx512F.IsSupported && Avx512DQ.IsSupported && Avx512BW.IsSupported) names.Add("libfaiss_c_avx512.so");
        if (Avx2.IsSupported && Fma.IsSupported) names.Add("libfaiss_c_avx2.so");
        return [.. names, "libfaiss_c.so"];
    }
}

/// <summary>FAISS refused.</summary>
/// <param name="text">Its own text.</param>
internal sealed class FaissException(string text) : Exception(text);
