using Engine.Data.Jsonl;
using Engine.Data.Matrices;
using Engine.Kernels;

namespace Engine.Data.Parquet;

/// <summary>Walks over every page of a file, without unpacking: headers, sizes, counts of values, and checksums where the writer left some.</summary>
/// <remarks>The library that unpacks the pages believes their headers and does not look at checksums, so this comes before it.</remarks>
/// <param name="file">The file.</param>
/// <param name="footer">Its footer.</param>
internal sealed class ParquetPages(InputFile file, ParquetFooter footer)
{
    /// <summary>Largest page, unpacked, that is read: many times what writers make.</summary>
    public const int MaxPageBytes = 512 << 20;

    private const int FirstHeaderBytes = 256;
    private const int MaxHeaderBytes = 16 << 20;
    private const int PieceBytes = 1 << 20;

    // parquet.thrift, enum CompressionCodec; LZO is read by nobody.
    private static readonly string?[] Codecs = ["none", "snappy", "gzip", null, "brotli", "lz4", "zstd", "lz4 raw"];

    private byte[] _buffer = new byte[FirstHeaderBytes];
    private byte[] _piece = [];

    /// <summary>How pages are packed, in words.</summary>
    public IReadOnlyList<string> CodecNames => [.. footer.Groups.SelectMany(g => g.Chunks).Select(c => CodecName(c.Codec)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Checks every page.</summary>
    /// <exception cref="EngineException">A page does not fit the file, its column or its checksum: exit 4, with the offset.</exception>
    public void Check(Pass pass)
    {
        for (int group = 0; group < footer.Groups.Count; group++)
        {
            foreach (ParquetChunk chunk in footer.Groups[group].Chunks)
            {
                pass.Cancel.ThrowIfCancellationRequested();
                CodecName(chunk.Codec);
                if (footer.Groups[group].Rows > 0) Check(chunk, group);
            }
        }
    }

    private void Check(ParquetChunk chunk, int group)
    {
        long at = chunk.Start;
        for (long values = 0; values < chunk.Values;)
        {
            if (at >= footer.Start)
                throw InputError.At(file, chunk.Start, "PAGE", $"row group {group}: a column's pages hold {values} of its {chunk.Values} values. The file is damaged; copy or write it again.");
            Page page = ReadHeader(at, out int headerBytes);
            long end = at + headerBytes + page.Packed;
            if (page.Packed < 0 || page.Values < 0 || end > footer.Start)
                throw InputError.At(file, at, "PAGE", $"a page of {page.Packed} bytes with {page.Values} values does not lie in the file, whose pages end at {footer.Start}. The file is damaged; copy or write it again.");
            if (page.Unpacked is < 0 or > MaxPageBytes)
                throw InputError.At(file, at, "PAGE", $"a page claims {page.Unpacked} bytes unpacked, but at most {MaxPageBytes} are read. The file is damaged, or must be written with smaller pages.");
            if (chunk.Codec == 0 && page.Packed != page.Unpacked)
                throw InputError.At(file, at, "PAGE", $"a page that is not packed claims {page.Packed} and {page.Unpacked} bytes. The file is damaged; copy or write it again.");
            if (page.Crc is uint crc) CheckCrc(at, at + headerBytes, page.Packed, crc);
            values += page.Values;
            if (values > chunk.Values)
                throw InputError.At(file, at, "PAGE", $"row group {group}: a column's pages hold {values} values, but the footer says {chunk.Values}. The file is damaged; copy or write it again.");
            at = end;
        }
    }

    private void CheckCrc(long page, long offset, int length, uint expected)
    {
        if (_piece.Length == 0) _piece = new byte[PieceBytes];
        uint crc = 0;
        for (int done = 0; done < length;)
        {
            Span<byte> part = _piece.AsSpan(0, Math.Min(PieceBytes, length - done));
            file.Read(offset + done, part);
            crc = Crc32.Append(crc, part);
            done += part.Length;
        }

        if (crc != expected)
            throw InputError.At(file, page, "CHECKSUM", $"a page has the checksum {crc:x8}, but its header says {expected:x8}. The file is damaged; copy or write it again.");
    }

    private Page ReadHeader(long at, out int headerBytes)
    {
        for (int wanted = FirstHeaderBytes; ; wanted *= 4)
        {
            int length = (int)Math.Min(wanted, footer.Start - at);
            if (_buffer.Length < length) _buffer = new byte[length];
            Span<byte> bytes = _buffer.AsSpan(0, length);
            file.Read(at, bytes);
            try
            {
                return Parse(bytes, out headerBytes);
            }
            catch (ThriftException wrong)
            {
                // Statistics may make a header long; more is read until it is whole or cannot be.
                if (wrong.EndsEarly && length == wanted && wanted < MaxHeaderBytes) continue;
                throw InputError.At(file, at + wrong.At, "PAGE", $"the header of a page is damaged: {wrong.Message}. Copy or write the file again.");
            }
        }
    }

    // struct PageHeader
    private static Page Parse(ReadOnlySpan<byte> bytes, out int headerBytes)
    {
        ThriftReader thrift = new(bytes);
        Page page = new(-1, -1, 0, null);
        int field = 0;
        while (thrift.NextField(ref field) is not ThriftType.Stop and var type)
        {
            switch (field)
            {
                case 2: page = page with { Unpacked = thrift.ReadInt32(type) }; break;
                case 3: page = page with { Packed = thrift.ReadInt32(type) }; break;
                case 4: page = page with { Crc = unchecked((uint)thrift.ReadInteger(type)) }; break;
                case 5 or 8: page = page with { Values = ReadValues(ref thrift, type) }; break;
                default: thrift.Skip(type); break;
            }
        }

        headerBytes = thrift.Position;
        return page;
    }

    // In both kinds of data pages the count of values comes first.
    private static int ReadValues(ref ThriftReader thrift, ThriftType type)
    {
        thrift.Expect(type, ThriftType.Struct);
        int values = -1, field = 0;
        while (thrift.NextField(ref field) is not ThriftType.Stop and var inner)
        {
            if (field == 1) values = thrift.ReadInt32(inner);
            else thrift.Skip(inner);
        }

        return values;
    }

    private string CodecName(int codec) => codec >= 0 && codec < Codecs.Length && Codecs[codec] is string name ? name
        : throw EngineException.Input(file.Name, "CODEC", $"the pages are packed in a way (codec {codec}) that is not known. Known are {string.Join(", ", Codecs.OfType<string>())}; write the file with one of these.");

    private readonly record struct Page(int Unpacked, int Packed, int Values, uint? Crc);
}
