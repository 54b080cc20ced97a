using System.Runtime.InteropServices;

namespace Engine.Native.OnnxRuntime;

/// <summary>The functions of ONNX Runtime (1.12 or later) that running a model needs, under their own names.</summary>
/// <remarks>
/// The library exports one function, which leads to a table of the others; the number beside each is its place there. The table of an
/// interface version is only ever appended to, so asking for the oldest one that has every function used serves every later library.
/// Every function that gives a status gives null for success. Source: onnxruntime_c_api.h.
/// </remarks>
internal sealed unsafe class OrtNative
{
    /// <summary>The version of the table that is asked for: the oldest with every function below.</summary>
    internal const uint ORT_API_VERSION = 12;

    /// <summary>ORT_LOGGING_LEVEL_FATAL: a failure is told by its status, not on stderr as well.</summary>
    internal const int ORT_LOGGING_LEVEL_FATAL = 4;

    /// <summary>OrtArenaAllocator.</summary>
    internal const int OrtArenaAllocator = 1;

    /// <summary>OrtMemTypeDefault.</summary>
    internal const int OrtMemTypeDefault = 0;

    /// <summary>ORT_SEQUENTIAL.</summary>
    internal const int ORT_SEQUENTIAL = 0;

    /// <summary>ONNX_TYPE_TENSOR.</summary>
    internal const int ONNX_TYPE_TENSOR = 1;

    internal readonly delegate* unmanaged<nint, int> GetErrorCode;
    internal readonly delegate* unmanaged<nint, byte*> GetErrorMessage;
    internal readonly delegate* unmanaged<int, byte*, nint*, nint> CreateEnv;
    internal readonly delegate* unmanaged<nint, byte*, nint, nint*, nint> CreateSession;
    internal readonly delegate* unmanaged<nint, void*, nuint, nint, nint*, nint> CreateSessionFromArray;
    internal readonly delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint> Run;
    internal readonly delegate* unmanaged<nint*, nint> CreateSessionOptions;
    internal readonly delegate* unmanaged<nint, int, nint> SetSessionExecutionMode;
    internal readonly delegate* unmanaged<nint, nint> DisableMemPattern;
    internal readonly delegate* unmanaged<nint, int, nint> SetSessionLogSeverityLevel;
    internal readonly delegate* unmanaged<nint, int, nint> SetSessionGraphOptimizationLevel;
    internal readonly delegate* unmanaged<nint, int, nint> SetIntraOpNumThreads;
    internal readonly delegate* unmanaged<nint, int, nint> SetInterOpNumThreads;
    internal readonly delegate* unmanaged<nint, nuint*, nint> SessionGetInputCount;
    internal readonly delegate* unmanaged<nint, nuint*, nint> SessionGetOutputCount;
    internal readonly delegate* unmanaged<nint, nuint, nint*, nint> SessionGetInputTypeInfo;
    internal readonly delegate* unmanaged<nint, nuint, nint*, nint> SessionGetOutputTypeInfo;
    internal readonly delegate* unmanaged<nint, nuint, nint, byte**, nint> SessionGetInputName;
    internal readonly delegate* unmanaged<nint, nuint, nint, byte**, nint> SessionGetOutputName;
    internal readonly delegate* unmanaged<nint*, nint> CreateRunOptions;
    internal readonly delegate* unmanaged<nint, nint> RunOptionsSetTerminate;
    internal readonly delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint> CreateTensorWithDataAsOrtValue;
    internal readonly delegate* unmanaged<nint, int*, nint> IsTensor;
    internal readonly delegate* unmanaged<nint, void**, nint> GetTensorMutableData;
    internal readonly delegate* unmanaged<nint, nint*, nint> CastTypeInfoToTensorInfo;
    internal readonly delegate* unmanaged<nint, int*, nint> GetOnnxTypeFromTypeInfo;
    internal readonly delegate* unmanaged<nint, int*, nint> GetTensorElementType;
    internal readonly delegate* unmanaged<nint, nuint*, nint> GetDimensionsCount;
    internal readonly delegate* unmanaged<nint, long*, nuint, nint> GetDimensions;
    internal readonly delegate* unmanaged<nint, byte**, nuint, nint> GetSymbolicDimensions;
    internal readonly delegate* unmanaged<nint, nint*, nint> GetTensorTypeAndShape;
    internal readonly delegate* unmanaged<int, int, nint*, nint> CreateCpuMemoryInfo;
    internal readonly delegate* unmanaged<nint, void*, nint> AllocatorFree;
    internal readonly delegate* unmanaged<nint*, nint> GetAllocatorWithDefaultOptions;
    internal readonly delegate* unmanaged<nint, void> ReleaseEnv;
    internal readonly delegate* unmanaged<nint, void> ReleaseStatus;
    internal readonly delegate* unmanaged<nint, void> ReleaseMemoryInfo;
    internal readonly delegate* unmanaged<nint, void> ReleaseSession;
    internal readonly delegate* unmanaged<nint, void> ReleaseValue;
    internal readonly delegate* unmanaged<nint, void> ReleaseRunOptions;
    internal readonly delegate* unmanaged<nint, void> ReleaseTypeInfo;
    internal readonly delegate* unmanaged<nint, void> ReleaseTensorTypeAndShapeInfo;
    internal readonly delegate* unmanaged<nint, void> ReleaseSessionOptions;
    internal readonly delegate* unmanaged<byte***, int*, nint> GetAvailableProviders;
    internal readonly delegate* unmanaged<byte**, int, nint> ReleaseAvailableProviders;
    internal readonly delegate* unmanaged<nint, byte*, byte*, nint> AddSessionConfigEntry;
    internal readonly delegate* unmanaged<nint, nint, nint, nint> RunWithBinding;
    internal readonly delegate* unmanaged<nint, nint*, nint> CreateIoBinding;
    internal readonly delegate* unmanaged<nint, void> ReleaseIoBinding;
    internal readonly delegate* unmanaged<nint, byte*, nint, nint> BindInput;
    internal readonly delegate* unmanaged<nint, byte*, nint, nint> BindOutput;
    internal readonly delegate* unmanaged<nint, byte*, nint, nint> BindOutputToDevice;
    internal readonly delegate* unmanaged<nint, nint, nint**, nuint*, nint> GetBoundOutputValues;
    internal readonly delegate* unmanaged<nint, void> ClearBoundInputs;
    internal readonly delegate* unmanaged<nint, void> ClearBoundOutputs;
    internal readonly delegate* unmanaged<nint, nint, nint> SessionOptionsAppendExecutionProvider_CUDA_V2;
    internal readonly delegate* unmanaged<nint*, nint> CreateCUDAProviderOptions;
    internal readonly delegate* unmanaged<nint, byte**, byte**, nuint, nint> UpdateCUDAProviderOptions;
    internal readonly delegate* unmanaged<nint, void> ReleaseCUDAProviderOptions;

    /// <param name="table">The table of version 12 or later: at least 216 addresses.</param>
    internal OrtNative(nint* table)
    {
        GetErrorCode = (delegate* unmanaged<nint, int>)table[1];
        GetErrorMessage = (delegate* unmanaged<nint, byte*>)table[2];
        CreateEnv = (delegate* unmanaged<int, byte*, nint*, nint>)table[3];
        CreateSession = (delegate* unmanaged<nint, byte*, nint, nint*, nint>)table[7];
        CreateSessionFromArray = (delegate* unmanaged<nint, void*, nuint, nint, nint*, nint>)table[8];
        Run = (delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)table[9];
        CreateSessionOptions = (delegate* unmanaged<nint*, nint>)table[10];
        SetSessionExecutionMode = (delegate* unmanaged<nint, int, nint>)table[13];
        DisableMemPattern = (delegate* unmanaged<nint, nint>)table[17];
        SetSessionLogSeverityLevel = (delegate* unmanaged<nint, int, nint>)table[22];
        SetSessionGraphOptimizationLevel = (delegate* unmanaged<nint, int, nint>)table[23];
        SetIntraOpNumThreads = (delegate* unmanaged<nint, int, nint>)table[24];
        SetInterOpNumThreads = (delegate* unmanaged<nint, int, nint>)table[25];
        SessionGetInputCount = (delegate* unmanaged<nint, nuint*, nint>)table[30];
        SessionGetOutputCount = (delegate* unmanaged<nint, nuint*, nint>)table[31];
        SessionGetInputTypeInfo = (delegate* unmanaged<nint, nuint, nint*, nint>)table[33];
        SessionGetOutputTypeInfo = (delegate* unmanaged<nint, nuint, nint*, nint>)table[34];
        SessionGetInputName = (delegate* unmanaged<nint, nuint, nint, byte**, nint>)table[36];
        SessionGetOutputName = (delegate* unmanaged<nint, nuint, nint, byte**, nint>)table[37];
        CreateRunOptions = (delegate* unmanaged<nint*, nint>)table[39];
        RunOptionsSetTerminate = (delegate* unmanaged<nint, nint>)table[46];
        CreateTensorWithDataAsOrtValue = (delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)table[49];
        IsTensor = (delegate* unmanaged<nint, int*, nint>)table[50];
        GetTensorMutableData = (delegate* unmanaged<nint, void**, nint>)table[51];
        CastTypeInfoToTensorInfo = (delegate* unmanaged<nint, nint*, nint>)table[55];
        GetOnnxTypeFromTypeInfo = (delegate* unmanaged<nint, int*, nint>)table[56];
        GetTensorElementType = (delegate* unmanaged<nint, int*, nint>)table[60];
        GetDimensionsCount = (delegate* unmanaged<nint, nuint*, nint>)table[61];
        GetDimensions = (delegate* unmanaged<nint, long*, nuint, nint>)table[62];
        GetSymbolicDimensions = (delegate* unmanaged<nint, byte**, nuint, nint>)table[63];
        GetTensorTypeAndShape = (delegate* unmanaged<nint, nint*, nint>)table[65];
        CreateCpuMemoryInfo = (delegate* unmanaged<int, int, nint*, nint>)table[69];
        AllocatorFree = (delegate* unmanaged<nint, void*, nint>)table[76];
        GetAllocatorWithDefaultOptions = (delegate* unmanaged<nint*, nint>)table[78];
        ReleaseEnv = (delegate* unmanaged<nint, void>)table[92];
        ReleaseStatus = (delegate* unmanaged<nint, void>)table[93];
        ReleaseMemoryInfo = (delegate* unmanaged<nint, void>)table[94];
        ReleaseSession = (delegate* unmanaged<nint, void>)table[95];
        ReleaseValue = (delegate* unmanaged<nint, void>)table[96];
        ReleaseRunOptions = (delegate* unmanaged<nint, void>)table[97];
        ReleaseTypeInfo = (delegate* unmanaged<nint, void>)table[98];
        ReleaseTensorTypeAndShapeInfo = (delegate* unmanaged<nint, void>)table[99];
        ReleaseSessionOptions = (delegate* unmanaged<nint, void>)table[100];
        GetAvailableProviders = (delegate* unmanaged<byte***, int*, nint>)table[125];
        ReleaseAvailableProviders = (delegate* unmanaged<byte**, int, nint>)table[126];
        AddSessionConfigEntry = (delegate* unmanaged<nint, byte*, byte*, nint>)table[130];
        RunWithBinding = (delegate* unmanaged<nint, nint, nint, nint>)table[133];
        CreateIoBinding = (delegate* unmanaged<nint, nint*, nint>)table[134];
        ReleaseIoBinding = (delegate* unmanaged<nint, void>)table[135];
        BindInput = (delegate* unmanaged<nint, byte*, nint, nint>)table[136];
        BindOutput = (delegate* unmanaged<nint, byte*, nint, nint>)table[137];
        BindOutputToDevice = (delegate* unmanaged<nint, byte*, nint, nint>)table[138];
        GetBoundOutputValues = (delegate* unmanaged<nint, nint, nint**, nuint*, nint>)table[140];
        ClearBoundInputs = (delegate* unmanaged<nint, void>)table[141];
        ClearBoundOutputs = (delegate* unmanaged<nint, void>)table[142];
        SessionOptionsAppendExecutionProvider_CUDA_V2 = (delegate* unmanaged<nint, nint, nint>)table[204];
        CreateCUDAProviderOptions = (delegate* unmanaged<nint*, nint>)table[205];
        UpdateCUDAProviderOptions = (delegate* unmanaged<nint, byte**, byte**, nuint, nint>)table[206];
        ReleaseCUDAProviderOptions = (delegate* unmanaged<nint, void>)table[208];
    }

    /// <summary>The one gate from a status to an exception.</summary>
    /// <param name="status">What a function gave back; released here.</param>
    /// <exception cref="OrtException">It is an error.</exception>
    internal void Check(nint status)
    {
        if (status == 0) return;
        var code = (OrtErrorCode)GetErrorCode(status);
        string message = Marshal.PtrToStringUTF8((nint)GetErrorMessage(status)) ?? "";
        ReleaseStatus(status);
        throw new OrtException(code, message.Trim());
    }
}
