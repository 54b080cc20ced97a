namespace Engine.Tokenizers;

/// <summary>The ids that a tokenizer puts around one text, from its post-processor.</summary>
/// <param name="Before">Before the text, such as a beginning-of-sequence token.</param>
/// <param name="Behind">Behind it.</param>
internal sealed record SpecialTokens(int[] Before, int[] Behind)
{
    /// <summary>Reads a post-processor.</summary>
    /// <exception cref="EngineException">It is one that this runtime does not have, or is malformed: exit 4.</exception>
    public static SpecialTokens Read(TokenizerJson json)
    {
        if (json.IsNull) return new SpecialTokens([], []);
        string type = json["type"].Text();
        switch (type)
        {
            case "ByteLevel":
                json.RequireKeys("type", "add_prefix_space", "trim_offsets", "use_regex");
                return new SpecialTokens([], []);
            case "BertProcessing":
                json.RequireKeys("type", "sep", "cls");
                return new SpecialTokens([IdOf(json["cls"])], [IdOf(json["sep"])]);
            case "RobertaProcessing":
                json.RequireKeys("type", "sep", "cls", "trim_offsets", "add_prefix_space");
                return new SpecialTokens([IdOf(json["cls"])], [IdOf(json["sep"])]);
            case "TemplateProcessing":
                json.RequireKeys("type", "single", "pair", "special_tokens");
                return ReadTemplate(json);
            case "Sequence":
                json.RequireKeys("type", "processors");
                var all = new SpecialTokens([], []);
                foreach (TokenizerJson inner in json["processors"].Items())
                {
                    SpecialTokens outer = Read(inner);
                    all = new SpecialTokens([.. outer.Before, .. all.Before], [.. all.Behind, .. outer.Behind]);
                }

                return all;
            default:
                throw json["type"].Unsupported($"the post-processor \"{type}\"", "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or Sequence");
        }
    }

    private static int IdOf(TokenizerJson pair)
    {
        pair.Require(System.Text.Json.JsonValueKind.Array, "a token and its id");
        TokenizerJson[] items = [.. pair.Items()];
        return items.Length == 2 ? items[1].Whole() : throw pair.Refuse("TYPE", $"found {items.Length} values, expected a token and its id.");
    }

    private static SpecialTokens ReadTemplate(TokenizerJson json)
    {
        List<int> before = [], behind = [];
        bool hasText = false;
        foreach (TokenizerJson piece in json["single"].Items())
        {
            piece.RequireKeys("SpecialToken", "Sequence");
            if (!piece["Sequence"].IsNull)
            {
                if (hasText || piece["Sequence"]["id"].Text() != "A") throw piece.Unsupported("a second text in the template for one text", "the text \"A\" once");
                hasText = true;
                continue;
            }

            string name = piece["SpecialToken"]["id"].Text();
            TokenizerJson ids = json["special_tokens"][name]["ids"];
            if (ids.IsNull) throw piece.Refuse("UNKNOWN_TOKEN", $"found the special token \"{name}\", expected one of the template's special_tokens.");
            foreach (TokenizerJson id in ids.Items()) (hasText ? behind : before).Add(id.Whole());
        }

        if (!hasText) throw json["single"].Unsupported("a template without the text", "the text \"A\" once");
        return new SpecialTokens([.. before], [.. behind]);
    }
}
