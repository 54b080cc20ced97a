using System.Buffers;
using System.Text;
using System.Text.Json;
using Engine.Data;
using Engine.Steps.Templates.Jinja;

namespace Engine.Steps.Templates;

/// <summary>A model's own chat template, from a <c>.jinja</c> file or the <c>chat_template</c> of a <c>tokenizer_config.json</c>.</summary>
/// <remarks>
/// The prompt is what the template makes of the turns before the response with <c>add_generation_prompt</c>, the response what the whole text has
/// behind that; where the whole text does not begin with that prompt there is no response. Contents are given to the template as they are. It sees
/// <c>messages</c>, <c>add_generation_prompt</c>, <c>bos_token</c> and <c>eos_token</c>. It writes the special tokens, so the tokenizer adds none.
/// </remarks>
internal sealed class FileTemplate : ConversationTemplate
{
    private readonly JinjaTemplate _template;
    private readonly string _file;
    private readonly string? _begin;
    private readonly string? _end;

    private FileTemplate(JinjaTemplate template, string file, string? begin, string? end) => (_template, _file, _begin, _end) = (template, file, begin, end);

    /// <inheritdoc/>
    public override bool WritesSpecialTokens => true;

    /// <summary>The file of a template, where a path may be a model's folder.</summary>
    /// <param name="path">As it is written.</param>
    /// <param name="full">The same, absolute.</param>
    /// <returns>The path, or that of <c>chat_template.jinja</c> or else <c>tokenizer_config.json</c> in the folder.</returns>
    public static string Within(string path, string full)
    {
        if (!Directory.Exists(full)) return path;
        return Path.Combine(path, File.Exists(Path.Combine(full, "chat_template.jinja")) ? "chat_template.jinja" : ModelConfiguration.FileName);
    }

    /// <summary>Reads a template.</summary>
    /// <param name="path">A <c>.jinja</c> file, a <c>tokenizer_config.json</c>, or a folder with one of the two (<c>chat_template.jinja</c> first).</param>
    /// <param name="name">How messages call it.</param>
    /// <exception cref="EngineException">It is missing, malformed, or uses what is not known: exit 4.</exception>
    public static FileTemplate Open(string path, string name)
    {
        (path, name) = (Path.GetFullPath(Within(path, path)), Within(name, path));
        string beside = Path.Combine(Path.GetDirectoryName(path)!, ModelConfiguration.FileName);
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            byte[] source = ModelConfiguration.ReadBytes(path, name);
            using JsonDocument? configuration = File.Exists(beside) ? ModelConfiguration.Read(beside, beside) : null;
            return new FileTemplate(new JinjaTemplate(Encoding.UTF8.GetString(source), name), name, configuration is null ? null : ModelConfiguration.Token(configuration, "bos_token", beside), configuration is null ? null : ModelConfiguration.Token(configuration, "eos_token", beside));
        }

        using JsonDocument json = ModelConfiguration.Read(path, name);
        if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("chat_template", out JsonElement template))
            throw EngineException.Input(name, "TEMPLATE", "found no chat_template, expected one. Name a template of the engine, or a .jinja file.");
        if (template.ValueKind != JsonValueKind.String)
            throw EngineException.Input(name, "TEMPLATE", "found a chat_template that is no text, expected one template. Of several, save the one that is meant as a .jinja file and name that.");
        return new FileTemplate(new JinjaTemplate(template.GetString()!, name), name, ModelConfiguration.Token(json, "bos_token", name), ModelConfiguration.Token(json, "eos_token", name));
    }

    /// <inheritdoc/>
    protected override bool TryRenderTurns(Utf8Turns turns, EncodingSide side, ArrayBufferWriter<byte> text, out ResponsePlace response)
    {
        List<object?> messages = [];
        for (int i = 0; i < turns.Count; i++)
        {
            messages.Add(new Dictionary<string, object?>
            {
                ["role"] = Encoding.UTF8.GetString(turns.Role(i)),
                ["content"] = Encoding.UTF8.GetString(turns.Content(i)),
            });
        }

        bool hasResponse = turns.Count > 1 && turns.Role(turns.Count - 1).SequenceEqual("assistant"u8);
        string whole = Render(messages, addGenerationPrompt: side == EncodingSide.Query && !hasResponse);
        int length = Write(whole, text);
        response = new ResponsePlace(length, length, HasResponse: false);
        if (!hasResponse) return true;

        List<object?> before = messages[..^1];
        string prompt = Render(before, addGenerationPrompt: true), asked = Render(before, addGenerationPrompt: false);
        if (!whole.StartsWith(prompt, StringComparison.Ordinal)) return true;
        int start = Encoding.UTF8.GetByteCount(prompt);
        response = new ResponsePlace(prompt.StartsWith(asked, StringComparison.Ordinal) ? Encoding.UTF8.GetByteCount(asked) : start, start, HasResponse: true);
        return true;
    }

    private static int Write(string from, ArrayBufferWriter<byte> to)
    {
        int bytes = Encoding.UTF8.GetByteCount(from);
        Encoding.UTF8.GetBytes(from, to.GetSpan(bytes));
        to.Advance(bytes);
        return bytes;
    }

    private string Render(List<object?> messages, bool addGenerationPrompt)
    {
        try
        {
            return _template.Render(("messages", messages), ("add_generation_prompt", addGenerationPrompt), ("bos_token", _begin ?? JinjaValue.Undefined), ("eos_token", _end ?? JinjaValue.Undefined));
        }
        catch (JinjaRefusalException refused)
        {
            throw EngineException.Input(_file, "TEMPLATE", $"the chat template refuses a conversation of the roles {string.Join(", ", messages.Select(message => ((Dictionary<string, object?>)message!)["role"]))}: {refused.Message} Remove such records, or name another template.");
        }
    }
}
