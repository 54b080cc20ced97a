using System.IO.Compression;

namespace Engine.Data.Jsonl;

/// <summary>Text packed with gzip.</summary>
/// <param name="file">The file.</param>
internal sealed class GzipTextFile(InputFile file) : PackedTextFile(file, mostCursors: 16)
{
    /// <inheritdoc/>
    protected override PackedReader OpenChecked() => new GzipReader(File);

    /// <inheritdoc/>
    protected override PackedReader OpenAgain(long restart) => new AcceptedReader(File);

    // The first pass found whole members and right checksums; the framework's stream is faster without them.
    private sealed class AcceptedReader(InputFile file) : PackedReader
    {
        private readonly GZipStream _stream = new(new InputFileStream(file, 0), CompressionMode.Decompress);

        public override long Consumed => _stream.BaseStream.Position;

        public override int Read(Span<byte> buffer) => _stream.Read(buffer);

        public override void Dispose() => _stream.Dispose();
    }
}
