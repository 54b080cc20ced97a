namespace Engine.Tokenizers.PreTokenizers;

/// <summary>The regular expressions that nearly all byte-level models cut words with, written out as a walk over characters.</summary>
/// <remarks>
/// GPT-2's cuts contractions, letters, numbers and other characters, each with a space before it, and white space, whose last character goes to what follows.
/// The later one (cl100k, Llama 3, Qwen) lets any character but a line end or a number stand before letters, limits the digits in a piece, lets line ends follow other characters, and cuts behind line ends.
/// </remarks>
internal sealed class WordPattern
{
    private const RuneClass Kinds = RuneClass.Letter | RuneClass.Number | RuneClass.Space;

    private readonly bool _isGpt2;
    private readonly int _mostDigits;

    private WordPattern(bool isGpt2, int mostDigits) => (_isGpt2, _mostDigits) = (isGpt2, mostDigits);

    /// <summary>GPT-2's expression.</summary>
    public static WordPattern Gpt2 { get; } = new(isGpt2: true, int.MaxValue);

    /// <summary>The walk of an expression.</summary>
    /// <returns>Null when there is none.</returns>
    public static WordPattern? Known(string expression)
    {
        const string Before = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|", Behind = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
        return expression switch
        {
            @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+" => Gpt2,
            Before + @"\p{N}{1,3}" + Behind => new WordPattern(isGpt2: false, 3),
            Before + @"\p{N}" + Behind => new WordPattern(isGpt2: false, 1),
            Before + @"\p{N}+" + Behind => new WordPattern(isGpt2: false, int.MaxValue),
            _ => null,
        };
    }

    /// <summary>Where the match that begins at a place ends.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="at">Within it.</param>
    public int Next(ReadOnlySpan<byte> text, int at)
    {
        if (text[at] == '\'' && Contraction(text, at + 1) is > 0 and int contraction) return at + 1 + contraction;
        int second = at + Runes.Decode(text, at, out int rune);
        RuneClass kind = Runes.ClassOf(rune);
        if ((kind & RuneClass.Letter) != 0) return Run(text, second, RuneClass.Letter, int.MaxValue);
        if ((kind & RuneClass.Number) != 0) return Run(text, second, RuneClass.Number, _mostDigits - 1);

        RuneClass next = RuneClass.Space;
        if (second < text.Length)
        {
            Runes.Decode(text, second, out int following);
            next = Runes.ClassOf(following);
        }

        bool isSpace = rune == ' ';
        if ((next & RuneClass.Letter) != 0 && (_isGpt2 ? isSpace : (kind & RuneClass.LineEnd) == 0)) return Run(text, second, RuneClass.Letter, int.MaxValue);
        if (_isGpt2 && isSpace && (next & RuneClass.Number) != 0) return Run(text, second, RuneClass.Number, int.MaxValue);
        if ((kind & RuneClass.Space) == 0 || isSpace && (next & Kinds) == 0)
        {
            int end = Run(text, second, RuneClass.Other, int.MaxValue);
            while (!_isGpt2 && end < text.Length && text[end] is (byte)'\r' or (byte)'\n') end++;
            return end;
        }

        return WhiteSpace(text, at);
    }

    private static int Run(ReadOnlySpan<byte> text, int at, RuneClass kind, int most)
    {
        for (; at < text.Length && most > 0; most--)
        {
            int length = Runes.Decode(text, at, out int rune);
            if ((Runes.ClassOf(rune) & Kinds) != kind) break;
            at += length;
        }

        return at;
    }

    private int WhiteSpace(ReadOnlySpan<byte> text, int at)
    {
        int end = at, last = at, behindLineEnd = -1;
        while (end < text.Length)
        {
            int length = Runes.Decode(text, end, out int rune);
            RuneClass kind = Runes.ClassOf(rune);
            if ((kind & RuneClass.Space) == 0) break;
            last = end;
            end += length;
            if ((kind & RuneClass.LineEnd) != 0) behindLineEnd = end;
        }

        if (!_isGpt2 && behindLineEnd > 0) return behindLineEnd;
        return end == text.Length || last == at ? end : last;
    }

    // Behind the apostrophe. Without regard to case the long s is an s.
    private int Contraction(ReadOnlySpan<byte> text, int at)
    {
        if (at >= text.Length) return 0;
        int first = Folded(text[at]), second = at + 1 < text.Length ? Folded(text[at + 1]) : 0;
        if (first is 's' or 't' or 'm' or 'd') return 1;
        if (first == 'r' && second == 'e' || first == 'v' && second == 'e' || first == 'l' && second == 'l') return 2;
        return !_isGpt2 && text[at..].StartsWith("\u017F"u8) ? 2 : 0;
    }

    private int Folded(byte value) => !_isGpt2 && value is >= (byte)'A' and <= (byte)'Z' ? value | 0x20 : value;
}

/// <summary>Cuts with a <see cref="WordPattern"/>.</summary>
internal sealed class WordSplit(WordPattern pattern) : PreTokenizer
{
    /// <inheritdoc/>
    public override void Apply(PieceBuffer pieces)
    {
        pieces.BeginCut();
        for (int i = 0; i < pieces.Count; i++)
        {
            Piece piece = pieces[i];
            ReadOnlySpan<byte> text = pieces.Text(piece);
            for (int at = 0; at < text.Length;)
            {
                int end = pattern.Next(text, at);
                pieces.Keep(piece, at, end);
                at = end;
            }
        }

        pieces.EndCut();
    }
}
