using System.Security.Cryptography;
using Engine.Kernels;
using Engine.Native.Files;
using Microsoft.Win32.SafeHandles;

namespace Engine.Data;

/// <summary>An input file, opened once: what it was then is what the run is about.</summary>
/// <remarks>Replacing the path by another file is harmless (the opened one stays); writing to the opened file is found by <see cref="Verify"/>.</remarks>
public sealed class InputFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly List<MappedFile> _maps = [];
    private string? _sha256;

    private InputFile(string path, string name, SafeFileHandle handle, FileIdentity identity) =>
        (Path, Name, _handle, Identity) = (path, name, handle, identity);

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>How messages call it: as the user wrote it where that is possible.</summary>
    public string Name { get; }

    /// <summary>Bytes it had when it was opened.</summary>
    public long Length => Identity.Size;

    /// <summary>Which file it is, and its state when it was opened.</summary>
    internal FileIdentity Identity { get; }

    /// <summary>The open file.</summary>
    internal SafeFileHandle Handle => _handle;

    /// <summary>Opens a regular file. Pipes, devices, sockets, directories and files of /proc are refused without being opened or read.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="name">How messages call it.</param>
    /// <exception cref="EngineException">Nothing is there or it is no regular file: exit 4. It cannot be opened: exit 7.</exception>
    internal static InputFile Open(string path, string name)
    {
        try
        {
            SafeFileHandle? handle = RegularFile.Open(path, out FileIdentity? identity);
            if (handle is not null) return new InputFile(path, name, handle, identity!.Value);
            if (identity is null && path.Contains('\ufffd', StringComparison.Ordinal))
                throw new EngineException(new EngineError(ExitCode.Io, "NAME", "the path holds bytes that are not UTF-8 (shown as \ufffd), so the file cannot be opened by its name. Rename the file or the folder.", name));
            if (identity is null) throw EngineException.Input(name, "MISSING", "the input file does not exist. Check the path; it is relative to the plan's folder.");
            throw EngineException.Input(name, "NOT_A_FILE", $"the input is {Describe(identity.Value.Kind)}, but a regular file is needed. Write its content to a file first.");
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Reading(name, refused);
        }
    }

    /// <summary>Reads bytes from a place in the file until the buffer is full.</summary>
    /// <param name="offset">First byte wanted.</param>
    /// <param name="buffer">Filled completely.</param>
    /// <exception cref="EngineException">The file became shorter: exit 5. It cannot be read: exit 7.</exception>
    internal void Read(long offset, Span<byte> buffer)
    {
        try
        {
            while (buffer.Length > 0)
            {
                int count = RandomAccess.Read(_handle, buffer, offset);
                if (count == 0) throw Changed($"it ends before byte {offset + buffer.Length} now, it had {Length} bytes when it was opened");
                buffer = buffer[count..];
                offset += count;
            }
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Reading(Name, refused);
        }
    }

    /// <summary>SHA-256 of the whole file in lower-case hexadecimal, computed when first asked for.</summary>
    /// <param name="pass">Cancellation, and progress in bytes.</param>
    /// <exception cref="EngineException">The file became shorter: exit 5. It cannot be read: exit 7.</exception>
    public string Sha256(Pass pass)
    {
        if (_sha256 is not null) return _sha256;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[(int)Math.Clamp(Length, 1, 1 << 20)];
        for (long done = 0; done < Length;)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, Length - done));
            Read(done, part);
            hash.AppendData(part);
            done += part.Length;
            pass.Report("bytes", done, Length);
        }

        return _sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Maps the whole file. While the map is in use the system holds up whoever wants to write to the file, where it can.</summary>
    /// <returns>The map, to be disposed by the caller; borrowing from it throws exit 5 once somebody wanted to write.</returns>
    /// <exception cref="EngineException">The file changed since it was opened: exit 5. It cannot be mapped: exit 7.</exception>
    internal MappedFile Map()
    {
        MappedFile map;
        try
        {
            map = MappedFile.Open(_handle, Length, Name, Unusable);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Reading(Name, refused);
        }

        lock (_maps) _maps.Add(map);
        try
        {
            // What is checked before the map is there may be cut before it is.
            Verify();
            return map;
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary>Looks whether anybody wrote to the file since it was opened, or wanted to while it was mapped.</summary>
    /// <exception cref="EngineException">Somebody did: exit 5, saying what changed. The system could not read a part of it: exit 7.</exception>
    public void Verify()
    {
        VerifyIdentity();
        lock (_maps)
        {
            if (_maps.Find(map => map.State != MapState.Sound) is { } map) throw Broken(map.State);
        }
    }

    private void VerifyIdentity()
    {
        FileIdentity now;
        try
        {
            now = FileIdentity.Of(_handle);
        }
        catch (Exception refused) when (IoError.IsFrom(refused))
        {
            throw IoError.Reading(Name, refused);
        }

        if (now.Size != Identity.Size) throw Changed($"it has {now.Size} bytes now, it had {Identity.Size} when it was opened");
        if (now != Identity) throw Changed($"its {Identity.Size} bytes were written to after it was opened (its time of modification changed)");
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    // What changed says more than that something was about to.
    private EngineException Unusable(MapState state)
    {
        try
        {
            VerifyIdentity();
            return Broken(state);
        }
        catch (EngineException changed)
        {
            return changed;
        }
    }

    private EngineException Broken(MapState state) => state == MapState.Revoked
        ? Changed("another program opened it for writing while it was mapped")
        : new EngineException(new EngineError(ExitCode.Io, "READ", "the system could not read a part of the file (SIGBUS). Check the disk, or the server that the file comes from.", Name));

    private EngineException Changed(string what) =>
        new(new EngineError(ExitCode.InputChanged, "CHANGED", $"the input changed during the run: {what}. Run again when nothing writes to it.", Name));

    private static string Describe(FileKind kind) => kind switch
    {
        FileKind.Directory => "a directory",
        FileKind.Fifo => "a named pipe (FIFO)",
        FileKind.Socket => "a socket",
        FileKind.Kernel => "a file that the kernel makes up on reading (/proc, /sys)",
        _ => "a device",
    };
}
