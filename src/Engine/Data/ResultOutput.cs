using Engine.Native.Files;

namespace Engine.Data;

/// <summary>Standard output without a safety net: a write that fails is an error, also when a reader closed the pipe.</summary>
internal static class ResultOutput
{
    private const int Descriptor = 1;
    private const int MessageDescriptor = 2;

    /// <summary>Whether there is a standard error to write messages to.</summary>
    internal static bool TakesMessages => StandardDescriptor.IsInherited(MessageDescriptor);

    /// <summary>Writes bytes at once.</summary>
    /// <exception cref="EngineException">They cannot be written. Exit 7.</exception>
    public static void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            StandardDescriptor.Write(Descriptor, bytes);
        }
        catch (IOException e)
        {
            throw IoError.Writing("standard output", e);
        }
    }
}
