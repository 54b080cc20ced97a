using System.Buffers;
using System.Text;
using Engine.Data;
using Engine.Steps;

namespace Engine.Tests.Steps;

public sealed class ChatTemplateTests
{
    private static readonly Conversation Golden = Chat(("system", " Be brief. "), ("user", "Hi "), ("assistant", " Hello! "));

    [Fact]
    public void RendersTheGoldenConversation() =>
        Assert.Equal("<|system|>\nBe brief.\n<|user|>\nHi\n<|assistant|>\nHello!</s>", Rendered(Golden, ChatTemplate.Tulu));

    [Theory]
    [InlineData(ChatTemplate.Plain, " Be brief. \nHi \n Hello! ")]
    [InlineData(ChatTemplate.PromptOnly, "<|system|>\nBe brief.\n<|user|>\nHi</s>")]
    [InlineData(ChatTemplate.LabelOnly, "<|assistant|>\nHello!</s>")]
    internal void RendersTheVariants(ChatTemplate template, string text) => Assert.Equal(text, Rendered(Golden, template));

    [Fact]
    public void AllTurnsCountAndOnlyAssistantsEnd()
    {
        Conversation chat = Chat(("user", "a"), ("assistant", "b"), ("user", "c\x1f"), ("tool", "d"));
        Assert.Equal("<|user|>\na\n<|assistant|>\nb</s>\n<|user|>\nc\n<|tool|>\nd", Rendered(chat, ChatTemplate.Tulu));
        Assert.Equal("<|user|>\na</s>", Rendered(chat, ChatTemplate.PromptOnly));
        Assert.Equal("<|assistant|>\nb</s>", Rendered(chat, ChatTemplate.LabelOnly));
    }

    [Fact]
    public void TextStaysItself()
    {
        foreach (ChatTemplate template in Enum.GetValues<ChatTemplate>())
            Assert.Equal(" as it is ", Rendered(Chat((Turn.TextRole, " as it is ")), template));
    }

    [Fact]
    public void AMissingTurnIsNoText()
    {
        Assert.Null(Rendered(Chat(("assistant", "b")), ChatTemplate.PromptOnly));
        Assert.Null(Rendered(Chat(("user", "a")), ChatTemplate.LabelOnly));
    }

    [Fact]
    public void WhatIsEmptyKeepsItsTag()
    {
        Assert.Equal("<|user|>\n\n<|assistant|>\n</s>\n<|tool|>", Rendered(Chat(("user", " \u3000"), ("assistant", ""), ("tool", "\x1c\x85")), ChatTemplate.Tulu));
        Assert.Equal("<|user|></s>", Rendered(Chat(("assistant", "b"), ("user", "")), ChatTemplate.PromptOnly));
    }

    private static string? Rendered(Conversation conversation, ChatTemplate template)
    {
        using Records records = Records.From([conversation]);
        ArrayBufferWriter<byte> text = new();
        return ChatTemplates.TryRender(records.OpenTurns(0).Read(0), template, text) ? Encoding.UTF8.GetString(text.WrittenSpan) : null;
    }

    internal static Conversation Chat(params (string Role, string Content)[] turns) => new([.. turns.Select(t => new Turn(t.Role, t.Content))]);
}
