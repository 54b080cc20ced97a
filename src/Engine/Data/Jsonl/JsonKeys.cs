using System.Text;

namespace Engine.Data.Jsonl;

/// <summary>Finds a key that stands twice in one object, in time proportional to the number of keys.</summary>
internal sealed class JsonKeys
{
    // Below this many keys, comparing every pair costs less than a table.
    private const int FewKeys = 12;

    private int[] _names = new int[64];
    private int[] _slots = [];

    /// <summary>Looks through the keys of one object, not those of objects inside it.</summary>
    /// <param name="line">The bytes.</param>
    /// <param name="nodes">The line's tokens so far; the object is complete.</param>
    /// <param name="parent">Index of the object.</param>
    /// <returns>The fault, at the second of the two, or null.</returns>
    public LineFault? FindDuplicate(ReadOnlySpan<byte> line, ReadOnlySpan<JsonNode> nodes, int parent)
    {
        int count = 0, end = nodes[parent].End;
        ulong seen = 0;
        bool mayRepeat = false;
        for (int name = parent + 1; name < end; name = nodes[name + 1].End)
        {
            if (count == _names.Length) Array.Resize(ref _names, 2 * count);
            _names[count++] = name;
            ulong mark = 1UL << Mark(line, nodes[name]);
            mayRepeat |= nodes[name].Escaped || (seen & mark) != 0;
            seen |= mark;
        }

        if (!mayRepeat) return null;
        if (count > FewKeys) return FindInTable(line, nodes, _names.AsSpan(0, count));
        for (int i = 1; i < count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (AreEqual(line, nodes[_names[i]], nodes[_names[j]])) return Fault(line, nodes[_names[j]], nodes[_names[i]]);
            }
        }

        return null;
    }

    private LineFault? FindInTable(ReadOnlySpan<byte> line, ReadOnlySpan<JsonNode> nodes, ReadOnlySpan<int> names)
    {
        int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)names.Length * 2);
        if (_slots.Length < size) _slots = new int[size];
        Span<int> slots = _slots.AsSpan(0, size);
        slots.Clear();
        foreach (int name in names)
        {
            for (int slot = Hash(line, nodes[name]) & (size - 1); ; slot = (slot + 1) & (size - 1))
            {
                if (slots[slot] == 0)
                {
                    slots[slot] = name;
                    break;
                }

                if (AreEqual(line, nodes[name], nodes[slots[slot]])) return Fault(line, nodes[slots[slot]], nodes[name]);
            }
        }

        return null;
    }

    // One of 64, of the length and two letters: keys whose marks all differ all differ, if none has escapes.
    private static int Mark(ReadOnlySpan<byte> line, in JsonNode name) =>
        name.Length == 0 ? 0 : (int)((uint)(name.Length + line[name.Start] * 256 + line[name.Start + name.Length - 1] * 65536) * 0x9e3779b1u >> 26);

    // Seeded anew in every process, so that no file can be made to collide.
    private static int Hash(ReadOnlySpan<byte> line, in JsonNode name)
    {
        HashCode hash = default;
        hash.AddBytes(name.Escaped ? JsonText.Unescape(Raw(line, name)) : Raw(line, name));
        return hash.ToHashCode();
    }

    private static bool AreEqual(ReadOnlySpan<byte> line, in JsonNode a, in JsonNode b)
    {
        if (!a.Escaped && !b.Escaped) return a.Length == b.Length && Raw(line, a).SequenceEqual(Raw(line, b));
        ReadOnlySpan<byte> left = a.Escaped ? JsonText.Unescape(Raw(line, a)) : Raw(line, a);
        ReadOnlySpan<byte> right = b.Escaped ? JsonText.Unescape(Raw(line, b)) : Raw(line, b);
        return left.SequenceEqual(right);
    }

    private static ReadOnlySpan<byte> Raw(ReadOnlySpan<byte> line, in JsonNode name) => line.Slice(name.Start, name.Length);

    private static LineFault Fault(ReadOnlySpan<byte> line, in JsonNode first, in JsonNode second)
    {
        string key = LineFault.Brief(Encoding.UTF8.GetString(second.Escaped ? JsonText.Unescape(Raw(line, second)) : Raw(line, second)));
        return new LineFault(second.Start - 1, "DUPLICATE_KEY", $"the key \"{key}\" stands twice in one object, first at column {first.Start}, then at column {second.Start}; readers disagree which one counts. Remove one.");
    }
}
