using System.Text;
using System.Text.Json;

namespace Engine.Data.Jsonl;

/// <summary>Finds the turns of a record in its layout. The same code checks a record and reads it, so that what was accepted can be read.</summary>
internal static class ConversationReader
{
    private static readonly RecordLayout[] Known = [RecordLayout.Messages, RecordLayout.Alpaca, RecordLayout.ShareGpt, RecordLayout.PromptCompletion, RecordLayout.P3, RecordLayout.Text];

    /// <summary>The layout a record shows by its keys.</summary>
    /// <returns>The layout, or <see cref="RecordLayout.Auto"/> when none fits.</returns>
    public static RecordLayout Detect(ReadOnlySpan<byte> line, JsonLine json)
    {
        foreach (RecordLayout layout in Known)
        {
            bool fits = layout switch
            {
                RecordLayout.Messages => json.Find(line, 0, "messages"u8) >= 0,
                RecordLayout.Alpaca => json.Find(line, 0, "instruction"u8) >= 0 && json.Find(line, 0, "output"u8) >= 0,
                RecordLayout.ShareGpt => json.Find(line, 0, "conversations"u8) >= 0,
                RecordLayout.PromptCompletion => json.Find(line, 0, "prompt"u8) >= 0 && json.Find(line, 0, "completion"u8) >= 0,
                RecordLayout.P3 => P3Keys(line, json, out _, out _),
                _ => json.Find(line, 0, "text"u8) >= 0,
            };
            if (fits) return layout;
        }

        return RecordLayout.Auto;
    }

    /// <summary>What to say when no layout fits.</summary>
    public static LineFault NoLayout(ReadOnlySpan<byte> line, JsonLine json)
    {
        List<string> keys = [];
        for (int name = 1; name < json.Nodes[0].End && keys.Count < 8; name = json.Nodes[name + 1].End) keys.Add(LineFault.Brief(json.Text(line, name)));
        string found = keys.Count == 0 ? "no keys" : $"the keys {string.Join(", ", keys)}";
        return new LineFault(0, "LAYOUT", $"the file's first record has {found}, which fit none of the layouts: messages (messages), alpaca (instruction, output), sharegpt (conversations), "
            + "promptCompletion (prompt, completion), p3 (inputs_pretokenized, targets_pretokenized or inputs, targets), text (text). Rename the keys, or set \"layout\".");
    }

    /// <summary>Reads or checks a record's turns.</summary>
    /// <param name="layout">The file's layout, not <see cref="RecordLayout.Auto"/>.</param>
    /// <param name="line">The record's bytes, which <paramref name="json"/> has parsed.</param>
    /// <param name="json">The record's tokens.</param>
    /// <param name="turns">Where the turns go, begun with this record; null only checks.</param>
    /// <returns>What does not fit, or null.</returns>
    public static LineFault? Read(RecordLayout layout, ReadOnlySpan<byte> line, JsonLine json, Utf8Turns? turns) => layout switch
    {
        RecordLayout.Messages => ReadMessages(line, json, json.Find(line, 0, "messages"u8), "messages"u8, turns),
        RecordLayout.Alpaca => ReadAlpaca(line, json, turns),
        RecordLayout.ShareGpt => ReadShareGpt(line, json, turns),
        RecordLayout.PromptCompletion => ReadSide(line, json, "prompt"u8, "user"u8, turns) ?? ReadSide(line, json, "completion"u8, "assistant"u8, turns),
        RecordLayout.P3 => ReadP3(line, json, turns),
        _ => ReadText(line, json, "text"u8, "text"u8, turns),
    };

    private static LineFault? ReadMessages(ReadOnlySpan<byte> line, JsonLine json, int list, ReadOnlySpan<byte> key, Utf8Turns? turns)
    {
        if (CheckList(json, list, key) is LineFault noList) return noList;
        for (int message = list + 1; message < json.Nodes[list].End; message = json.Nodes[message].End)
        {
            if (CheckText(line, json, message, "role"u8, list: key, out int role) is LineFault noRole) return noRole;
            int content = json.Find(line, message, "content"u8);
            if (content >= 0 && json.Nodes[content].Type == JsonTokenType.StartArray)
            {
                if (ReadParts(line, json, content, role, turns) is LineFault badPart) return badPart;
                continue;
            }

            if (CheckText(line, json, message, "content"u8, list: key, out content) is LineFault noContent) return noContent;
            turns?.Add(turns.Take(json.Nodes[role]), turns.Take(json.Nodes[content]));
        }

        return null;
    }

    private static LineFault? ReadParts(ReadOnlySpan<byte> line, JsonLine json, int list, int role, Utf8Turns? turns)
    {
        Utf8Place name = turns?.Take(json.Nodes[role]) ?? default;
        int joined = turns?.BeginText() ?? 0;
        for (int part = list + 1; part < json.Nodes[list].End; part = json.Nodes[part].End)
        {
            if (json.Nodes[part].Type != JsonTokenType.StartObject) return WrongType(json, part, "a part of \"content\"", "an object such as {\"type\": \"text\", \"text\": \"...\"}");

            // Parts without text (images, sound) have nothing to say to a text engine.
            int text = json.Find(line, part, "text"u8);
            if (text < 0) continue;
            if (json.Nodes[text].Type != JsonTokenType.String) return WrongType(json, text, "\"text\" in a part of \"content\"", "a string");
            turns?.Append(json.Nodes[text]);
        }

        turns?.Add(name, turns.EndText(joined));
        return null;
    }

    private static LineFault? ReadAlpaca(ReadOnlySpan<byte> line, JsonLine json, Utf8Turns? turns)
    {
        if (CheckText(line, json, 0, "instruction"u8, list: [], out int instruction) is LineFault noInstruction) return noInstruction;
        if (CheckText(line, json, 0, "output"u8, list: [], out int output) is LineFault noOutput) return noOutput;
        int input = json.Find(line, 0, "input"u8);
        if (input >= 0 && json.Nodes[input].Type is not (JsonTokenType.String or JsonTokenType.Null)) return WrongType(json, input, "\"input\"", "a string");
        if (turns is null) return null;
        Utf8Place asked;
        if (input >= 0 && json.Nodes[input].Type == JsonTokenType.String && json.Nodes[input].Length > 0)
        {
            int joined = turns.BeginText();
            turns.Append(json.Nodes[instruction]);
            turns.Append("\n\n"u8);
            turns.Append(json.Nodes[input]);
            asked = turns.EndText(joined);
        }
        else
        {
            asked = turns.Take(json.Nodes[instruction]);
        }

        turns.Add(turns.Take("user"u8), asked);
        turns.Add(turns.Take("assistant"u8), turns.Take(json.Nodes[output]));
        return null;
    }

    private static LineFault? ReadShareGpt(ReadOnlySpan<byte> line, JsonLine json, Utf8Turns? turns)
    {
        int list = json.Find(line, 0, "conversations"u8);
        if (CheckList(json, list, "conversations"u8) is LineFault noList) return noList;
        for (int turn = list + 1; turn < json.Nodes[list].End; turn = json.Nodes[turn].End)
        {
            if (CheckText(line, json, turn, "from"u8, list: "conversations"u8, out int from) is LineFault noFrom) return noFrom;
            if (CheckText(line, json, turn, "value"u8, list: "conversations"u8, out int value) is LineFault noValue) return noValue;
            if (turns is null) continue;
            Utf8Place role = turns.Take(json.Nodes[from]);
            if (turns[role].SequenceEqual("human"u8)) role = turns.Take("user"u8);
            else if (IsModel(turns[role])) role = turns.Take("assistant"u8);
            turns.Add(role, turns.Take(json.Nodes[value]));
        }

        return null;
    }

    /// <summary>Whether a turn of a shared conversation is the model's: they were shared from several.</summary>
    private static bool IsModel(ReadOnlySpan<byte> role) =>
        role.SequenceEqual("gpt"u8) || role.SequenceEqual("chatgpt"u8) || role.SequenceEqual("bing"u8) || role.SequenceEqual("bard"u8);

    private static LineFault? ReadSide(ReadOnlySpan<byte> line, JsonLine json, ReadOnlySpan<byte> key, ReadOnlySpan<byte> role, Utf8Turns? turns)
    {
        int value = json.Find(line, 0, key);
        return value >= 0 && json.Nodes[value].Type == JsonTokenType.StartArray
            ? ReadMessages(line, json, value, key, turns)
            : ReadText(line, json, key, role, turns);
    }

    private static LineFault? ReadP3(ReadOnlySpan<byte> line, JsonLine json, Utf8Turns? turns)
    {
        if (!P3Keys(line, json, out ReadOnlySpan<byte> inputs, out ReadOnlySpan<byte> targets))
            return new LineFault(0, "LAYOUT", "the record has neither \"inputs_pretokenized\" and \"targets_pretokenized\" nor \"inputs\" and \"targets\", which the layout p3 needs.");
        return ReadText(line, json, inputs, "user"u8, turns) ?? ReadText(line, json, targets, "assistant"u8, turns);
    }

    // "inputs" beside "inputs_pretokenized" holds token numbers, so the pair of texts comes first.
    private static bool P3Keys(ReadOnlySpan<byte> line, JsonLine json, out ReadOnlySpan<byte> inputs, out ReadOnlySpan<byte> targets)
    {
        inputs = "inputs_pretokenized"u8;
        targets = "targets_pretokenized"u8;
        if (json.Find(line, 0, inputs) >= 0 && json.Find(line, 0, targets) >= 0) return true;
        inputs = "inputs"u8;
        targets = "targets"u8;
        return json.Find(line, 0, inputs) >= 0 && json.Find(line, 0, targets) >= 0;
    }

    private static LineFault? ReadText(ReadOnlySpan<byte> line, JsonLine json, ReadOnlySpan<byte> key, ReadOnlySpan<byte> role, Utf8Turns? turns)
    {
        if (CheckText(line, json, 0, key, list: [], out int value) is LineFault fault) return fault;
        turns?.Add(turns.Take(role), turns.Take(json.Nodes[value]));
        return null;
    }

    private static LineFault? CheckList(JsonLine json, int list, ReadOnlySpan<byte> key)
    {
        if (list < 0) return new LineFault(0, "LAYOUT", $"the record lacks the key \"{Encoding.UTF8.GetString(key)}\", which the file's layout needs. Every record of a file has one layout.");
        if (json.Nodes[list].Type != JsonTokenType.StartArray) return WrongType(json, list, $"\"{Encoding.UTF8.GetString(key)}\"", "a list");
        return json.Nodes[list].End == list + 1 ? new LineFault(json.Nodes[list].Start, "LAYOUT", $"\"{Encoding.UTF8.GetString(key)}\" is an empty list, but a record needs at least one turn. Remove the record.") : null;
    }

    // The value of a key that must hold text: of the record, or of an element of a list, which an empty name for the list tells apart.
    private static LineFault? CheckText(ReadOnlySpan<byte> line, JsonLine json, int parent, ReadOnlySpan<byte> key, ReadOnlySpan<byte> list, out int value)
    {
        value = json.Find(line, parent, key);
        if (value >= 0 && json.Nodes[value].Type == JsonTokenType.String) return null;
        string where = list.IsEmpty ? "the record" : list.SequenceEqual("conversations"u8) ? "a turn of \"conversations\"" : $"a message of \"{Encoding.UTF8.GetString(list)}\"";
        if (json.Nodes[parent].Type != JsonTokenType.StartObject) return WrongType(json, parent, where, "an object");
        string name = Encoding.UTF8.GetString(key);
        return value < 0
            ? new LineFault(json.Nodes[parent].Start, "LAYOUT", $"{where} lacks the key \"{name}\", which the file's layout needs. Every record of a file has one layout.")
            : WrongType(json, value, $"\"{name}\" in {where}", "a string");
    }

    private static LineFault WrongType(JsonLine json, int index, string what, string wanted)
    {
        ref readonly JsonNode node = ref json.Nodes[index];
        string found = node.Type switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.String => "a string",
            JsonTokenType.Number => "a number",
            JsonTokenType.Null => "null",
            _ => "a truth value",
        };
        return new LineFault(Math.Max(0, node.Type == JsonTokenType.String ? node.Start - 1 : node.Start), "LAYOUT", $"{what} is {found}, but it must be {wanted}. Correct or remove the record.");
    }
}
