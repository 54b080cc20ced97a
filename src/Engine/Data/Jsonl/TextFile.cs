using Engine.Kernels;

namespace Engine.Data.Jsonl;

/// <summary>One file of text records: streamed once from front to back, then read here and there.</summary>
/// <param name="file">The file.</param>
internal abstract class TextFile(InputFile file) : IDisposable
{
    /// <summary>The file as it lies on the disk.</summary>
    public InputFile File => file;

    /// <summary>The layout of its records; known after the first one.</summary>
    public RecordLayout Layout { get; set; }

    /// <summary>The row of its first record; beyond every row until the file is reached.</summary>
    public int FirstRow { get; set; } = int.MaxValue;

    /// <summary>Bytes of text, unpacked; known when it was streamed.</summary>
    public long TextLength { get; protected set; }

    /// <summary>Cuts the whole text into lines.</summary>
    /// <param name="lines">Takes the lines.</param>
    /// <param name="pieceBytes">Bytes per piece; a few pieces are in memory.</param>
    /// <param name="pass">Cancellation.</param>
    /// <param name="read">Told how many bytes of the file were read.</param>
    public abstract void ReadLines(LineSplitter lines, int pieceBytes, Pass pass, Action<long> read);

    /// <summary>Reads text from any place until the buffer is full.</summary>
    /// <param name="offset">First byte, unpacked.</param>
    /// <param name="buffer">Filled completely.</param>
    /// <exception cref="EngineException">The file became shorter: exit 5. It cannot be read: exit 7.</exception>
    public abstract void Read(long offset, Span<byte> buffer);

    /// <summary>An error in a record.</summary>
    /// <param name="line">Its line, from 1.</param>
    /// <param name="fault">What is wrong.</param>
    public virtual EngineError Fault(long line, LineFault fault) =>
        new(ExitCode.Input, fault.Code, fault.Message, file.Name, (int)Math.Min(line, int.MaxValue), fault.Offset + 1);

    /// <summary>Where something stands, for messages about another place.</summary>
    /// <param name="line">Its line, from 1.</param>
    /// <param name="column">Its byte in the line, from 1.</param>
    public virtual string Place(long line, int column) => $"{file.Name}:{line}:{column}";

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}

/// <summary>Text that lies in the file as it is.</summary>
/// <param name="file">The file.</param>
internal sealed class PlainTextFile(InputFile file) : TextFile(file)
{
    /// <inheritdoc/>
    public override void Read(long offset, Span<byte> buffer) => File.Read(offset, buffer);

    /// <inheritdoc/>
    /// <remarks>One buffer, small enough to stay in the cache between the read and the reader: the kernel reads the disk ahead by itself.</remarks>
    public override void ReadLines(LineSplitter lines, int pieceBytes, Pass pass, Action<long> read)
    {
        TextLength = File.Length;
        byte[] buffer = new byte[(int)Math.Clamp(File.Length, 1, pieceBytes)];
        for (long done = 0; done < File.Length;)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, File.Length - done));
            File.Read(done, piece);
            lines.Feed(piece);
            done += piece.Length;
            read(done);
        }

        lines.Finish();
    }
}
