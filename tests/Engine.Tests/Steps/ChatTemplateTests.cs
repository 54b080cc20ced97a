using Engine.Data;
using Engine.Steps;

namespace Engine.Tests.Steps;

public sealed class ChatTemplateTests
{
    private static readonly Conversation Golden = Chat(("system", " Be brief. "), ("user", "Hi "), ("assistant", " Hello! "));

    [Fact]
    public void RendersTheGoldenConversation() =>
        Assert.Equal("<|system|>\nBe brief.\n<|user|>\nHi\n<|assistant|>\nHello!</s>", ChatTemplates.Render(Golden, ChatTemplate.Tulu));

    [Theory]
    [InlineData(ChatTemplate.Plain, " Be brief. \nHi \n Hello! ")]
    [InlineData(ChatTemplate.PromptOnly, "<|system|>\nBe brief.\n<|user|>\nHi</s>")]
    [InlineData(ChatTemplate.LabelOnly, "<|assistant|>\nHello!</s>")]
    internal void RendersTheVariants(ChatTemplate template, string text) => Assert.Equal(text, ChatTemplates.Render(Golden, template));

    [Fact]
    public void AllTurnsCountAndOnlyAssistantsEnd()
    {
        Conversation chat = Chat(("user", "a"), ("assistant", "b"), ("user", "c\x1f"), ("tool", "d"));
        Assert.Equal("<|user|>\na\n<|assistant|>\nb</s>\n<|user|>\nc\n<|tool|>\nd", ChatTemplates.Render(chat, ChatTemplate.Tulu));
        Assert.Equal("<|user|>\na</s>", ChatTemplates.Render(chat, ChatTemplate.PromptOnly));
        Assert.Equal("<|assistant|>\nb</s>", ChatTemplates.Render(chat, ChatTemplate.LabelOnly));
    }

    [Fact]
    public void TextStaysItself()
    {
        foreach (ChatTemplate template in Enum.GetValues<ChatTemplate>())
            Assert.Equal(" as it is ", ChatTemplates.Render(Chat((Turn.TextRole, " as it is ")), template));
    }

    [Fact]
    public void AMissingTurnIsNoText()
    {
        Assert.Null(ChatTemplates.Render(Chat(("assistant", "b")), ChatTemplate.PromptOnly));
        Assert.Null(ChatTemplates.Render(Chat(("user", "a")), ChatTemplate.LabelOnly));
    }

    internal static Conversation Chat(params (string Role, string Content)[] turns) => new([.. turns.Select(t => new Turn(t.Role, t.Content))]);
}
