using System.IO.Pipelines;
using Engine.Kernels;

namespace Engine.Data.Jsonl;

/// <summary>Unpacks a file from front to back.</summary>
internal abstract class PackedReader : IDisposable
{
    /// <summary>Bytes of the file that were read.</summary>
    public abstract long Consumed { get; }

    /// <summary>Unpacks the next bytes.</summary>
    /// <param name="buffer">Where they go, at least 1 byte.</param>
    /// <returns>How many; 0 at the end.</returns>
    /// <exception cref="EngineException">The file is damaged, cut short or followed by something else: exit 4.</exception>
    public abstract int Read(Span<byte> buffer);

    /// <summary>Stops unpacking.</summary>
    public abstract void Dispose();
}

/// <summary>Packed text. Reading it from front to back costs one unpacking; going back starts again from the front, or from a place nearer where the format has some.</summary>
/// <remarks>A few places are kept open, so that several readers, each going forward, do not disturb each other.</remarks>
/// <param name="file">The file.</param>
/// <param name="mostCursors">Places kept open at most.</param>
internal abstract class PackedTextFile(InputFile file, int mostCursors) : TextFile(file)
{
    private readonly Lock _gate = new();
    private readonly List<Cursor> _cursors = [];

    /// <inheritdoc/>
    public sealed override void Read(long offset, Span<byte> buffer)
    {
        Cursor? cursor = null;
        try
        {
            cursor = Rent(offset);
            cursor.Skip(offset);
            cursor.Read(buffer);
        }
        catch (Exception damaged) when (damaged is InvalidDataException or EngineException { Exit: ExitCode.Input })
        {
            // Every byte was checked in the first pass.
            cursor?.Dispose();
            throw new EngineException(new EngineError(ExitCode.InputChanged, "CHANGED", "the input changed during the run: it cannot be unpacked any more. Run again when nothing writes to it.", File.Name), damaged);
        }
        catch
        {
            cursor?.Dispose();
            throw;
        }

        Return(cursor);
    }

    /// <inheritdoc/>
    public sealed override void Dispose()
    {
        lock (_gate)
        {
            foreach (Cursor cursor in _cursors) cursor.Dispose();
            _cursors.Clear();
        }

        base.Dispose();
    }

    /// <summary>Begins the first pass, which checks everything the format allows to check.</summary>
    protected abstract PackedReader OpenChecked();

    /// <summary>Begins a later pass over what the first one accepted; <see cref="InvalidDataException"/> also says that it is damaged.</summary>
    /// <param name="restart">The text's offset to begin at, one that <see cref="RestartBefore"/> gave.</param>
    protected virtual PackedReader OpenAgain(long restart) => OpenChecked();

    /// <summary>The last place at or before an offset where a later pass can begin; 0 where it can begin at the front alone.</summary>
    protected virtual long RestartBefore(long offset) => 0;

    /// <inheritdoc/>
    /// <remarks>
    /// A thread of its own unpacks ahead while this one takes the lines. Neither end needs the thread pool: a caller that blocks one of its threads would otherwise
    /// wait until the pool makes another.
    /// </remarks>
    public sealed override void ReadLines(LineSplitter lines, int pieceBytes, Pass pass, Action<long> read)
    {
        Pipe pipe = new(new PipeOptions(
            readerScheduler: PipeScheduler.Inline,
            writerScheduler: PipeScheduler.Inline,
            minimumSegmentSize: pieceBytes,
            pauseWriterThreshold: 8L * pieceBytes,
            resumeWriterThreshold: 4L * pieceBytes,
            useSynchronizationContext: false));
        Task sending = Task.Factory.StartNew(() => Send(pipe.Writer, pieceBytes, pass, read), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            for (bool completed = false; !completed;)
            {
                ReadResult result = Await(pipe.Reader.ReadAsync(pass.Cancel));
                foreach (ReadOnlyMemory<byte> bytes in result.Buffer) lines.Feed(bytes.Span);
                pipe.Reader.AdvanceTo(result.Buffer.End);
                completed = result.IsCompleted;
            }

            lines.Finish();
        }
        finally
        {
            pipe.Reader.Complete();
            sending.GetAwaiter().GetResult();
        }
    }

    private void Send(PipeWriter writer, int pieceBytes, Pass pass, Action<long> read)
    {
        Exception? failure = null;
        try
        {
            SendText(writer, pieceBytes, pass, read);
        }
        catch (Exception exception)
        {
            // The reading end rethrows it, so that one place decides.
            failure = exception;
        }

        writer.Complete(failure);
    }

    // Sends the whole text through the pipe, stopping when the other end wants no more.
    private void SendText(PipeWriter writer, int pieceBytes, Pass pass, Action<long> read)
    {
        using PackedReader reader = OpenChecked();
        for (; ; )
        {
            pass.Cancel.ThrowIfCancellationRequested();
            int count = reader.Read(writer.GetSpan(pieceBytes)[..pieceBytes]);
            if (count == 0) break;
            TextLength += count;
            writer.Advance(count);
            read(reader.Consumed);
            if (Await(writer.FlushAsync(pass.Cancel)).IsCompleted) return;
        }

        read(File.Length);
    }

    private static T Await<T>(ValueTask<T> pending) => pending.IsCompleted ? pending.GetAwaiter().GetResult() : pending.AsTask().GetAwaiter().GetResult();

    // The open place nearest before the one wanted.
    private Cursor Rent(long offset)
    {
        lock (_gate)
        {
            Cursor? best = _cursors.Where(c => c.At <= offset).MaxBy(c => c.At);
            long restart = RestartBefore(offset);
            if (best is null || best.At < restart) return new Cursor(OpenAgain(restart), restart);
            _cursors.Remove(best);
            return best;
        }
    }

    private void Return(Cursor cursor)
    {
        lock (_gate)
        {
            _cursors.Add(cursor);
            if (_cursors.Count <= mostCursors) return;
            _cursors[0].Dispose();
            _cursors.RemoveAt(0);
        }
    }

    private sealed class Cursor(PackedReader reader, long start) : IDisposable
    {
        public long At { get; private set; } = start;

        public void Skip(long offset)
        {
            byte[] waste = new byte[(int)Math.Min(offset - At, 1 << 16)];
            while (At < offset) Read(waste.AsSpan(0, (int)Math.Min(waste.Length, offset - At)));
        }

        public void Read(Span<byte> buffer)
        {
            while (buffer.Length > 0)
            {
                int count = reader.Read(buffer);
                if (count == 0) throw new InvalidDataException("The packed text is shorter than it was.");
                buffer = buffer[count..];
                At += count;
            }
        }

        public void Dispose() => reader.Dispose();
    }
}
