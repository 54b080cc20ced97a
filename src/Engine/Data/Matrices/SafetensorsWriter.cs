using System.Buffers.Binary;
using System.Text.Json;
using Engine.Kernels;

namespace Engine.Data.Matrices;

/// <summary>Writes a .safetensors file with one matrix.</summary>
internal static class SafetensorsWriter
{
    private const int Alignment = 64;

    /// <summary>Writes the header; exactly <c>rows * dim</c> little-endian elements must follow on the stream.</summary>
    /// <param name="stream">Destination.</param>
    /// <param name="tensor">The matrix's name.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="dim">Elements in a row.</param>
    /// <param name="element">Element type.</param>
    public static void BeginMatrix(Stream stream, string tensor, long rows, int dim, ElementType element)
    {
        using MemoryStream header = new();
        header.Write(stackalloc byte[8]);
        using (Utf8JsonWriter json = new(header))
        {
            json.WriteStartObject();
            json.WriteStartObject(tensor);
            json.WriteString("dtype", TypeName(element));
            json.WriteStartArray("shape");
            json.WriteNumberValue(rows);
            json.WriteNumberValue(dim);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(0);
            json.WriteNumberValue(checked(rows * dim * element.SizeInBytes()));
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        // Spaces behind the object are part of the header, so the data can begin where vector loads like it.
        while (header.Length % Alignment != 0) header.WriteByte((byte)' ');
        Span<byte> bytes = header.GetBuffer().AsSpan(0, (int)header.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, bytes.Length - 8);
        stream.Write(bytes);
    }

    private static string TypeName(ElementType element) => element switch
    {
        ElementType.Float32 => "F32",
        ElementType.Float16 => "F16",
        ElementType.BFloat16 => "BF16",
        _ => "I8",
    };
}
