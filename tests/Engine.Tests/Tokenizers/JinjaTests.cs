using System.Text.Json;
using Engine.Steps.Templates.Jinja;
using Xunit.Abstractions;

namespace Engine.Tests.Tokenizers;

/// <summary>Chat templates give the text that Jinja gives; golden/templates.py made it.</summary>
public sealed class JinjaTests(ITestOutputHelper output)
{
    private static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenTexts.Folder, "templates.json"))).RootElement;

    public static TheoryData<string> Templates() => [.. Golden.GetProperty("texts").EnumerateObject().Select(each => each.Name)];

    [Theory]
    [MemberData(nameof(Templates))]
    public void TextsAreJinjas(string name)
    {
        if (Source(name) is not { } source)
        {
            output.WriteLine($"{name} is left out: the npm package is not installed.");
            return;
        }

        var template = new JinjaTemplate(source, name);
        JsonElement[] expected = [.. Golden.GetProperty("texts").GetProperty(name).EnumerateArray()];
        int i = 0;
        foreach (JsonElement chat in Golden.GetProperty("chats").EnumerateArray())
        {
            List<object?> messages = [.. chat.EnumerateArray().Select(message => message.EnumerateObject().ToDictionary(part => part.Name, part => (object?)part.Value.GetString()))];
            foreach (bool add in (bool[])[false, true])
            {
                JsonElement wanted = expected[i++];
                string Render() => template.Render(("messages", messages), ("add_generation_prompt", add), ("bos_token", "<s>"), ("eos_token", "</s>"));
                if (wanted.ValueKind == JsonValueKind.String) Assert.Equal(wanted.GetString(), Render());
                else Assert.Equal(wanted.GetProperty("refused").GetString(), Assert.Throws<JinjaRefusalException>(Render).Message);
            }
        }

        Assert.Equal(expected.Length, i);
    }

    private static string? Source(string name)
    {
        if (!name.StartsWith('@')) return File.ReadAllText(Path.Combine(GoldenTexts.Folder, "templates", $"{name}.jinja"));
        if (GoldenModels.Package(name) is not { } folder) return null;
        using JsonDocument configuration = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "models", "tokenizer_config.json")));
        return configuration.RootElement.GetProperty("chat_template").GetString();
    }

    [Theory]
    [InlineData("{% macro f() %}{% endmacro %}", "macro")]
    [InlineData("{% include 'x' %}", "include")]
    [InlineData("{% for a, b in c %}{% endfor %}", ",")]
    [InlineData("{% for a in b %}", "does not end")]
    [InlineData("{% if a %}", "does not end")]
    [InlineData("{% endif %}", "without its beginning")]
    [InlineData("{{ a", "does not end")]
    [InlineData("{# a", "does not end")]
    [InlineData("{{ 'a }}", "does not end")]
    [InlineData("{{ a ? b }}", "?")]
    [InlineData("{{ a is divisibleby }}", "divisibleby")]
    [InlineData("{{ {} }}", "{")]
    [InlineData("{{ '\\x41' }}", "escape")]
    [InlineData("{{ 99999999999999999999 }}", "too large")]
    [InlineData("{% set a.b = 1 %}", "namespace")]
    [InlineData("{{ a | tojson }}", "tojson")]
    [InlineData("{{ f() }}", "\"f\"")]
    [InlineData("{{ 'a'.title() }}", "title")]
    [InlineData("{{ 1 + 'a' }}", "+")]
    [InlineData("{{ messages }}", "list or map")]
    [InlineData("{% for a in 'text' %}{% endfor %}", "no list")]
    public void WhatIsNotKnownIsRefusedByName(string source, string named)
    {
        var refused = Assert.Throws<EngineException>(() => new JinjaTemplate("first line\n" + source, "t.jinja").Render(("messages", new List<object?>())));
        EngineError error = Assert.Single(refused.Errors);
        Assert.Equal((ExitCode.Input, "UNSUPPORTED", "t.jinja", 2), (error.Exit, error.Code, error.File, error.Line));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("not ", "")]
    [InlineData("[", "]")]
    [InlineData("a if b else ", "")]
    public void DepthHasALimit(string before, string behind)
    {
        string Many(string part) => string.Concat(Enumerable.Repeat(part, 10_000));
        var refused = Assert.Throws<EngineException>(() => new JinjaTemplate($"{{{{ {Many(before)}x{Many(behind)} }}}}", "t"));
        Assert.Contains("deep", refused.Message, StringComparison.Ordinal);
        Assert.Contains("deep", Assert.Throws<EngineException>(() => new JinjaTemplate(Many("{% if a %}"), "t")).Message, StringComparison.Ordinal);
    }
}
