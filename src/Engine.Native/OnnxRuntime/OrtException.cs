namespace Engine.Native.OnnxRuntime;

/// <summary>enum OrtErrorCode.</summary>
internal enum OrtErrorCode
{
    ORT_OK,
    ORT_FAIL,
    ORT_INVALID_ARGUMENT,
    ORT_NO_SUCHFILE,
    ORT_NO_MODEL,
    ORT_ENGINE_ERROR,
    ORT_RUNTIME_EXCEPTION,
    ORT_INVALID_PROTOBUF,
    ORT_MODEL_LOADED,
    ORT_NOT_IMPLEMENTED,
    ORT_INVALID_GRAPH,
    ORT_EP_FAIL,
}

/// <summary>ONNX Runtime refused.</summary>
/// <param name="code">Its code.</param>
/// <param name="message">Its words.</param>
internal sealed class OrtException(OrtErrorCode code, string message) : Exception($"ONNX Runtime: {code}: {message}")
{
    /// <summary>The library's code.</summary>
    public OrtErrorCode Code => code;

    /// <summary>The library's words.</summary>
    public string Words => message;

    /// <summary>Whether it found no memory; it has no code of its own for that.</summary>
    public bool OutOfMemory => message.Contains("Failed to allocate memory", StringComparison.Ordinal) || message.Contains("bad_alloc", StringComparison.Ordinal)
        || message.Contains("out of memory", StringComparison.OrdinalIgnoreCase);
}
