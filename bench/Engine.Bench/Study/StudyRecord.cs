using System.Text.Json;

namespace Engine.Bench.Study;

/// <summary>A prompt and its answer, with a label that says what it is about.</summary>
/// <param name="Label">Source and subject, such as <c>foldoc/networking</c>.</param>
/// <param name="Prompt">What is asked.</param>
/// <param name="Answer">The reply.</param>
internal sealed record StudyRecord(string Label, string Prompt, string Answer)
{
    /// <summary>What a language model trains on.</summary>
    public string Text => $"{Prompt}\n{Answer}";

    /// <summary>Writes records as JSON Lines with <c>prompt</c>, <c>completion</c> and <c>label</c>.</summary>
    public static void WriteAll(string path, IEnumerable<StudyRecord> records)
    {
        using FileStream stream = File.Create(path);
        foreach (StudyRecord record in records)
        {
            using (var json = new Utf8JsonWriter(stream))
            {
                json.WriteStartObject();
                json.WriteString("label", record.Label);
                json.WriteString("prompt", record.Prompt);
                json.WriteString("completion", record.Answer);
                json.WriteEndObject();
            }

            stream.WriteByte((byte)'\n');
        }
    }
}
