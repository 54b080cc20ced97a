using System.Text;
using System.Text.Json;
using Engine.Data.Jsonl;

namespace Engine.Tests.Data;

/// <summary>The line parser against System.Text.Json's document model, which shares no tape, key check or text check with it.</summary>
public sealed class JsonLineTests
{
    [Fact]
    public void Accepts_exactly_what_the_document_model_accepts()
    {
        MadeLines lines = new(33);
        JsonLine json = new();
        int accepted = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] line = lines.Next();
            LineFault? fault = json.Parse(line);
            Assert.True(IsStrictObject(line) == (fault is null), $"round {round}: {Convert.ToHexString(line)}: {fault}");
            if (fault is null)
            {
                accepted++;
                MadeLines.AssertSame(line, json);
            }
            else
            {
                Assert.InRange(fault.Offset, 0, line.Length);
            }
        }

        Assert.InRange(accepted, 1_000, 19_000);
    }

    [Fact]
    public void The_fast_scan_gives_the_tokens_of_the_slow_one()
    {
        MadeLines lines = new(34);
        for (int round = 0; round < 20_000; round++) AssertSameAsSlow(lines.Next());
    }

    [Fact]
    public void Everything_is_seen_at_every_place_in_a_block()
    {
        string[] pieces =
        [
            "\\", "\\\\", "\\\"", "\\\\\\\"", "\"", "\\\\\"", "\\n", "\\u00e9", "\\ud83d\\ude00", "\\ud83d", "\\ude00", "\\ud83d\\u0041", "\\u12g4", "\\x", "\\U0041",
            "ä", "€", "😀", "\u001f", "\0", "\u007f", "\",\"k\":\"", "\"}", "\",", new string('\\', 128), new string('\\', 129),
        ];
        byte[][] broken = [[0x80], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80], [0xc0, 0xaf]];
        foreach (byte[] piece in pieces.Select(Encoding.UTF8.GetBytes).Concat(broken))
        {
            for (int before = 0; before < 132; before++)
            {
                foreach (int after in (int[])[0, 1, 57, 140])
                    AssertSameAsSlow([.. "{\"a\":\""u8, .. Enumerable.Repeat((byte)'x', before), .. piece, .. Enumerable.Repeat((byte)'y', after), .. "\"}"u8]);
            }
        }
    }

    [Theory]
    [InlineData("X_NOTHING_OFF", new string[0])]
    [InlineData("DOTNET_EnableAVX512v3", new[] { "Avx512Vbmi2" })]
    [InlineData("DOTNET_EnableAVX512", new[] { "Avx512Vbmi2", "Vector512" })]
    [InlineData("DOTNET_EnableAVX2", new[] { "Vector512", "Vector256" })]
    [InlineData("DOTNET_EnableHWIntrinsic", new[] { "Vector512", "Vector256", "Vector128" })]
    public void Instruction_sets_change_no_answer(string variable, string[] off)
    {
        using StringWriter here = new();
        MadeLines.Print(here);
        Dictionary<string, string> child = Kernels.SameBitsTests.Run("json-lines", (variable, "0"));
        Assert.All(off, name => Assert.Equal("False", child[name]));
        Assert.Contains($"hash={child["hash"]}", here.ToString(), StringComparison.Ordinal);
        Assert.InRange(int.Parse(child["accepted"], System.Globalization.CultureInfo.InvariantCulture), 500, 4_500);
    }

    [Fact]
    public void Finds_values_by_their_keys()
    {
        byte[] line = Encoding.UTF8.GetBytes(MadeLines.Seeds[1]);
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

    // The one reader accepts what the other accepts, with the same tokens.
    private static void AssertSameAsSlow(byte[] line)
    {
        JsonNodes nodes = new();
        JsonLine slow = new();
        bool right = JsonScan.TryRead(line, nodes);
        LineFault? fault = slow.FindFault(line);
        Assert.True(right == (fault is null), $"{Convert.ToHexString(line)}: {fault}");
        if (right) Assert.Equal(MadeLines.Tape(slow.Nodes), MadeLines.Tape(nodes.All));
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
