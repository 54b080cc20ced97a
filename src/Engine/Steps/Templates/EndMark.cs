using System.Text.Json;
using Engine.Tokenizers;

namespace Engine.Steps.Templates;

/// <summary>What ends a response, as the model's own files say it.</summary>
internal static class EndMark
{
    /// <summary>The file that names it.</summary>
    public const string ConfigurationName = ModelConfiguration.FileName;

    /// <summary>The text of a model's end-of-sequence token: <paramref name="given"/>, else <c>eos_token</c> of the <c>tokenizer_config.json</c> beside the tokenizer, else <c>&lt;/s&gt;</c>.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="given">What the plan says, or null.</param>
    /// <exception cref="EngineException">A mark that is named is no token of the tokenizer, or the file is malformed: exit 4.</exception>
    public static string Of(Tokenizer tokenizer, string? given = null)
    {
        string? named = given;
        string file = Path.Combine(Path.GetDirectoryName(tokenizer.Path) ?? "", ModelConfiguration.FileName);
        if (named is null && File.Exists(file))
        {
            using JsonDocument configuration = ModelConfiguration.Read(file, file);
            named = ModelConfiguration.Token(configuration, "eos_token", file);
        }

        // Models for search often have no such token, and the templates were published with this text.
        if (named is null) return ConversationTemplate.DefaultEndMark;
        if (tokenizer.Find(named) is not null) return named;
        throw EngineException.Input(tokenizer.Path, "END_MARK",
            $"found no token \"{named}\", which {(given is not null ? "the plan gives" : $"{ModelConfiguration.FileName} names")} as the end of a response, expected one token for it. Name the model's end-of-sequence token with \"eos\".");
    }
}
