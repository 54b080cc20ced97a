using System.IO.Compression;
using System.IO.Pipelines;
using Engine.Kernels;

namespace Engine.Data.Jsonl;

/// <summary>Text packed with gzip. Reading it from front to back costs one unpacking; going back starts again from the front.</summary>
/// <remarks>A few places are kept open, so that several readers, each going forward, do not disturb each other.</remarks>
/// <param name="file">The file.</param>
internal sealed class GzipTextFile(InputFile file) : TextFile(file)
{
    private const int MostCursors = 16;

    private readonly Lock _gate = new();
    private readonly List<Cursor> _cursors = [];

    /// <inheritdoc/>
    public override void Read(long offset, Span<byte> buffer)
    {
        Cursor cursor = Rent(offset);
        try
        {
            cursor.Skip(offset);
            cursor.Read(buffer);
        }
        catch (InvalidDataException damaged)
        {
            // Every byte was checked in the first pass.
            throw new EngineException(new EngineError(ExitCode.InputChanged, "CHANGED", "the input changed during the run: it cannot be unpacked any more. Run again when nothing writes to it.", File.Name), damaged);
        }

        Return(cursor);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        lock (_gate)
        {
            foreach (Cursor cursor in _cursors) cursor.Dispose();
            _cursors.Clear();
        }

        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task SendTextAsync(PipeWriter writer, int pieceBytes, Pass pass, Action<long> read)
    {
        using GzipReader reader = new(File);
        for (; ; )
        {
            pass.Cancel.ThrowIfCancellationRequested();
            int count = reader.Read(writer.GetSpan(pieceBytes)[..pieceBytes]);
            if (count == 0) break;
            TextLength += count;
            writer.Advance(count);
            read(reader.Consumed);
            if ((await writer.FlushAsync(pass.Cancel).ConfigureAwait(false)).IsCompleted) return;
        }

        read(File.Length);
    }

    // The open place nearest before the one wanted.
    private Cursor Rent(long offset)
    {
        lock (_gate)
        {
            Cursor? best = _cursors.Where(c => c.At <= offset).MaxBy(c => c.At);
            if (best is null) return new Cursor(File);
            _cursors.Remove(best);
            return best;
        }
    }

    private void Return(Cursor cursor)
    {
        lock (_gate)
        {
            _cursors.Add(cursor);
            if (_cursors.Count <= MostCursors) return;
            _cursors[0].Dispose();
            _cursors.RemoveAt(0);
        }
    }

    private sealed class Cursor(InputFile file) : IDisposable
    {
        private readonly GZipStream _stream = new(new InputFileStream(file, 0), CompressionMode.Decompress);

        public long At { get; private set; }

        public void Skip(long offset)
        {
            byte[] waste = new byte[(int)Math.Min(offset - At, 1 << 16)];
            while (At < offset) Read(waste.AsSpan(0, (int)Math.Min(waste.Length, offset - At)));
        }

        public void Read(Span<byte> buffer)
        {
            try
            {
                _stream.ReadExactly(buffer);
            }
            catch (EndOfStreamException)
            {
                throw new InvalidDataException("The packed text is shorter than it was.");
            }

            At += buffer.Length;
        }

        public void Dispose() => _stream.Dispose();
    }
}
