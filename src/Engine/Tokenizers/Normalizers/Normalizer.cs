namespace Engine.Tokenizers.Normalizers;

/// <summary>Changes a text before it is cut.</summary>
internal abstract class Normalizer
{
    /// <summary>Changes the text.</summary>
    public abstract void Apply(NormalizedText text);

    /// <summary>Reads a normalizer.</summary>
    /// <returns>Null when the value is null.</returns>
    /// <exception cref="EngineException">It is one that this runtime does not have, or is malformed: exit 4.</exception>
    public static Normalizer? Read(TokenizerJson json)
    {
        if (json.IsNull) return null;
        string type = json["type"].Text();
        switch (type)
        {
            case "Sequence":
                json.RequireKeys("type", "normalizers");
                return new NormalizerSequence([.. json["normalizers"].Items().Select(inner => Read(inner) ?? throw inner.Refuse("TYPE", "found null, expected a normalizer."))]);
            case "NFC" or "NFD" or "NFKC" or "NFKD":
                json.RequireKeys("type");
                return UnicodeFormNormalizer.Of(type);
            case "Lowercase":
                json.RequireKeys("type");
                return new LowercaseNormalizer();
            case "StripAccents":
                json.RequireKeys("type");
                return new AccentNormalizer(nonSpacingOnly: false);
            case "Nmt":
                json.RequireKeys("type");
                return new NmtNormalizer();
            case "Strip":
                json.RequireKeys("type", "strip_left", "strip_right");
                return new StripNormalizer(json["strip_left"].Flag(true), json["strip_right"].Flag(true));
            case "Prepend":
                json.RequireKeys("type", "prepend");
                return new PrependNormalizer(json["prepend"].Text());
            case "Replace":
                json.RequireKeys("type", "pattern", "content");
                return new ReplaceNormalizer(json["pattern"], json["content"]);
            case "BertNormalizer":
                json.RequireKeys("type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase");
                bool lowercase = json["lowercase"].Flag(true);
                return new BertNormalizer(json["clean_text"].Flag(true), json["handle_chinese_chars"].Flag(true), json["strip_accents"].Flag(lowercase), lowercase);
            case "Precompiled":
                json.RequireKeys("type", "precompiled_charsmap");
                return PrecompiledNormalizer.Read(json["precompiled_charsmap"]);
            default:
                throw json["type"].Unsupported($"the normalizer \"{type}\"",
                    "NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Replace, Prepend, BertNormalizer, Nmt, Precompiled or Sequence");
        }
    }
}

/// <summary>Normalizers one after the other.</summary>
internal sealed class NormalizerSequence(Normalizer[] normalizers) : Normalizer
{
    /// <inheritdoc/>
    public override void Apply(NormalizedText text)
    {
        foreach (Normalizer normalizer in normalizers) normalizer.Apply(text);
    }
}
