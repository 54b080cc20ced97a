using System.IO.Pipelines;
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

    /// <summary>Cuts the whole text into lines. One thread reads and unpacks ahead while this one takes the lines.</summary>
    /// <param name="lines">Takes the lines.</param>
    /// <param name="pieceBytes">Bytes per piece; a few pieces are in memory.</param>
    /// <param name="pass">Cancellation.</param>
    /// <param name="read">Told how many bytes of the file were read.</param>
    public async Task ReadLinesAsync(LineSplitter lines, int pieceBytes, Pass pass, Action<long> read)
    {
        Pipe pipe = new(new PipeOptions(minimumSegmentSize: pieceBytes, pauseWriterThreshold: 8L * pieceBytes, resumeWriterThreshold: 4L * pieceBytes, useSynchronizationContext: false));
        Task sending = Task.Run(() => SendAsync(pipe.Writer, pieceBytes, pass, read));
        try
        {
            for (bool completed = false; !completed;)
            {
                ReadResult result = await pipe.Reader.ReadAsync(pass.Cancel).ConfigureAwait(false);
                foreach (ReadOnlyMemory<byte> bytes in result.Buffer) lines.Feed(bytes.Span);
                pipe.Reader.AdvanceTo(result.Buffer.End);
                completed = result.IsCompleted;
            }

            lines.Finish();
        }
        finally
        {
            await pipe.Reader.CompleteAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(false);
        }
    }

    /// <summary>Reads text from any place until the buffer is full.</summary>
    /// <param name="offset">First byte, unpacked.</param>
    /// <param name="buffer">Filled completely.</param>
    /// <exception cref="EngineException">The file became shorter: exit 5. It cannot be read: exit 7.</exception>
    public abstract void Read(long offset, Span<byte> buffer);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    /// <summary>Sends the whole text through a pipe, stopping when the other end wants no more.</summary>
    protected abstract Task SendTextAsync(PipeWriter writer, int pieceBytes, Pass pass, Action<long> read);

    private async Task SendAsync(PipeWriter writer, int pieceBytes, Pass pass, Action<long> read)
    {
        Exception? failure = null;
        try
        {
            await SendTextAsync(writer, pieceBytes, pass, read).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // The reading end rethrows it, so that one place decides.
            failure = exception;
        }

        await writer.CompleteAsync(failure).ConfigureAwait(false);
    }
}

/// <summary>Text that lies in the file as it is.</summary>
/// <param name="file">The file.</param>
internal sealed class PlainTextFile(InputFile file) : TextFile(file)
{
    /// <inheritdoc/>
    public override void Read(long offset, Span<byte> buffer) => File.Read(offset, buffer);

    /// <inheritdoc/>
    protected override async Task SendTextAsync(PipeWriter writer, int pieceBytes, Pass pass, Action<long> read)
    {
        TextLength = File.Length;
        for (long done = 0; done < File.Length;)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            int count = (int)Math.Min(pieceBytes, File.Length - done);
            File.Read(done, writer.GetSpan(count)[..count]);
            writer.Advance(count);
            done += count;
            read(done);
            if ((await writer.FlushAsync(pass.Cancel).ConfigureAwait(false)).IsCompleted) return;
        }
    }
}
