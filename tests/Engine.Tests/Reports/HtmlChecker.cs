using System.Text;
using System.Text.Json;

namespace Engine.Tests.Reports;

/// <summary>
/// Reads a page strictly: only known elements and attributes, every attribute in double quotes, everything closed in order. What an
/// attacker would add is either unknown or out of place.
/// </summary>
internal sealed class HtmlChecker
{
    private static readonly HashSet<string> Elements =
    [
        "html", "head", "meta", "title", "style", "body", "header", "nav", "main", "footer", "section", "div", "span", "p", "b", "bdi", "h1", "h2", "h3",
        "ul", "li", "a", "time", "figure", "figcaption", "table", "caption", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "details", "summary", "pre", "code",
        "wbr", "script", "svg", "desc", "g", "rect", "line", "path", "circle", "text",
    ];

    private static readonly HashSet<string> Attributes =
    [
        "lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "role", "aria-label", "aria-labelledby", "tabindex", "scope", "style", "datetime",
        "dir", "data-name", "open", "type", "viewBox", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "rx", "r", "cx", "cy", "d",
    ];

    private readonly string _page;
    private readonly StringBuilder _text = new();
    private readonly Stack<string> _open = new();
    private int _at;

    public HtmlChecker(string page)
    {
        _page = page;
        Assert.StartsWith("<!DOCTYPE html>\n", page, StringComparison.Ordinal);
        _at = "<!DOCTYPE html>".Length;
        while (_at < page.Length) Next();
        Text = _text.ToString();
        Assert.Empty(_open);
        Assert.Equal(Ids.Count, Ids.Distinct().Count());
        Assert.All(References, id => Assert.Contains(id, Ids));
    }

    /// <summary>Every element, with its attributes.</summary>
    public List<(string Element, Dictionary<string, string> Attributes)> Tags { get; } = [];

    /// <summary>The data blocks.</summary>
    public List<JsonDocument> Data { get; } = [];

    /// <summary>The text outside script and style, entities decoded.</summary>
    public string Text { get; }

    private List<string> Ids { get; } = [];

    private List<string> References { get; } = [];

    private void Next()
    {
        int tag = _page.IndexOf('<', _at);
        if (tag < 0) tag = _page.Length;
        string text = _page[_at..tag];
        Assert.DoesNotContain('>', text);
        _text.Append(System.Net.WebUtility.HtmlDecode(text));
        _at = tag;
        if (_at == _page.Length) return;
        if (_page[_at + 1] == '/') Close();
        else Open();
    }

    private void Close()
    {
        int end = _page.IndexOf('>', _at);
        Assert.Equal(_open.Pop(), _page[(_at + 2)..end]);
        _at = end + 1;
    }

    private void Open()
    {
        int at = _at + 1;
        string element = Word(ref at);
        Assert.Contains(element, Elements);
        Dictionary<string, string> attributes = [];
        while (_page[at] == ' ')
        {
            at++;
            string name = Word(ref at);
            Assert.Contains(name, Attributes);
            string value = "";
            if (_page[at] == '=')
            {
                Assert.Equal('"', _page[at + 1]);
                int end = _page.IndexOf('"', at + 2);
                value = _page[(at + 2)..end];
                Assert.DoesNotContain('<', value);
                at = end + 1;
            }

            attributes.Add(name, System.Net.WebUtility.HtmlDecode(value));
        }

        bool empty = _page[at] == '/';
        if (empty) at++;
        Assert.Equal('>', _page[at]);
        _at = at + 1;
        Tags.Add((element, attributes));
        Note(attributes);
        if (element is "script" or "style") Raw(element, attributes);
        else if (!empty && element is not ("meta" or "wbr")) _open.Push(element);
    }

    private void Note(Dictionary<string, string> attributes)
    {
        if (attributes.TryGetValue("id", out string? id)) Ids.Add(id);
        if (attributes.TryGetValue("href", out string? href))
        {
            Assert.StartsWith("#", href, StringComparison.Ordinal);
            References.Add(href[1..]);
        }

        if (attributes.TryGetValue("aria-labelledby", out string? labels)) References.AddRange(labels.Split(' '));
        if (attributes.TryGetValue("style", out string? style)) Assert.Matches(@"^width:\d+(\.\d+)?%$", style);
    }

    private void Raw(string element, Dictionary<string, string> attributes)
    {
        int end = _page.IndexOf("</", _at, StringComparison.Ordinal);
        string content = _page[_at..end];
        Assert.StartsWith($"</{element}>", _page[end..(end + element.Length + 3)], StringComparison.Ordinal);
        Assert.DoesNotContain('<', content);
        if (element == "script")
        {
            Assert.Equal("application/json", attributes["type"]);
            Assert.Equal(-1, content.AsSpan().IndexOfAnyExceptInRange(' ', '~'));
            Data.Add(JsonDocument.Parse(content));
        }

        _at = end + element.Length + 3;
    }

    private string Word(ref int at)
    {
        int start = at;
        while (char.IsAsciiLetterOrDigit(_page[at]) || _page[at] == '-') at++;
        return _page[start..at];
    }
}
