using System.Text;

namespace Engine.Data;

/// <summary>Text in Unicode normalisation form C, so that one text has one spelling.</summary>
internal static class UnicodeText
{
    private const char Replacement = '\uFFFD';

    /// <summary>Makes sure that the runtime can normalise: without ICU it returns text unchanged, and vectors would depend on the machine.</summary>
    /// <exception cref="EngineException">It cannot. Exit 9.</exception>
    public static void RequireNormalization() => RequireNormalization("e\u0301".Normalize(NormalizationForm.FormC));

    /// <summary>Judges what the runtime made of <c>e</c> followed by a combining acute accent.</summary>
    internal static void RequireNormalization(string normalized)
    {
        if (normalized == "\u00e9") return;
        throw new EngineException(new EngineError(ExitCode.Native, "ICU",
            "found a runtime in globalization-invariant mode, which cannot normalise Unicode text, expected ICU. Install libicu and unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT."));
    }

    /// <summary>The text in form C; lone surrogates and U+FFFE, which no normalisation accepts, become U+FFFD.</summary>
    public static string FormC(string text)
    {
        if (Ascii.IsValid(text)) return text;
        int bad = FirstUnpaired(text, 0);
        if (bad < 0) return text.Normalize(NormalizationForm.FormC);

        char[] repaired = text.ToCharArray();
        for (; bad >= 0; bad = FirstUnpaired(text, bad + 1)) repaired[bad] = Replacement;
        return new string(repaired).Normalize(NormalizationForm.FormC);
    }

    private static int FirstUnpaired(string text, int from)
    {
        for (int i = from; i < text.Length; i++)
        {
            if (text[i] == '\uFFFE') return i;
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) i++;
            else return i;
        }

        return -1;
    }
}
