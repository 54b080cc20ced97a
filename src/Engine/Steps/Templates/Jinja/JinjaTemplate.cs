using System.Collections;
using System.Text;

namespace Engine.Steps.Templates.Jinja;

/// <summary>A chat template in the part of Jinja that chat templates of common families use.</summary>
/// <remarks>
/// Known are text, comments, <c>{{ }}</c>, <c>if</c>, <c>for</c> with <c>loop</c>, <c>set</c> (also of a <c>namespace</c>), the operators, tests, filters, methods and functions of
/// <see cref="JinjaExpressions"/> and <see cref="JinjaFunctions"/>. Macros, includes, imports, blocks and everything else are refused by name when the template is read, other filters, methods and functions when a conversation reaches them.
/// </remarks>
internal sealed class JinjaTemplate
{
    private const int MostDepth = 50;

    private readonly string _source;
    private readonly string _file;
    private readonly JinjaExpressions _expressions;
    private readonly Action<JinjaScope, StringBuilder> _body;
    private int _depth;

    /// <summary>Reads a template.</summary>
    /// <param name="source">Its text.</param>
    /// <param name="file">How messages call the file.</param>
    /// <exception cref="EngineException">It uses what is not known: exit 4.</exception>
    public JinjaTemplate(string source, string file)
    {
        // As Jinja has it, one line end at the template's end is none.
        _source = source.EndsWith("\r\n", StringComparison.Ordinal) ? source[..^2] : source.EndsWith('\n') ? source[..^1] : source;
        _file = file;
        _expressions = new JinjaExpressions(new JinjaTokens(_source, Refuse).Read(), Refuse);
        _body = Statements(out string end);
        if (end.Length > 0) throw Refuse(_expressions.Next.At, $"\"{end}\" without its beginning");
    }

    /// <summary>Writes a text.</summary>
    /// <param name="names">The names that the template may use, and their values.</param>
    /// <exception cref="JinjaRefusalException">The template raises an exception.</exception>
    /// <exception cref="EngineException">It uses a value for what it is not: exit 4.</exception>
    public string Render(params ReadOnlySpan<(string Name, object? Value)> names)
    {
        var scope = new JinjaScope(around: null);
        foreach ((string name, object? value) in names) scope[name] = value;
        var text = new StringBuilder();
        _body(scope, text);
        return text.ToString();
    }

    // Until a tag that ends or divides what is around it; its word is taken, the rest of the tag is not.
    private Action<JinjaScope, StringBuilder> Statements(out string end)
    {
        if (++_depth > MostDepth) throw Refuse(_expressions.Next.At, $"statements more than {MostDepth} deep");
        List<Action<JinjaScope, StringBuilder>> all = [];
        end = "";
        while (_expressions.Next.Kind != JinjaTokenKind.End)
        {
            JinjaToken token = _expressions.Next;
            if (token.Kind == JinjaTokenKind.Text)
            {
                _expressions.Take(JinjaTokenKind.Text, "text");
                all.Add((_, text) => text.Append(token.Text));
                continue;
            }

            _expressions.Take(JinjaTokenKind.Open, "a tag");
            if (token.Text == "{{")
            {
                Func<JinjaScope, object?> value = _expressions.Read();
                _expressions.Take(JinjaTokenKind.Close, "}}");
                all.Add((scope, text) => text.Append(JinjaValue.Print(value(scope)) ?? throw Refuse(token.At, "a list or map as text")));
                continue;
            }

            string word = _expressions.Take(JinjaTokenKind.Name, "a statement").Text;
            if (word is "elif" or "else" or "endif" or "endfor")
            {
                end = word;
                break;
            }

            all.Add(word switch
            {
                "if" => If(),
                "for" => For(),
                "set" => Set(),
                _ => throw Refuse(token.At, $"the statement \"{word}\""),
            });
        }

        _depth--;
        return (scope, text) => all.ForEach(each => each(scope, text));
    }

    private void Close() => _expressions.Take(JinjaTokenKind.Close, "%}");

    private Action<JinjaScope, StringBuilder> If()
    {
        int at = _expressions.Next.At;
        Func<JinjaScope, object?> condition = _expressions.Read();
        Close();
        Action<JinjaScope, StringBuilder> then = Statements(out string end), otherwise = (_, _) => { };
        if (end == "elif")
        {
            otherwise = If();
        }
        else
        {
            if (end == "else")
            {
                Close();
                otherwise = Statements(out end);
            }

            if (end != "endif") throw Refuse(at, "an if that does not end");
            Close();
        }

        return (scope, text) => (JinjaValue.IsTrue(condition(scope)) ? then : otherwise)(scope, text);
    }

    private Action<JinjaScope, StringBuilder> For()
    {
        int at = _expressions.Next.At;
        string name = _expressions.Take(JinjaTokenKind.Name, "a name").Text;
        if (!_expressions.TryTake("in")) throw Refuse(_expressions.Next.At, $"{_expressions.Next.Text} where \"in\" is expected");
        Func<JinjaScope, object?> items = _expressions.Read();
        Close();
        Action<JinjaScope, StringBuilder> body = Statements(out string end);
        if (end != "endfor") throw Refuse(at, end.Length == 0 ? "a for that does not end" : $"\"{end}\" within a for");
        Close();
        return (scope, text) =>
        {
            object? value = items(scope);
            IList list = value as IList ?? (value == JinjaValue.Undefined ? Array.Empty<object?>() : throw Refuse(at, "a loop over a value that is no list"));
            for (int i = 0; i < list.Count; i++)
            {
                var inner = new JinjaScope(scope) { [name] = list[i] };
                inner["loop"] = new Dictionary<string, object?>
                {
                    ["index"] = i + 1L,
                    ["index0"] = (long)i,
                    ["first"] = i == 0,
                    ["last"] = i == list.Count - 1,
                    ["length"] = (long)list.Count,
                    ["revindex0"] = list.Count - 1L - i,
                    ["previtem"] = i > 0 ? list[i - 1] : JinjaValue.Undefined,
                    ["nextitem"] = i + 1 < list.Count ? list[i + 1] : JinjaValue.Undefined,
                };
                body(inner, text);
            }
        };
    }

    private Action<JinjaScope, StringBuilder> Set()
    {
        int at = _expressions.Next.At;
        string name = _expressions.Take(JinjaTokenKind.Name, "a name").Text;
        string? member = _expressions.TryTake(".") ? _expressions.Take(JinjaTokenKind.Name, "a name").Text : null;
        if (!_expressions.TryTake("=")) throw Refuse(_expressions.Next.At, "a set without \"=\"");
        Func<JinjaScope, object?> value = _expressions.Read();
        Close();
        if (member is null) return (scope, _) => scope[name] = value(scope);
        return (scope, _) =>
        {
            if (scope[name] is not JinjaNamespace target) throw Refuse(at, $"a member of \"{name}\", which is no namespace");
            target[member] = value(scope);
        };
    }

    private EngineException Refuse(int at, string what)
    {
        int line = _source.AsSpan(0, at).Count('\n') + 1, column = at - (_source.LastIndexOf('\n', Math.Max(0, at - 1)) is >= 0 and int before && at > 0 ? before : -1);
        return new EngineException(new EngineError(ExitCode.Input, "UNSUPPORTED",
            $"the chat template has {what}, expected the part of Jinja that the description of embed lists. Nothing is put in its place, because the text would be another; write the template with that part, or name one of the engine's.", _file, line, column));
    }
}
