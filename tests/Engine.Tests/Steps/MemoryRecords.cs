using System.Globalization;
using System.Text;
using Engine.Data;

namespace Engine.Tests.Steps;

/// <summary>Records held in memory.</summary>
internal sealed class MemoryRecords(IReadOnlyList<Conversation> conversations, IReadOnlyList<string>? sourceOfRow = null) : Records
{
    private readonly List<string> _sources = [.. (sourceOfRow ?? []).Where(s => s.Length > 0).Distinct()];

    public override string Name => "records.jsonl";

    public override long Rows => conversations.Count;

    public override IReadOnlyList<string> Sources => _sources;

    public static MemoryRecords OfTexts(params string[] texts) => new([.. texts.Select(t => new Conversation([new Turn(Turn.TextRole, t)]))]);

    public static MemoryRecords OfSources(params string[] sourceOfRow) =>
        new([.. sourceOfRow.Select((_, i) => new Conversation([new Turn(Turn.TextRole, $"text {i}")]))], sourceOfRow);

    public override int SourceOf(long row) => sourceOfRow is null ? -1 : _sources.IndexOf(sourceOfRow[(int)row]);

    public override string Id(long row) => row.ToString(CultureInfo.InvariantCulture);

    public override byte[] Bytes(long row) => Encoding.UTF8.GetBytes(string.Join('\n', conversations[(int)row].Turns.Select(t => t.Content)));

    public override Conversation Conversation(long row) => conversations[(int)row];

    public override IEnumerable<Conversation> Conversations(long firstRow, long count) => conversations.Skip((int)firstRow).Take((int)count);
}
