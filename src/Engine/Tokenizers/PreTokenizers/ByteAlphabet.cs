namespace Engine.Tokenizers.PreTokenizers;

/// <summary>A space before every piece that does not begin with one.</summary>
internal sealed class PrefixSpace : PreTokenizer
{
    /// <inheritdoc/>
    public override void Apply(PieceBuffer pieces)
    {
        pieces.BeginText();
        for (int i = 0; i < pieces.Count; i++)
        {
            Piece piece = pieces[i];
            ReadOnlySpan<byte> text = pieces.Text(piece);
            int space = text[0] == ' ' ? 0 : 1;
            Span<byte> room = pieces.Room(space + text.Length);
            if (space > 0) room[0] = (byte)' ';
            text.CopyTo(room[space..]);
            pieces.Written(room.Length, piece.AtStart);
        }

        pieces.EndText();
    }
}

/// <summary>Every byte as one printable character: GPT-2's alphabet, in which the vocabularies of byte-level models are written.</summary>
/// <remarks>Printable Latin-1 characters stand for themselves, the other bytes in order for U+0100 and what follows.</remarks>
internal sealed class ByteAlphabet : PreTokenizer
{
    private static readonly ushort[] _characters = Characters();

    /// <inheritdoc/>
    public override void Apply(PieceBuffer pieces)
    {
        pieces.BeginText();
        for (int i = 0; i < pieces.Count; i++)
        {
            Piece piece = pieces[i];
            ReadOnlySpan<byte> text = pieces.Text(piece);
            pieces.Written(Map(text, pieces.Room(checked(2 * text.Length))), piece.AtStart);
        }

        pieces.EndText();
    }

    /// <summary>Writes bytes in the alphabet.</summary>
    /// <param name="text">Any bytes.</param>
    /// <param name="room">At least twice as long.</param>
    /// <returns>Bytes written.</returns>
    public static int Map(ReadOnlySpan<byte> text, Span<byte> room)
    {
        int length = 0;
        foreach (byte value in text)
        {
            int character = _characters[value];
            if (character < 0x80)
            {
                room[length++] = (byte)character;
            }
            else
            {
                room[length++] = (byte)(0xC0 | character >> 6);
                room[length++] = (byte)(0x80 | character & 0x3F);
            }
        }

        return length;
    }

    private static ushort[] Characters()
    {
        var characters = new ushort[256];
        int others = 0;
        for (int value = 0; value < 256; value++)
            characters[value] = (ushort)(value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE ? value : 0x100 + others++);
        return characters;
    }
}
