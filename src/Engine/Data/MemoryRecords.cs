using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Engine.Data;

/// <summary>Records that a program holds in memory.</summary>
internal sealed class MemoryRecords : Records
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly IReadOnlyList<Conversation> _conversations;
    private readonly IReadOnlyList<string>? _ids;
    private readonly List<string> _sources = [];
    private readonly int[] _sourceOf;

    public MemoryRecords(IReadOnlyList<Conversation> conversations, IReadOnlyList<string>? ids, IReadOnlyList<string>? sources)
    {
        if (ids is not null && ids.Count != conversations.Count) throw new ArgumentException($"There are {ids.Count} ids for {conversations.Count} records.", nameof(ids));
        if (sources is not null && sources.Count != conversations.Count) throw new ArgumentException($"There are {sources.Count} sources for {conversations.Count} records.", nameof(sources));
        if (ids is not null && ids.Distinct().Count() != ids.Count) throw new ArgumentException("Two records have the same id.", nameof(ids));

        _conversations = conversations;
        _ids = ids;
        _sourceOf = new int[conversations.Count];
        Array.Fill(_sourceOf, -1);
        Dictionary<string, int> known = [];
        for (int row = 0; row < (sources?.Count ?? 0); row++)
        {
            if (known.TryAdd(sources![row], _sources.Count)) _sources.Add(sources[row]);
            _sourceOf[row] = known[sources[row]];
        }
    }

    public override string Name => "records in memory";

    public override long Rows => _conversations.Count;

    public override IReadOnlyList<string> Sources => _sources;

    public override int SourceOf(long row) => _sourceOf[row];

    public override string Id(long row) => _ids?[(int)row] ?? row.ToString(CultureInfo.InvariantCulture);

    public override byte[] Bytes(long row)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Compact)) Write(_conversations[(int)row], json);
        return stream.ToArray();
    }

    public override Conversation Conversation(long row) => _conversations[(int)row];

    public override IEnumerable<Conversation> Conversations(long firstRow, long count) => _conversations.Skip((int)firstRow).Take((int)count);

    private static void Write(Conversation conversation, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (conversation.Turns is [{ Role: Turn.TextRole } text])
        {
            json.WriteString("text", text.Content);
        }
        else
        {
            json.WriteStartArray("messages");
            foreach (Turn turn in conversation.Turns)
            {
                json.WriteStartObject();
                json.WriteString("role", turn.Role);
                json.WriteString("content", turn.Content);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
