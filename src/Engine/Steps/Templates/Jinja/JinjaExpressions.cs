using System.Collections;
using System.Globalization;

namespace Engine.Steps.Templates.Jinja;

/// <summary>Reads expressions into functions of the names in scope. Syntax that is not known is refused when the template is read.</summary>
internal sealed class JinjaExpressions(List<JinjaToken> tokens, Func<int, string, EngineException> refuse)
{
    private const int MostDepth = 100;

    private static readonly string[] _keywords = ["if", "else", "and", "or", "not", "in", "is"];
    private int _at;
    private int _depth;

    /// <summary>The token that comes next.</summary>
    public JinjaToken Next => tokens[_at];

    /// <summary>Goes on behind a token of this kind.</summary>
    public JinjaToken Take(JinjaTokenKind kind, string what) => Next.Kind == kind ? tokens[_at++] : throw refuse(Next.At, $"{Next.Text} where {what} is expected");

    /// <summary>Goes on if this is the next token.</summary>
    public bool TryTake(string text)
    {
        if (Next.Text != text || Next.Kind is not (JinjaTokenKind.Operator or JinjaTokenKind.Name)) return false;
        _at++;
        return true;
    }

    /// <summary>Reads an expression.</summary>
    public Func<JinjaScope, object?> Read()
    {
        if (++_depth > MostDepth) throw refuse(Next.At, $"expressions more than {MostDepth} deep");
        Func<JinjaScope, object?> value = Or();
        if (TryTake("if"))
        {
            Func<JinjaScope, object?> condition = Or(), then = value;
            Func<JinjaScope, object?> otherwise = TryTake("else") ? Read() : _ => JinjaValue.Undefined;
            value = scope => JinjaValue.IsTrue(condition(scope)) ? then(scope) : otherwise(scope);
        }

        _depth--;
        return value;
    }

    private void Expect(string text)
    {
        if (!TryTake(text)) throw refuse(Next.At, $"{Next.Text} where {text} is expected");
    }

    private Func<JinjaScope, object?> Or()
    {
        Func<JinjaScope, object?> left = And();
        while (TryTake("or"))
        {
            Func<JinjaScope, object?> first = left, second = And();
            left = scope => first(scope) is var value && JinjaValue.IsTrue(value) ? value : second(scope);
        }

        return left;
    }

    private Func<JinjaScope, object?> And()
    {
        Func<JinjaScope, object?> left = Not();
        while (TryTake("and"))
        {
            Func<JinjaScope, object?> first = left, second = Not();
            left = scope => first(scope) is var value && JinjaValue.IsTrue(value) ? second(scope) : value;
        }

        return left;
    }

    private Func<JinjaScope, object?> Not()
    {
        if (!TryTake("not")) return Comparison();
        if (++_depth > MostDepth) throw refuse(Next.At, $"expressions more than {MostDepth} deep");
        Func<JinjaScope, object?> inner = Not();
        _depth--;
        return scope => !JinjaValue.IsTrue(inner(scope));
    }

    private Func<JinjaScope, object?> Comparison()
    {
        Func<JinjaScope, object?> left = Sum();
        while (true)
        {
            int at = Next.At;
            string sign = Next.Text;
            Func<JinjaScope, object?> first = left;
            if (TryTake("=="))
            {
                Func<JinjaScope, object?> second = Sum();
                left = scope => JinjaValue.AreEqual(first(scope), second(scope));
            }
            else if (TryTake("!="))
            {
                Func<JinjaScope, object?> second = Sum();
                left = scope => !JinjaValue.AreEqual(first(scope), second(scope));
            }
            else if (TryTake("<") || TryTake(">") || TryTake("<=") || TryTake(">="))
            {
                Func<JinjaScope, object?> second = Sum();
                left = scope =>
                {
                    if (first(scope) is not long a || second(scope) is not long b) throw refuse(at, $"{sign} between values that are no numbers");
                    return sign switch { "<" => a < b, ">" => a > b, "<=" => a <= b, _ => a >= b };
                };
            }
            else if (Next.Text == "in" && Next.Kind == JinjaTokenKind.Name || Next.Text == "not" && tokens[_at + 1].Text == "in")
            {
                bool negated = TryTake("not");
                Expect("in");
                Func<JinjaScope, object?> second = Sum();
                left = scope => (JinjaValue.Contains(second(scope), first(scope)) ?? throw refuse(at, "\"in\" with a value that holds nothing")) != negated;
            }
            else
            {
                return left;
            }
        }
    }

    private Func<JinjaScope, object?> Sum()
    {
        Func<JinjaScope, object?> left = Product();
        while (Next.Kind == JinjaTokenKind.Operator && Next.Text is "+" or "-" or "~")
        {
            int at = Next.At;
            string sign = tokens[_at++].Text;
            Func<JinjaScope, object?> first = left, second = Product();
            left = scope => (first(scope), second(scope), sign) switch
            {
                (var a, var b, "~") => (JinjaValue.Print(a) ?? throw refuse(at, "a list or map as text")) + (JinjaValue.Print(b) ?? throw refuse(at, "a list or map as text")),
                (string a, string b, "+") => a + b,
                (long a, long b, "+") => a + b,
                (long a, long b, "-") => a - b,
                (IList a, IList b, "+") => (object?)(List<object?>)[.. a.Cast<object?>(), .. b.Cast<object?>()],
                _ => throw refuse(at, $"{sign} between values it is not defined for"),
            };
        }

        return left;
    }

    private Func<JinjaScope, object?> Product()
    {
        Func<JinjaScope, object?> left = Tested();
        while (Next.Kind == JinjaTokenKind.Operator && Next.Text is "%" or "*")
        {
            int at = Next.At;
            string sign = tokens[_at++].Text;
            Func<JinjaScope, object?> first = left, second = Tested();
            left = scope =>
            {
                if (first(scope) is not long a || second(scope) is not long b || sign == "%" && b <= 0) throw refuse(at, $"{sign} between values it is not defined for");
                return sign == "*" ? a * b : (a % b + b) % b;
            };
        }

        return left;
    }

    private Func<JinjaScope, object?> Tested()
    {
        Func<JinjaScope, object?> value = Postfix();
        while (TryTake("is"))
        {
            bool negated = TryTake("not");
            JinjaToken test = Take(JinjaTokenKind.Name, "a test");
            Func<JinjaScope, object?> tested = value;
            Func<object?, bool> holds = test.Text switch
            {
                "defined" => each => each != JinjaValue.Undefined,
                "undefined" => each => each == JinjaValue.Undefined,
                "none" or "None" => each => each is null,
                "string" => each => each is string,
                "mapping" => each => each is IDictionary<string, object?>,
                "iterable" or "sequence" => each => each is string or ICollection,
                "true" => each => each is true,
                "false" => each => each is false,
                "number" or "integer" => each => each is long,
                _ => throw refuse(test.At, $"the test \"{test.Text}\""),
            };
            value = scope => holds(tested(scope)) != negated;
        }

        return value;
    }

    private Func<JinjaScope, object?> Postfix()
    {
        Func<JinjaScope, object?> value = Primary();
        while (true)
        {
            int at = Next.At;
            Func<JinjaScope, object?> inner = value;
            if (TryTake("."))
            {
                string name = Take(JinjaTokenKind.Name, "a name").Text;
                if (TryTake("(")) value = JinjaFunctions.Method(name, inner, Arguments(), at, refuse);
                else value = scope => Member(inner(scope), name, at);
            }
            else if (TryTake("["))
            {
                value = Subscript(inner, at);
            }
            else if (TryTake("|"))
            {
                string name = Take(JinjaTokenKind.Name, "a filter").Text;
                value = JinjaFunctions.Filter(name, inner, TryTake("(") ? Arguments() : [], at, refuse);
            }
            else
            {
                return value;
            }
        }
    }

    private Func<JinjaScope, object?> Subscript(Func<JinjaScope, object?> of, int at)
    {
        Func<JinjaScope, object?>? from = Next.Text == ":" ? null : Read();
        if (TryTake("]")) return scope => Member(of(scope), from!(scope), at);
        Expect(":");
        Func<JinjaScope, object?>? to = Next.Text is ":" or "]" ? null : Read();
        Func<JinjaScope, object?>? step = TryTake(":") && Next.Text != "]" ? Read() : null;
        Expect("]");
        return scope => JinjaValue.Slice(of(scope), from?.Invoke(scope) as long?, to?.Invoke(scope) as long?, step?.Invoke(scope) as long? ?? 1) ?? throw refuse(at, "a part of a value that is no sequence");
    }

    private object? Member(object? of, object? key, int at)
    {
        switch (of)
        {
            case IDictionary<string, object?> map when key is string name:
                return map.TryGetValue(name, out object? value) ? value : JinjaValue.Undefined;
            case IList list when key is long index:
                long place = index < 0 ? index + list.Count : index;
                return place >= 0 && place < list.Count ? list[(int)place] : JinjaValue.Undefined;
            case null or string or long or bool when key is string:
                return JinjaValue.Undefined;
            default:
                throw refuse(at, $"\"{key}\" of a value that has no members");
        }
    }

    private Func<JinjaScope, object?> Primary()
    {
        JinjaToken token = Next;
        if (token.Kind == JinjaTokenKind.String)
        {
            _at++;
            return _ => token.Text;
        }

        if (token.Kind == JinjaTokenKind.Number || token.Text == "-" && tokens[_at + 1].Kind == JinjaTokenKind.Number)
        {
            bool negative = TryTake("-");
            if (!long.TryParse(Take(JinjaTokenKind.Number, "a number").Text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)) throw refuse(token.At, "a number that is too large");
            object whole = negative ? -number : number;
            return _ => whole;
        }

        if (TryTake("("))
        {
            Func<JinjaScope, object?> inner = Read();
            Expect(")");
            return inner;
        }

        if (TryTake("["))
        {
            List<Func<JinjaScope, object?>> items = [];
            while (!TryTake("]"))
            {
                items.Add(Read());
                if (Next.Text != "]") Expect(",");
            }

            return scope => (List<object?>)[.. items.Select(item => item(scope))];
        }

        if (token.Kind != JinjaTokenKind.Name || _keywords.Contains(token.Text)) throw refuse(token.At, token.Text);
        _at++;
        if (token.Text is "true" or "True") return _ => true;
        if (token.Text is "false" or "False") return _ => false;
        if (token.Text is "none" or "None") return _ => null;
        return TryTake("(") ? JinjaFunctions.Call(token.Text, Arguments(), token.At, refuse) : scope => scope[token.Text];
    }

    private List<(string? Name, Func<JinjaScope, object?> Value)> Arguments()
    {
        List<(string?, Func<JinjaScope, object?>)> arguments = [];
        while (!TryTake(")"))
        {
            string? name = Next.Kind == JinjaTokenKind.Name && tokens[_at + 1].Text == "=" ? tokens[_at].Text : null;
            if (name is not null) _at += 2;
            arguments.Add((name, Read()));
            if (Next.Text != ")") Expect(",");
        }

        return arguments;
    }
}
