using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Engine.Data;
using Engine.Kernels;

namespace Engine.Indexes;

/// <summary>What an index file says of itself after FAISS's bytes: what it is, of which matrix, and the hash of those bytes.</summary>
/// <param name="Factory">The kind, in the words of FAISS's index factory.</param>
/// <param name="Metric">What it ranks by.</param>
/// <param name="Rows">Rows in it.</param>
/// <param name="Dim">Elements in a row.</param>
/// <param name="Matrix">The matrix's <see cref="MatrixHash"/>.</param>
/// <param name="Bytes">Length of FAISS's bytes, which begin the file.</param>
/// <param name="Sha256">Their hash in lower-case hexadecimal.</param>
/// <param name="Library">FAISS's version when it was made.</param>
/// <remarks>
/// Layout: FAISS's bytes; JSON; the JSON's length (int64, little-endian); the JSON's SHA-256 (32 bytes); eight bytes of magic. FAISS reads from the front and never sees
/// the rest, so its own tools can open the file as well.
/// </remarks>
internal sealed record IndexTrailer(string Factory, IndexMetric Metric, long Rows, int Dim, string Matrix, long Bytes, string Sha256, string Library)
{
    private const int Version = 1, TailBytes = sizeof(long) + SHA256.HashSizeInBytes + 8, MostJson = 1 << 16;

    private static ReadOnlySpan<byte> Magic => "ENGINDX1"u8;

    /// <summary>The bytes that follow FAISS's.</summary>
    public byte[] ToBytes()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("index", Factory);
            json.WriteString("metric", Word(Metric));
            json.WriteNumber("rows", Rows);
            json.WriteNumber("dim", Dim);
            json.WriteString("matrix", Matrix);
            json.WriteNumber("bytes", Bytes);
            json.WriteString("sha256", Sha256);
            json.WriteString("library", Library);
            json.WriteEndObject();
        }

        byte[] text = stream.ToArray(), tail = new byte[TailBytes];
        BinaryPrimitives.WriteInt64LittleEndian(tail, text.Length);
        SHA256.HashData(text, tail.AsSpan(sizeof(long)));
        Magic.CopyTo(tail.AsSpan(sizeof(long) + SHA256.HashSizeInBytes));
        return [.. text, .. tail];
    }

    /// <summary>Reads a file's trailer and checks that the file is as long as it says; FAISS's bytes are not looked at.</summary>
    /// <exception cref="EngineException">It is no index file of the engine's, or was cut or changed: exit 4.</exception>
    public static IndexTrailer Read(InputFile file)
    {
        if (file.Length < TailBytes) throw NoIndex(file);
        byte[] tail = new byte[TailBytes];
        file.Read(file.Length - TailBytes, tail);
        if (!tail.AsSpan(sizeof(long) + SHA256.HashSizeInBytes).SequenceEqual(Magic)) throw NoIndex(file);
        long length = BinaryPrimitives.ReadInt64LittleEndian(tail);
        if (length is < 2 or > MostJson || length > file.Length - TailBytes) throw Damaged(file, "the description at its end has an impossible length");
        byte[] text = new byte[length];
        file.Read(file.Length - TailBytes - length, text);
        if (!SHA256.HashData(text).AsSpan().SequenceEqual(tail.AsSpan(sizeof(long), SHA256.HashSizeInBytes))) throw Damaged(file, "the description at its end is not what was written");
        IndexTrailer trailer = Parse(file, text);
        return trailer.Bytes == file.Length - TailBytes - length
            ? trailer
            : throw Damaged(file, $"it has {file.Length - TailBytes - length} bytes before its description, expected {trailer.Bytes}");
    }

    /// <summary>The plan's word for a metric.</summary>
    public static string Word(IndexMetric metric) => metric == IndexMetric.Cosine ? "cosine" : "l2";

    /// <summary>Hashes FAISS's bytes and compares.</summary>
    /// <exception cref="EngineException">They are not what was written: exit 4.</exception>
    public void Verify(InputFile file, Pass pass)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        for (long done = 0; done < Bytes;)
        {
            pass.Cancel.ThrowIfCancellationRequested();
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, Bytes - done));
            file.Read(done, part);
            hash.AppendData(part);
            done += part.Length;
        }

        string found = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (found != Sha256) throw Damaged(file, $"its bytes have the SHA-256 {found}, expected {Sha256}");
    }

    private static IndexTrailer Parse(InputFile file, byte[] text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            int version = root.GetProperty("version").GetInt32();
            if (version != Version) throw EngineException.Input(file.Name, "VERSION", $"the index file has version {version} of the format, expected {Version}. Build it again with this engine: engine index build.");
            string metric = Text("metric");
            return new IndexTrailer(Text("index"), metric == "cosine" ? IndexMetric.Cosine : metric == "l2" ? IndexMetric.L2 : throw new FormatException(metric),
                root.GetProperty("rows").GetInt64(), root.GetProperty("dim").GetInt32(), Text("matrix"), root.GetProperty("bytes").GetInt64(), Text("sha256"), Text("library"));

            string Text(string name) => root.GetProperty(name).GetString() ?? throw new FormatException(name);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Damaged(file, "the description at its end cannot be read");
        }
    }

    private static EngineException NoIndex(InputFile file) => EngineException.Input(file.Name, "INDEX",
        "the file is no index of the engine's, or it was cut: its last bytes are not those of one. Name a file that engine index build made, whole.");

    private static EngineException Damaged(InputFile file, string what) => EngineException.Input(file.Name, "DAMAGED",
        $"the index file is damaged: {what}. Build it again: engine index build.");
}
