namespace Engine.Tokenizers.PreTokenizers;

/// <summary>Cuts a text into the pieces that a model sees one by one.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Cuts every piece.</summary>
    public abstract void Apply(PieceBuffer pieces);

    /// <summary>Reads a pre-tokenizer.</summary>
    /// <returns>Its steps in order; none when the value is null.</returns>
    /// <exception cref="EngineException">It is one that this runtime does not have, or is malformed: exit 4.</exception>
    public static List<PreTokenizer> Read(TokenizerJson json)
    {
        List<PreTokenizer> steps = [];
        if (!json.IsNull) Read(json, steps);
        return steps;
    }

    private static void Read(TokenizerJson json, List<PreTokenizer> steps)
    {
        string type = json["type"].Text();
        switch (type)
        {
            case "Sequence":
                json.RequireKeys("type", "pretokenizers");
                foreach (TokenizerJson inner in json["pretokenizers"].Items()) Read(inner, steps);
                break;
            case "ByteLevel":
                json.RequireKeys("type", "add_prefix_space", "trim_offsets", "use_regex");
                if (json["add_prefix_space"].Flag(true)) steps.Add(new PrefixSpace());
                if (json["use_regex"].Flag(true)) steps.Add(new WordSplit(WordPattern.Gpt2));
                steps.Add(new ByteAlphabet());
                break;
            case "Split":
                json.RequireKeys("type", "pattern", "behavior", "invert");
                steps.Add(ReadSplit(json));
                break;
            case "Metaspace":
                json.RequireKeys("type", "replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep");
                steps.Add(Metaspace.Read(json));
                break;
            case "BertPreTokenizer":
                json.RequireKeys("type");
                steps.Add(new ClassSplit(RuneClass.Space, Delimiters.Removed));
                steps.Add(new ClassSplit(RuneClass.Punctuation, Delimiters.Isolated));
                break;
            case "Whitespace":
                json.RequireKeys("type");
                steps.Add(new WordsAndSymbols());
                break;
            case "WhitespaceSplit":
                json.RequireKeys("type");
                steps.Add(new ClassSplit(RuneClass.Space, Delimiters.Removed));
                break;
            case "Digits":
                json.RequireKeys("type", "individual_digits");
                steps.Add(new ClassSplit(RuneClass.Numeric, json["individual_digits"].Flag(false) ? Delimiters.Isolated : Delimiters.Contiguous));
                break;
            case "Punctuation":
                json.RequireKeys("type", "behavior");
                steps.Add(new ClassSplit(RuneClass.Punctuation, json["behavior"].IsNull ? Delimiters.Isolated : ReadDelimiters(json["behavior"])));
                break;
            case "CharDelimiterSplit":
                json.RequireKeys("type", "delimiter");
                steps.Add(new PatternSplit(new LiteralPattern(Character(json["delimiter"])), Delimiters.Removed, invert: false));
                break;
            default:
                throw json["type"].Unsupported($"the pre-tokenizer \"{type}\"",
                    "ByteLevel, Split, Metaspace, BertPreTokenizer, Whitespace, WhitespaceSplit, Digits, Punctuation, CharDelimiterSplit or Sequence");
        }
    }

    /// <summary>A text of exactly one character.</summary>
    internal static string Character(TokenizerJson json)
    {
        string text = json.Text();
        return text.EnumerateRunes().Count() == 1 ? text : throw json.Refuse("TYPE", $"found \"{text}\", expected one character.");
    }

    private static PreTokenizer ReadSplit(TokenizerJson json)
    {
        Delimiters delimiters = ReadDelimiters(json["behavior"]);
        bool invert = json["invert"].Flag(false);
        TokenizerJson regex = json["pattern"].Value.ValueKind == System.Text.Json.JsonValueKind.Object ? json["pattern"]["Regex"] : default;

        // These expressions match every character, so between their matches there is nothing.
        bool keepsMatches = delimiters == Delimiters.Isolated || delimiters == Delimiters.Removed && invert;
        if (keepsMatches && !regex.IsNull && WordPattern.Known(regex.Text()) is { } known) return new WordSplit(known);
        return new PatternSplit(TextPattern.Read(json["pattern"]), delimiters, invert);
    }

    private static Delimiters ReadDelimiters(TokenizerJson json) => json.Text() switch
    {
        "Removed" => Delimiters.Removed,
        "Isolated" => Delimiters.Isolated,
        "MergedWithPrevious" => Delimiters.MergedWithPrevious,
        "MergedWithNext" => Delimiters.MergedWithNext,
        "Contiguous" => Delimiters.Contiguous,
        var other => throw json.Unsupported($"the behavior \"{other}\"", "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous"),
    };
}
