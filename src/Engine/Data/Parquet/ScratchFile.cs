using Microsoft.Win32.SafeHandles;

namespace Engine.Data.Parquet;

/// <summary>A file without a name: it takes room on the disk while it is open, and nothing is left of it however the process ends.</summary>
/// <remarks>It lies in the folder that <c>TMPDIR</c> names, else in <c>/var/tmp</c>, which unlike <c>/tmp</c> is a disk on every system, else in <c>/tmp</c>.</remarks>
internal sealed class ScratchFile : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly FileStream _stream;

    private ScratchFile(FileStream stream, string folder) => (_stream, Folder) = (stream, folder);

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>The open file.</summary>
    public SafeFileHandle Handle => _stream.SafeFileHandle;

    /// <summary>Makes one.</summary>
    /// <exception cref="EngineException">The folder cannot be written to: exit 7.</exception>
    public static ScratchFile Create()
    {
        string folder = Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } given ? given : Directory.Exists("/var/tmp") ? "/var/tmp" : "/tmp";
        string path = Path.Combine(folder, $"engine-scratch-{Guid.NewGuid():N}");
        try
        {
            FileStream stream = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferBytes);
            File.Delete(path);
            return new ScratchFile(stream, folder);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw Failure(folder, refused);
        }
    }

    /// <summary>Appends bytes.</summary>
    /// <exception cref="EngineException">There is no room: exit 7.</exception>
    public void Write(ReadOnlySpan<byte> bytes) => Guard(() => { }, bytes);

    /// <summary>Brings everything written into the file, so that a map shows it.</summary>
    /// <exception cref="EngineException">There is no room: exit 7.</exception>
    public void Flush() => Guard(_stream.Flush, []);

    /// <summary>Closes it; its room is free when nothing maps it any more.</summary>
    public void Dispose()
    {
        try
        {
            _stream.Dispose();
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            // What is still in the buffer of a file that nobody will read again need not arrive.
            _stream.SafeFileHandle.Dispose();
        }
    }

    private void Guard(Action then, ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (bytes.Length > 0) FileBytes.Write(_stream, bytes);
            then();
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw Failure(Folder, refused);
        }
    }

    private static EngineException Failure(string folder, Exception refused) =>
        new([.. IoError.Writing($"a temporary file in {folder}", refused).Errors.Select(e => e with { Message = $"{e.Message} Set TMPDIR to choose another folder." })], refused);
}
