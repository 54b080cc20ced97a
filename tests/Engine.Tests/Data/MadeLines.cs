using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Engine.Data.Jsonl;

namespace Engine.Tests.Data;

/// <summary>Lines of JSON, right and wrong, the same in every process.</summary>
internal sealed class MadeLines(int seed)
{
    private const int DigestLines = 5_000;

    public static readonly string[] Seeds =
    [
        """{"id":"a-1","messages":[{"role":"user","content":"caf\u00e9 \ud83d\ude00 ä€😀"},{"role":"assistant","content":"\"quoted\"\n\t\\"}],"n":[1,-0.5,1e400,true,false,null,{}]}""",
        """{"a":1,"b":{"a":2,"b":{"c":[[],[{}]]}},"\u0061b":3,"c\"":4,"":5}""",
        """ { "x" : [ 1 , 2 ] , "y" : "\u0000\uD834\uDD1E\/" } """,
        """{"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k9":9,"k10":10,"k11":11,"k12":12,"k13":13,"k14":14}""",
    ];

    private static readonly byte[][] Runs =
    [
        Encoding.UTF8.GetBytes(new string('x', 70)), Encoding.UTF8.GetBytes(new string('\\', 9)), Encoding.UTF8.GetBytes(new string('\\', 64)), "\\n\\r\\b\\f\\/"u8.ToArray(),
        "\\u00e4\\uD83D\\uDE00"u8.ToArray(), "\\ud800"u8.ToArray(), "äöü€😀"u8.ToArray(), [0xed, 0xa0, 0x80], [0xc3], [0x1f], " ,\"k3\":[]"u8.ToArray(), "-0.1E+7"u8.ToArray(),
    ];

    private static readonly byte[][] TextPieces =
    [
        "\\n"u8.ToArray(), "\\n"u8.ToArray(), "\\t"u8.ToArray(), "\\\""u8.ToArray(), "\\\\"u8.ToArray(), "\\\\\\\\"u8.ToArray(), "\\r\\b\\f\\/"u8.ToArray(),
        "\\u00e4"u8.ToArray(), "\\u0041\\u20AC"u8.ToArray(), "\\uD83D\\uDE00"u8.ToArray(), "äöü€😀"u8.ToArray(), "plain text"u8.ToArray(),
    ];

    private readonly Random _random = new(seed);
    private readonly byte[][] _seeds = [.. Seeds.Select(Encoding.UTF8.GetBytes)];

    /// <summary>One of the seeds with up to four edits, one in three of which inserts a run as long as a block of the scan.</summary>
    public byte[] Next()
    {
        List<byte> line = [.. _seeds[_random.Next(_seeds.Length)]];
        for (int edits = _random.Next(0, 5); edits > 0; edits--)
        {
            int at = _random.Next(line.Count);
            switch (_random.Next(8))
            {
                case 0: line[at] = (byte)_random.Next(256); break;
                case 1: line.RemoveAt(at); break;
                case 2: line.Insert(at, (byte)"{}[]\",:\\u0d8\0 e-"[_random.Next(16)]); break;
                case 3: line.RemoveRange(at, _random.Next(Math.Min(line.Count - at, 80))); break;
                case 4:
                    byte[] other = _seeds[_random.Next(_seeds.Length)];
                    int start = _random.Next(other.Length);
                    line.InsertRange(at, other.Skip(start).Take(_random.Next(20)));
                    break;
                default:
                    int inside = line.IndexOf((byte)'"', at) + 1;
                    line.InsertRange(inside, Runs[_random.Next(Runs.Length)].Take(_random.Next(1, 80)));
                    break;
            }

            if (line.Count == 0) line.Add((byte)'{');
        }

        return [.. line];
    }

    /// <summary>What stands between the quotes of a string that is right: text and escapes of every kind, at every distance.</summary>
    public byte[] NextText()
    {
        List<byte> text = [];
        for (int pieces = _random.Next(1, 24); pieces > 0; pieces--)
        {
            text.AddRange(Enumerable.Repeat((byte)"nu"[_random.Next(2)], _random.Next(3) == 0 ? _random.Next(100) : _random.Next(4)));
            text.AddRange(TextPieces[_random.Next(TextPieces.Length)]);
        }

        return [.. text];
    }

    /// <summary>What this process's vectors are, and a hash of every answer of the fast scan and of texts unescaped.</summary>
    public static void Print(TextWriter to)
    {
        MadeLines lines = new(35);
        JsonNodes nodes = new();
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int accepted = 0;
        for (int i = 0; i < DigestLines; i++)
        {
            nodes.Clear();
            bool right = JsonScan.TryRead(lines.Next(), nodes);
            if (right) accepted++;
            hash.AppendData(Encoding.UTF8.GetBytes($"{right} {(right ? Tape(nodes.All) : "")}\n"));
            hash.AppendData(JsonText.Unescape(lines.NextText()));
        }

        to.WriteLine($"Avx512Vbmi2={System.Runtime.Intrinsics.X86.Avx512Vbmi2.IsSupported}");
        to.WriteLine($"Vector512={Vector512.IsHardwareAccelerated}");
        to.WriteLine($"Vector256={Vector256.IsHardwareAccelerated}");
        to.WriteLine($"Vector128={Vector128.IsHardwareAccelerated}");
        to.WriteLine($"accepted={accepted}");
        to.WriteLine($"hash={Convert.ToHexString(hash.GetHashAndReset())}");
    }

    /// <summary>Tokens as text.</summary>
    public static string Tape(ReadOnlySpan<JsonNode> nodes)
    {
        StringBuilder tape = new();
        foreach (ref readonly JsonNode node in nodes) tape.Append(FormattableString.Invariant($"{node.Type} {node.Start}+{node.Length}{(node.Escaped ? "\\" : "")} to {node.End}\n"));
        return tape.ToString();
    }

    /// <summary>Whether a record's tokens and texts, as the line parser gives them, are those of the document model.</summary>
    public static void AssertSame(byte[] line, JsonLine json)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        int index = 0;
        AssertSame(document.RootElement, line, json, ref index);
        Assert.Equal(json.Nodes.Length, index);
    }

    private static void AssertSame(JsonElement element, byte[] line, JsonLine json, ref int index)
    {
        int own = index++;
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    Assert.Equal(JsonTokenType.PropertyName, json.Nodes[index].Type);
                    Assert.Equal(property.Name, json.Text(line, index++));
                    AssertSame(property.Value, line, json, ref index);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray()) AssertSame(item, line, json, ref index);
                break;
            default:
                Assert.Equal(element.ValueKind == JsonValueKind.String ? element.GetString() : element.GetRawText(), json.Text(line, own));
                break;
        }

        Assert.Equal(element.ValueKind switch
        {
            JsonValueKind.Object => JsonTokenType.StartObject,
            JsonValueKind.Array => JsonTokenType.StartArray,
            JsonValueKind.String => JsonTokenType.String,
            JsonValueKind.Number => JsonTokenType.Number,
            JsonValueKind.True => JsonTokenType.True,
            JsonValueKind.False => JsonTokenType.False,
            _ => JsonTokenType.Null,
        }, json.Nodes[own].Type);
        Assert.Equal(index, json.Nodes[own].End);
    }
}
