using System.Text;
using System.Text.Json;
using Engine.Data.Jsonl;

namespace Engine.Tests.Data;

/// <summary>The line parser against System.Text.Json's document model, which shares no tape, key check or text check with it.</summary>
public sealed class JsonLineTests
{
    private static readonly string[] Seeds =
    [
        """{"id":"a-1","messages":[{"role":"user","content":"caf\u00e9 \ud83d\ude00 ä€😀"},{"role":"assistant","content":"\"quoted\"\n\t\\"}],"n":[1,-0.5,1e400,true,false,null,{}]}""",
        """{"a":1,"b":{"a":2,"b":{"c":[[],[{}]]}},"\u0061b":3,"c\"":4,"":5}""",
        """ { "x" : [ 1 , 2 ] , "y" : "\u0000\uD834\uDD1E\/" } """,
        """{"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k9":9,"k10":10,"k11":11,"k12":12,"k13":13,"k14":14}""",
    ];

    [Fact]
    public void Accepts_exactly_what_the_document_model_accepts()
    {
        Random random = new(33);
        JsonLine json = new();
        byte[][] seeds = [.. Seeds.Select(Encoding.UTF8.GetBytes)];
        int accepted = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] line = Mutate(random, seeds);
            LineFault? fault = json.Parse(line);
            Assert.True(IsStrictObject(line) == (fault is null), $"round {round}: {Convert.ToHexString(line)}: {fault}");
            if (fault is null) accepted++;
            else Assert.InRange(fault.Offset, 0, line.Length);
        }

        Assert.InRange(accepted, 1_000, 19_000);
    }

    [Fact]
    public void Finds_values_by_their_keys()
    {
        byte[] line = Encoding.UTF8.GetBytes(Seeds[1]);
        JsonLine json = new();
        Assert.Null(json.Parse(line));
        Assert.Equal("3", json.Text(line, json.Find(line, 0, "ab"u8)));
        Assert.Equal("4", json.Text(line, json.Find(line, 0, "c\""u8)));
        Assert.Equal("5", json.Text(line, json.Find(line, 0, ""u8)));
        int inner = json.Find(line, json.Find(line, 0, "b"u8), "b"u8);
        Assert.Equal("""{"c":[[],[{}]]}""", json.Text(line, inner));
        Assert.Equal(-1, json.Find(line, 0, "c"u8));
        Assert.Equal(-1, json.Find(line, json.Find(line, 0, "a"u8), "a"u8));
    }

    [Fact]
    public void A_record_of_millions_of_values_is_refused_before_it_takes_the_memory()
    {
        byte[] line = Encoding.UTF8.GetBytes("{\"x\":[" + string.Join(',', Enumerable.Repeat("0", JsonLine.MaxNodes)) + "]}");
        LineFault? fault = new JsonLine().Parse(line);
        Assert.Equal("TOO_COMPLEX", fault?.Code);
    }

    [Fact]
    public void Objects_with_very_many_keys_take_linear_time()
    {
        byte[] line = Encoding.UTF8.GetBytes("{" + string.Join(',', Enumerable.Range(0, 200_000).Select(i => $"\"{i}\":0")) + "}");
        JsonLine json = new();
        Assert.Null(json.Parse(line));
        Assert.Equal(400_001, json.Nodes.Length);
    }

    private static byte[] Mutate(Random random, byte[][] seeds)
    {
        List<byte> line = [.. seeds[random.Next(seeds.Length)]];
        for (int edits = random.Next(0, 4); edits > 0; edits--)
        {
            int at = random.Next(line.Count);
            switch (random.Next(5))
            {
                case 0: line[at] = (byte)random.Next(256); break;
                case 1: line.RemoveAt(at); break;
                case 2: line.Insert(at, (byte)"{}[]\",:\\u0d8\0 e-"[random.Next(16)]); break;
                case 3: line.RemoveRange(at, random.Next(line.Count - at)); break;
                default:
                    byte[] other = seeds[random.Next(seeds.Length)];
                    int start = random.Next(other.Length);
                    line.InsertRange(at, other.Skip(start).Take(random.Next(20)));
                    break;
            }

            if (line.Count == 0) line.Add((byte)'{');
        }

        return [.. line];
    }

    private static bool IsStrictObject(byte[] line)
    {
        try
        {
            new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(line);
            using JsonDocument document = JsonDocument.Parse(line, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object && HasWholeText(document.RootElement);
        }
        catch (Exception refused) when (refused is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool HasWholeText(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().All(p => p.Name is not null && HasWholeText(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().All(HasWholeText),
        JsonValueKind.String => element.GetString() is not null,
        _ => true,
    };
}
