using System.Text.Json;

namespace Engine.Runs;

/// <summary>What a finished run did with one record, selection step by selection step.</summary>
/// <param name="Folder">Full path of the run folder.</param>
/// <param name="Row">The record's row in the pool.</param>
/// <param name="Id">Its id; null when the pool has none or its records can no longer be read.</param>
/// <param name="Source">Its source; null when it has none or its records can no longer be read.</param>
/// <param name="Steps">The selection steps in the order they ran.</param>
public sealed record RecordExplanation(string Folder, long Row, string? Id, string? Source, IReadOnlyList<StepExplanation> Steps)
{
    /// <summary>Writes the explanation as one JSON object.</summary>
    /// <param name="json">Where it goes.</param>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("run", Folder);
        json.WriteNumber("row", Row);
        json.WriteString("id", Id);
        json.WriteString("source", Source);
        json.WriteStartArray("steps");
        foreach (StepExplanation step in Steps)
        {
            json.WriteStartObject();
            json.WriteString("step", step.Step);
            json.WriteString("op", step.Op);
            json.WriteBoolean("chosen", step.Rank is not null);
            if (step.Rank is { } rank) json.WriteNumber("rank", rank);
            json.WriteNumber("of", step.Of);
            json.WriteStartObject("columns");
            foreach ((string name, string value) in step.Columns) json.WriteString(name, value);
            json.WriteEndObject();
            json.WritePropertyName("facts");
            RunJson.WriteFact(json, step.Facts);
            json.WriteStartArray("says");
            foreach (string sentence in step.Says) json.WriteStringValue(sentence);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>What one selection step did with the record.</summary>
/// <param name="Step">The step's name.</param>
/// <param name="Op">Its op.</param>
/// <param name="Rank">The record's rank among the chosen, from 1; null when it was not chosen.</param>
/// <param name="Of">Rows the step chose.</param>
/// <param name="Columns">The record's line in selection.csv by column; empty when it was not chosen.</param>
/// <param name="Facts">Numbers found out for the explanation, by name.</param>
/// <param name="Says">The explanation in sentences.</param>
public sealed record StepExplanation(
    string Step, string Op, int? Rank, int Of, IReadOnlyDictionary<string, string> Columns, IReadOnlyDictionary<string, object> Facts, IReadOnlyList<string> Says);
