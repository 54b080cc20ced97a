using System.Text;

namespace Engine.Plans;

/// <summary>Replaces <c>${vars.x}</c>, <c>${env:NAME}</c> and <c>${env:NAME:-default}</c> in a plan's values; <c>$${</c> stands for a literal <c>${</c>.</summary>
/// <remarks>A value that is nothing but a variable becomes the variable's own value, whatever its kind; inside other text it is inserted as text.
/// A default may hold variables, <c>${env:NAME:-${vars.x}/a}</c>, which are replaced only when it is needed.
/// Keys and whatever stands under an <c>x-</c> key stay as they are. <c>${round}</c> is left for the step that counts rounds.</remarks>
internal sealed class Interpolation
{
    /// <summary>Replaced per round by the step that reads it.</summary>
    public const string Round = "${round}";

    private const string FeedbackKey = "feedback";
    private const int MostText = 1 << 24;
    private const int MostSuggested = 1000;

    private readonly Func<string, string?> _environment;
    private readonly PlanReading _reading;
    private readonly PlanNode? _vars;
    private readonly Dictionary<string, PlanMember> _variables;
    private readonly Dictionary<string, PlanNode?> _resolved = new(StringComparer.Ordinal);
    private readonly List<string> _open = [];
    private readonly HashSet<string> _withRound = new(StringComparer.Ordinal);
    private int _defaults;
    private int _values;
    private long _text;
    private bool _stopped;

    private Interpolation(PlanNode? vars, Func<string, string?> environment, PlanReading reading)
    {
        (_vars, _environment, _reading) = (vars, environment, reading);
        _variables = (vars?.Members ?? []).ToDictionary(m => m.Name, StringComparer.Ordinal);
    }

    /// <summary>The plan with every variable replaced.</summary>
    /// <param name="plan">The plan's object.</param>
    /// <param name="environment">Value of an environment variable, or null.</param>
    /// <param name="reading">Takes the errors: unknown variables, cycles among them, and text that is no variable.</param>
    /// <returns>The plan, or null when variables of variables make it too large.</returns>
    public static PlanNode? Apply(PlanNode plan, Func<string, string?> environment, PlanReading reading)
    {
        PlanNode? vars = plan["vars"];
        var interpolation = new Interpolation(vars is { Kind: NodeKind.Object } ? vars : null, environment, reading);
        foreach (PlanMember variable in interpolation._vars?.Members ?? []) interpolation.Variable(variable);
        PlanNode replaced = plan with { Members = [.. plan.Members.Select(m => interpolation.Member(m, 1))] };
        return interpolation._stopped ? null : replaced;
    }

    private PlanMember Member(PlanMember member, int depth)
    {
        if (FreeKeys.Has(member.Name)) return member;
        if (ReferenceEquals(member.Value, _vars))
            return member with { Value = _vars! with { Members = [.. _vars.Members.Select(v => v with { Value = Variable(v) ?? v.Value })] } };
        return member with { Value = Resolve(member.Value, depth, member.Name == FeedbackKey) };
    }

    private PlanNode Resolve(PlanNode node, int depth, bool rounds)
    {
        if (!Afford(node, depth)) return node;
        return node.Kind switch
        {
            NodeKind.Object => node with { Members = [.. node.Members.Select(m => Member(m, depth + 1))] },
            NodeKind.Array => node with { Items = [.. node.Items.Select(i => Resolve(i, depth + 1, rounds))] },
            NodeKind.Text when node.Text.Contains("${", StringComparison.Ordinal) => Replace(node, depth, rounds),
            _ => node,
        };
    }

    /// <summary>A variable's value with the variables in it replaced; null when something in it is wrong, which has been told there.</summary>
    private PlanNode? Variable(PlanMember variable)
    {
        if (_resolved.TryGetValue(variable.Name, out PlanNode? known)) return known;
        if (FreeKeys.Has(variable.Name)) return _resolved[variable.Name] = variable.Value;
        int opened = _open.IndexOf(variable.Name);
        if (opened >= 0 || _open.Count >= PlanParser.MostDepth)
        {
            string way = string.Join(" -> ", _open.Skip(Math.Max(0, opened)).Append(variable.Name));
            if (opened >= 0) _reading.Error(variable.Value.Place, "CYCLE", $"found variables that lead back to themselves: {way}. Write one of them out.");
            else _reading.Error(variable.Value.Place, "DEPTH", $"found variables that refer to each other more than {PlanParser.MostDepth} deep. Write some of them out.");
            return null;
        }

        _open.Add(variable.Name);
        int before = _reading.Failures;
        PlanNode value = Resolve(variable.Value, 2, rounds: true);
        _open.RemoveAt(_open.Count - 1);
        return _resolved[variable.Name] = _reading.Failures == before ? value : null;
    }

    private PlanNode Replace(PlanNode node, int depth, bool rounds)
    {
        string text = node.Text;
        var replaced = new StringBuilder();
        for (int at = 0; at < text.Length;)
        {
            int dollar = text.IndexOf('$', at);
            if (dollar < 0) dollar = text.Length;
            replaced.Append(text, at, dollar - at);
            ReadOnlySpan<char> rest = text.AsSpan(dollar);
            at = dollar;
            if (rest.StartsWith("$${"))
            {
                replaced.Append("${");
                at += 3;
            }
            else if (rest.StartsWith("${"))
            {
                int close = Closing(text, dollar);
                if (close < 0) return Refuse(node, "SYNTAX", $"found \"${{\" without \"}}\" in {node.Describe()}, expected ${{vars.NAME}}, ${{env:NAME}} or ${{env:NAME:-default}}. Write $${{ for a literal ${{.");
                at = close + 1;
                PlanNode? value = Lookup(node, text[(dollar + 2)..close], depth, rounds);
                if (value is null)
                {
                    _reading.Settle(node.Place);
                    return node;
                }

                if (dollar == 0 && at == text.Length) return Moved(value, node.Place, depth);
                if (value.Kind is NodeKind.Object or NodeKind.Array or NodeKind.Null)
                    return Refuse(node, "TYPE", $"found a variable that holds {value.Describe()} inside text, expected a string, a number, true or false. Let the variable be the whole value.");
                replaced.Append(value.Text);
            }
            else if (rest.Length > 0)
            {
                replaced.Append('$');
                at++;
            }

            _text += replaced.Length;
            if (replaced.Length > MostText || !Afford(node, depth)) return Stop(node);
        }

        return node with { Text = replaced.ToString(), FromEnvironment = false };
    }

    /// <summary>Where the brace stands that closes a variable; in between, every <c>${</c> has one of its own. -1 when there is none.</summary>
    private static int Closing(string text, int dollar)
    {
        int open = 0;
        for (int at = dollar; at < text.Length; at++)
        {
            if (text[at] == '}' && --open == 0) return at;
            if (text[at] == '{' && text[at - 1] == '$') open++;
        }

        return -1;
    }

    private PlanNode? Lookup(PlanNode node, string variable, int depth, bool rounds)
    {
        if (variable.StartsWith("vars.", StringComparison.Ordinal))
        {
            string name = variable["vars.".Length..];
            if (_variables.TryGetValue(name, out PlanMember? found)) return WithoutRound(node, name, Variable(found), rounds);
            Refuse(node, "VARIABLE", $"found the variable \"{name}\", which \"vars\" does not have.{Suggestion.For(name, _variables.Keys.Take(MostSuggested))} Add it to \"vars\".");
            return null;
        }

        if (variable.StartsWith("env:", StringComparison.Ordinal)) return FromEnvironment(node, variable["env:".Length..], depth, rounds);
        if (variable == "round")
        {
            _withRound.UnionWith(_open);
            return rounds ? node with { Text = Round } : RefuseRound(node, "${round}");
        }

        Refuse(node, "VARIABLE", $"found ${{{variable}}}, expected ${{vars.NAME}}, ${{env:NAME}} or ${{env:NAME:-default}}.{Suggestion.For(variable, _variables.Keys.Take(MostSuggested).Select(k => "vars." + k))} Write $${{ for a literal ${{.");
        return null;
    }

    /// <summary>A variable's value, unless it holds <c>${round}</c> where there are no rounds.</summary>
    private PlanNode? WithoutRound(PlanNode node, string variable, PlanNode? value, bool rounds)
    {
        if (!_withRound.Contains(variable)) return value;
        _withRound.UnionWith(_open);
        return rounds ? value : RefuseRound(node, $"${{vars.{variable}}}, which holds ${{round}},");
    }

    private PlanNode? RefuseRound(PlanNode node, string found)
    {
        Refuse(node, "VARIABLE", $"found {found} outside \"{FeedbackKey}\", expected it only there. Write $${{round}} for the literal text.");
        return null;
    }

    private PlanNode? FromEnvironment(PlanNode node, string variable, int depth, bool rounds)
    {
        int mark = variable.IndexOf(":-", StringComparison.Ordinal);
        string name = mark < 0 ? variable : variable[..mark];
        string? value = name.Length == 0 || name.AsSpan().ContainsAny('=', '\0') ? null : _environment(name);
        if (mark >= 0 && string.IsNullOrEmpty(value)) return Default(node, variable[(mark + 2)..], depth, rounds);
        if (value is not null) return new PlanNode(NodeKind.Text, node.Place, value) { FromEnvironment = true };
        Refuse(node, "VARIABLE", $"found ${{env:{name}}}, but the environment variable \"{name}\" is not set. Set it, or write ${{env:{name}:-default}}.");
        return null;
    }

    /// <summary>What stands for a variable that the environment lacks; null when something in it is wrong, which has been told.</summary>
    private PlanNode? Default(PlanNode node, string text, int depth, bool rounds)
    {
        PlanNode given = node with { Text = text };
        if (text.Contains("${", StringComparison.Ordinal))
        {
            if (_defaults >= PlanParser.MostDepth)
            {
                Refuse(node, "DEPTH", $"found defaults inside one another more than {PlanParser.MostDepth} deep. Write some of them as \"vars\".");
                return null;
            }

            _defaults++;
            int before = _reading.Failures;
            given = Replace(given, depth, rounds);
            _defaults--;
            if (_reading.Failures != before) return null;
        }

        return given.Kind == NodeKind.Text ? given with { FromEnvironment = true } : given;
    }

    /// <summary>A copy whose places are where it is used, so that errors point at the use.</summary>
    private PlanNode Moved(PlanNode value, PlanPlace place, int depth)
    {
        if (!Afford(value, depth)) return value;
        return value with
        {
            Place = place,
            Members = [.. value.Members.Select(m => new PlanMember(m.Name, place, Moved(m.Value, place, depth + 1)))],
            Items = [.. value.Items.Select(i => Moved(i, place, depth + 1))],
        };
    }

    /// <summary>Counts what replacing makes, so that variables of variables cannot fill the memory.</summary>
    private bool Afford(PlanNode node, int depth)
    {
        if (_stopped) return false;
        if (depth > PlanParser.MostDepth && node.Kind is NodeKind.Object or NodeKind.Array)
        {
            Refuse(node, "DEPTH", $"found objects and arrays nested deeper than {PlanParser.MostDepth} after variables were replaced, expected at most that. Flatten the variables.");
            return false;
        }

        if (++_values <= 2 * PlanParser.MostValues && _text <= 4L * MostText) return true;
        Stop(node);
        return false;
    }

    private PlanNode Stop(PlanNode node)
    {
        if (!_stopped) Refuse(node, "SIZE", "found variables that grow beyond any plan when they are replaced. Refer to fewer variables here.");
        _stopped = true;
        return node;
    }

    private PlanNode Refuse(PlanNode node, string code, string message)
    {
        _reading.Error(node.Place, code, message);
        _reading.Settle(node.Place);
        return node;
    }
}
