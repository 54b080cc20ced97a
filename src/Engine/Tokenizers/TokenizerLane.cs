using System.Text;
using Engine.Tokenizers.Models;
using Engine.Tokenizers.Normalizers;
using Engine.Tokenizers.PreTokenizers;

namespace Engine.Tokenizers;

/// <summary>What one thread encodes with: memory that is used again, and the pieces it has seen.</summary>
internal sealed class TokenizerLane
{
    private byte[] _repaired = [];

    /// <summary>The text in the normalizers.</summary>
    public NormalizedText Normalized { get; } = new();

    /// <summary>The text in the pre-tokenizers.</summary>
    public PieceBuffer Pieces { get; } = new();

    /// <summary>The pieces seen.</summary>
    public PieceCache Cache { get; } = new();

    /// <summary>The model's memory.</summary>
    public ModelScratch Scratch { get; } = new();

    /// <summary>Room for a piece in the byte alphabet.</summary>
    public byte[] Mapped = new byte[256];

    /// <summary>The text with U+FFFD for every part that is no UTF-8, as .NET decodes it.</summary>
    public ReadOnlySpan<byte> Repair(ReadOnlySpan<byte> text)
    {
        byte[] repaired = ModelScratch.Room(ref _repaired, checked(3 * text.Length));
        int length = 0;
        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf8(text, out Rune rune, out int consumed);
            length += rune.EncodeToUtf8(repaired.AsSpan(length));
            text = text[consumed..];
        }

        return repaired.AsSpan(0, length);
    }
}
