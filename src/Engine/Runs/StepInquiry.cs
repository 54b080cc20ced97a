using System.Globalization;
using System.Text.Json;
using Engine.Data;

namespace Engine.Runs;

/// <summary>One selection step of a finished run and one row of its pool: what is known, and what was found out so far.</summary>
/// <param name="run">The run.</param>
/// <param name="values">Its inputs and steps.</param>
/// <param name="step">The step.</param>
/// <param name="row">The row.</param>
/// <param name="source">The row's source, or null.</param>
/// <param name="pool">The records, or null when there are none or they cannot be read.</param>
internal sealed class StepInquiry(FinishedRun run, RunValues values, string step, int row, string? source, Records? pool)
{
    private readonly List<string> _says = [];
    private readonly Dictionary<string, object> _facts = [];
    private readonly int[] _rows = run.RowsOf(step)!;

    public FinishedRun Run => run;

    public RunValues Values => values;

    public string Step => step;

    public int Row => row;

    public string? Source => source;

    public Records? Pool => pool;

    /// <summary>The rows the step chose, in rank order.</summary>
    public int[] Chosen => _rows;

    /// <summary>The step's op.</summary>
    public string Op => run.OpOf(step);

    /// <summary>The step's arguments as resolved.</summary>
    public JsonElement Arguments => run.Arguments(step);

    /// <summary>An argument that is text, such as a reference or a choice, or its default.</summary>
    public string Text(string key, string otherwise = "") => Arguments.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : otherwise;

    /// <summary>Adds a sentence, numbers as everywhere.</summary>
    public void Say(FormattableString sentence) => _says.Add(sentence.ToString(CultureInfo.InvariantCulture));

    /// <summary>Keeps a number for those who read JSON.</summary>
    public void Fact(string name, object value) => _facts[name] = value;

    /// <summary>Tries to find something out; what stands in the way is said instead.</summary>
    public void Try(string what, Action find)
    {
        try
        {
            find();
        }
        catch (EngineException e)
        {
            Say($"Not recomputed: {what}, because {(e.Errors[0].File is { } file ? $"{file}: " : "")}{e.Errors[0].Message}");
        }
    }

    /// <summary>The last line of selection.csv that fits, by column; null when none does.</summary>
    public IReadOnlyDictionary<string, string>? LastLine(Func<SelectionTable, bool> fits)
    {
        using SelectionTable table = SelectionTable.Open(run, step);
        IReadOnlyDictionary<string, string>? last = null;
        while (table.Read())
            if (fits(table)) last = table.Fields();
        return last;
    }

    /// <summary>How many lines of selection.csv fit.</summary>
    public int CountLines(Func<SelectionTable, bool> fits)
    {
        using SelectionTable table = SelectionTable.Open(run, step);
        int count = 0;
        while (table.Read())
            if (fits(table)) count++;
        return count;
    }

    /// <summary>The explanation.</summary>
    public StepExplanation Explain()
    {
        int place = Array.IndexOf(_rows, row);
        IReadOnlyDictionary<string, string> columns = new Dictionary<string, string>();
        if (place >= 0)
        {
            using SelectionTable table = SelectionTable.Open(run, step);
            int at = 0;
            while (table.Read() && at++ < place)
            {
            }

            columns = table.Fields();
            ChosenRow.Explain(this, place + 1, columns);
        }
        else
        {
            RefusedRow.Explain(this);
        }

        return new StepExplanation(step, Op, place < 0 ? null : place + 1, _rows.Length, columns, _facts, _says);
    }
}
