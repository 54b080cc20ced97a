namespace Engine.Tokenizers.PreTokenizers;

/// <summary>What becomes of the matches that a text is cut at.</summary>
internal enum Delimiters
{
    /// <summary>They are left out.</summary>
    Removed,

    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>Each belongs to the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>Each belongs to the piece behind it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring ones are one piece.</summary>
    Contiguous,
}

/// <summary>Cuts at matches.</summary>
internal abstract class DelimiterSplit(Delimiters delimiters, bool invert) : PreTokenizer
{
    private readonly Delimiters _delimiters = delimiters;
    private readonly bool _invert = invert;

    /// <inheritdoc/>
    public override void Apply(PieceBuffer pieces)
    {
        pieces.BeginCut();
        for (int i = 0; i < pieces.Count; i++)
        {
            Piece piece = pieces[i];
            Find(pieces.Text(piece), pieces.Matches);
            Cut(piece, pieces);
        }

        pieces.EndCut();
    }

    /// <summary>Finds the matches of a piece.</summary>
    protected abstract void Find(ReadOnlySpan<byte> text, List<(int Start, int Length)> matches);

    // A piece is a run of parts; each part is a match or what lies between two, and begins a piece unless it is merged with the one before.
    private void Cut(Piece piece, PieceBuffer pieces)
    {
        var run = new PartRun(piece, pieces, _delimiters);
        int done = 0;
        foreach ((int start, int length) in pieces.Matches)
        {
            if (start > done) run.Part(done, start, isMatch: _invert);
            run.Part(start, start + length, isMatch: !_invert);
            done = start + length;
        }

        if (done < piece.Length) run.Part(done, piece.Length, isMatch: _invert);
        run.End();
    }

    private struct PartRun(Piece piece, PieceBuffer pieces, Delimiters delimiters)
    {
        private int _start;
        private int _end;
        private bool _previousIsMatch;
        private bool _any;

        public void Part(int start, int end, bool isMatch)
        {
            if (delimiters == Delimiters.Removed && isMatch) return;
            bool merges = _any && delimiters switch
            {
                Delimiters.Contiguous => isMatch == _previousIsMatch,
                Delimiters.MergedWithPrevious => isMatch && !_previousIsMatch,
                Delimiters.MergedWithNext => _previousIsMatch && !isMatch,
                _ => false,
            };
            if (!merges)
            {
                End();
                _start = start;
            }

            (_end, _previousIsMatch, _any) = (end, isMatch, true);
        }

        public readonly void End()
        {
            if (_any) pieces.Keep(piece, _start, _end);
        }
    }
}

/// <summary>Cuts at the matches of a pattern.</summary>
internal sealed class PatternSplit(TextPattern pattern, Delimiters delimiters, bool invert) : DelimiterSplit(delimiters, invert)
{
    /// <inheritdoc/>
    protected override void Find(ReadOnlySpan<byte> text, List<(int Start, int Length)> matches) => pattern.Find(text, matches);
}

/// <summary>Cuts at the characters of a class.</summary>
internal sealed class ClassSplit(RuneClass delimiter, Delimiters delimiters) : DelimiterSplit(delimiters, invert: false)
{
    /// <inheritdoc/>
    protected override void Find(ReadOnlySpan<byte> text, List<(int Start, int Length)> matches)
    {
        matches.Clear();
        for (int at = 0; at < text.Length;)
        {
            int length = Runes.Decode(text, at, out int rune);
            if ((Runes.ClassOf(rune) & delimiter) != 0) matches.Add((at, length));
            at += length;
        }
    }
}

/// <summary>Keeps runs of word characters, and runs of what is neither that nor white space.</summary>
internal sealed class WordsAndSymbols() : DelimiterSplit(Delimiters.Removed, invert: true)
{
    /// <inheritdoc/>
    protected override void Find(ReadOnlySpan<byte> text, List<(int Start, int Length)> matches)
    {
        matches.Clear();
        RuneClass current = RuneClass.Space;
        for (int at = 0; at < text.Length;)
        {
            int length = Runes.Decode(text, at, out int rune);
            RuneClass kind = Runes.ClassOf(rune) & (RuneClass.Word | RuneClass.Space);
            if (kind == RuneClass.Space) current = kind;
            else if (kind == current && matches.Count > 0) matches[^1] = (matches[^1].Start, matches[^1].Length + length);
            else matches.Add((at, length));
            (current, at) = (kind, at + length);
        }
    }
}
