using System.Text;

namespace Engine.Data.Jsonl;

/// <summary>A field of a record by name, such as <c>id</c>, or inside objects, such as <c>metadata.source</c>. A key that has the whole name wins.</summary>
/// <param name="written">The name as the plan writes it.</param>
internal sealed class FieldPath(string written)
{
    private readonly byte[] _whole = Encoding.UTF8.GetBytes(written);
    private readonly byte[][] _parts = [.. written.Split('.').Select(Encoding.UTF8.GetBytes)];

    /// <summary>The name as the plan writes it.</summary>
    public string Written => written;

    /// <summary>Finds the field's value.</summary>
    /// <returns>Index of the node, or -1.</returns>
    public int Find(ReadOnlySpan<byte> line, JsonLine json)
    {
        int found = json.Find(line, 0, _whole);
        if (found >= 0 || _parts.Length == 1) return found;
        found = 0;
        for (int i = 0; i < _parts.Length && found >= 0; i++) found = json.Find(line, found, _parts[i]);
        return found;
    }
}
