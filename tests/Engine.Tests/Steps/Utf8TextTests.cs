using System.Text;
using Engine.Steps;

namespace Engine.Tests.Steps;

/// <summary>Questions about UTF-8 text against the same questions about strings.</summary>
public sealed class Utf8TextTests
{
    [Fact]
    public void AnswersAreThoseAboutStrings()
    {
        string[] pieces =
        [
            "a", "word", "é", "日本", "😀", "-", "\u200b", "\ufeff", "\u0000", "\ufffd", "\u001c", .. Enumerable.Range(0, 0x10000).Where(c => char.IsWhiteSpace((char)c)).Select(c => ((char)c).ToString()),
        ];
        Random random = new(39);
        for (int round = 0; round < 5_000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(0, 90)).Select(_ => pieces[random.Next(3) == 0 ? random.Next(pieces.Length) : random.Next(11)]));
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            Assert.Equal(text.EnumerateRunes().Count(), Utf8Text.Characters(utf8));
            Assert.Equal(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length, Utf8Text.Words(utf8));
            Assert.Equal(text.Trim(), Encoding.UTF8.GetString(Utf8Text.Trim(utf8)));
        }
    }
}
