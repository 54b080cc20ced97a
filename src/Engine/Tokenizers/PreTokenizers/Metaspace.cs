using System.Text;

namespace Engine.Tokenizers.PreTokenizers;

/// <summary>A visible character for every space, one before the text, and a cut before each.</summary>
internal sealed class Metaspace : PreTokenizer
{
    private readonly byte[] _replacement;
    private readonly bool _prependAlways;
    private readonly bool _prependFirst;
    private readonly PatternSplit? _split;

    private Metaspace(string replacement, bool prependAlways, bool prependFirst, bool split)
    {
        _replacement = Encoding.UTF8.GetBytes(replacement);
        (_prependAlways, _prependFirst) = (prependAlways, prependFirst);
        if (split) _split = new PatternSplit(new LiteralPattern(replacement), Delimiters.MergedWithNext, invert: false);
    }

    /// <summary>Reads the step.</summary>
    /// <exception cref="EngineException">Its keys contradict each other: exit 4.</exception>
    public static new Metaspace Read(TokenizerJson json)
    {
        string scheme = json["prepend_scheme"].Text(otherwise: json["add_prefix_space"].Flag(true) ? "always" : "never")!;
        if (scheme is not ("always" or "first" or "never")) throw json["prepend_scheme"].Unsupported($"the scheme \"{scheme}\"", "always, first or never");
        if (scheme != "never" && !json["add_prefix_space"].Flag(true)) throw json.Refuse("CONFLICT", $"found \"add_prefix_space\": false beside \"prepend_scheme\": \"{scheme}\", expected one of the two. Remove the key that is not meant.");
        return new Metaspace(Character(json["replacement"]), scheme == "always", scheme == "first", json["split"].Flag(true));
    }

    /// <inheritdoc/>
    public override void Apply(PieceBuffer pieces)
    {
        pieces.BeginText();
        for (int i = 0; i < pieces.Count; i++)
        {
            Piece piece = pieces[i];
            ReadOnlySpan<byte> text = pieces.Text(piece);
            int spaces = text.Count((byte)' ');
            bool prepends = (_prependAlways || _prependFirst && piece.AtStart) && text[0] != ' ' && !text.StartsWith(_replacement);
            int bytes = checked(text.Length + spaces * (_replacement.Length - 1) + (prepends ? _replacement.Length : 0));
            Span<byte> room = pieces.Room(bytes);
            if (prepends)
            {
                _replacement.CopyTo(room);
                room = room[_replacement.Length..];
            }

            for (; text.IndexOf((byte)' ') is >= 0 and int space; text = text[(space + 1)..])
            {
                text[..space].CopyTo(room);
                _replacement.CopyTo(room[space..]);
                room = room[(space + _replacement.Length)..];
            }

            text.CopyTo(room);
            pieces.Written(bytes, piece.AtStart);
        }

        pieces.EndText();
        _split?.Apply(pieces);
    }
}
