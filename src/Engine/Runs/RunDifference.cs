using System.Text.Json;

namespace Engine.Runs;

/// <summary>How the selections of two finished runs differ, and what in their plans and inputs may be the reason.</summary>
public sealed record RunDifference
{
    /// <summary>Full path of the first run's folder.</summary>
    public required string FolderA { get; init; }

    /// <summary>Full path of the second run's folder.</summary>
    public required string FolderB { get; init; }

    /// <summary>True when records were matched by id, because both selections have ids; false when by row.</summary>
    public required bool ById { get; init; }

    /// <summary>Distinct records the first run chose.</summary>
    public required int CountA { get; init; }

    /// <summary>Distinct records the second run chose.</summary>
    public required int CountB { get; init; }

    /// <summary>Records both chose.</summary>
    public required int Common { get; init; }

    /// <summary>Records both chose over records any of them chose; 1 when both chose nothing.</summary>
    public double Jaccard => CountA + CountB == 0 ? 1 : Common / (double)(CountA + CountB - Common);

    /// <summary>Records in common among the first so many of both, at the powers of ten and at the length of the shorter selection.</summary>
    public required IReadOnlyList<DepthOverlap> Depths { get; init; }

    /// <summary>Records both chose whose rank differs, the greatest change first, ties by the first run's rank.</summary>
    public required IReadOnlyList<RankChange> Moved { get; init; }

    /// <summary>Records only the first run chose, in its order: ids, or rows as text.</summary>
    public required IReadOnlyList<string> OnlyA { get; init; }

    /// <summary>Records only the second run chose, in its order: ids, or rows as text.</summary>
    public required IReadOnlyList<string> OnlyB { get; init; }

    /// <summary>Chosen records per source, the sources in order of first appearance; empty when neither selection names sources.</summary>
    public required IReadOnlyList<SourceCount> Sources { get; init; }

    /// <summary>Values of the resolved plans that differ, <c>run</c> left out.</summary>
    public required IReadOnlyList<ValueDifference> Plan { get; init; }

    /// <summary>Inputs whose files differ, told by rows, bytes and SHA-256.</summary>
    public required IReadOnlyList<ValueDifference> Inputs { get; init; }

    /// <summary>Writes the difference as one JSON object, lists of records cut at a length.</summary>
    /// <param name="json">Where it goes.</param>
    /// <param name="most">Records written of each list.</param>
    public void Write(Utf8JsonWriter json, int most = int.MaxValue)
    {
        json.WriteStartObject();
        json.WriteString("a", FolderA);
        json.WriteString("b", FolderB);
        json.WriteString("matchedBy", ById ? "id" : "row");
        json.WriteNumber("countA", CountA);
        json.WriteNumber("countB", CountB);
        json.WriteNumber("common", Common);
        json.WriteNumber("jaccard", Jaccard);
        WriteList("depths", Depths, depth =>
        {
            json.WriteNumber("depth", depth.Depth);
            json.WriteNumber("common", depth.Common);
        });
        json.WriteNumber("moved", Moved.Count);
        WriteList("movedMost", Moved.Take(most), change =>
        {
            json.WriteString("record", change.Record);
            json.WriteNumber("rankA", change.RankA);
            json.WriteNumber("rankB", change.RankB);
        });
        WriteRecords("onlyA", OnlyA);
        WriteRecords("onlyB", OnlyB);
        WriteList("sources", Sources, source =>
        {
            json.WriteString("source", source.Source);
            json.WriteNumber("a", source.A);
            json.WriteNumber("b", source.B);
        });
        WriteList("plan", Plan, WriteValue);
        WriteList("inputs", Inputs, WriteValue);
        json.WriteEndObject();

        void WriteValue(ValueDifference value)
        {
            json.WriteString("name", value.Name);
            json.WriteString("a", value.A);
            json.WriteString("b", value.B);
        }

        void WriteRecords(string name, IReadOnlyList<string> records)
        {
            json.WriteNumber($"{name}Count", records.Count);
            json.WriteStartArray(name);
            foreach (string record in records.Take(most)) json.WriteStringValue(record);
            json.WriteEndArray();
        }

        void WriteList<T>(string name, IEnumerable<T> items, Action<T> write)
        {
            json.WriteStartArray(name);
            foreach (T item in items)
            {
                json.WriteStartObject();
                write(item);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    }
}

/// <summary>Records in common among the first of both selections.</summary>
/// <param name="Depth">How many of the first.</param>
/// <param name="Common">How many of them are in common.</param>
public readonly record struct DepthOverlap(int Depth, int Common);

/// <summary>A record and its rank, from 1, in both selections.</summary>
public readonly record struct RankChange(string Record, int RankA, int RankB);

/// <summary>Chosen records of one source; the source is empty for records without one.</summary>
public readonly record struct SourceCount(string Source, int A, int B);

/// <summary>A value that differs; null where a run does not have it.</summary>
public readonly record struct ValueDifference(string Name, string? A, string? B);
