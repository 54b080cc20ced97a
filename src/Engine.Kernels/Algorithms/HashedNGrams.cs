using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Engine.Kernels.Algorithms;

/// <summary>Turns text into a vector: words, word pairs and character n-grams, hashed with a sign into a fixed number of dimensions.</summary>
/// <remarks>
/// <para>A word is a maximal run of letters, digits and combining marks; a run in camel case also gives its humps as words (<c>HttpClient</c>:
/// httpclient, http, client). Words are lower-cased rune by rune, independent of the locale. Features: every word; every pair of
/// neighbouring words, and of neighbouring humps; and all character n-grams of 3 to 5 runes of every word between two boundary marks.
/// Text without a word has one fixed feature of its own, so that every text has a direction.</para>
/// <para>vector[index(f)] += sign(f) * (1 + ln count(f)) over the distinct features f of this text alone, in float64, features in order of first
/// occurrence; then, if wanted, divided by the Euclidean norm and rounded once. Index and sign are bits of a 64-bit hash. The logarithm is
/// computed here, because a library's differs between machines in the last bit.</para>
/// <para>The text should be in Unicode normalisation form C. One instance serves one thread at a time. Source: Weinberger et al. 2009 for the
/// signed hash.</para>
/// </remarks>
public sealed class HashedNGrams
{
    private const int ShortestNGram = 3, LongestNGram = 5;
    private const int BeginMark = 0x110000, EndMark = 0x110001;

    // Padded with zeros to a whole number of eights.
    private readonly double[] _sums;
    private readonly int _dim;
    private readonly FeatureCounts _counts = new();
    private int[] _word = new int[64];
    private bool[] _upper = new bool[64];
    private int _length;

    /// <summary>Prepares the memory for one thread.</summary>
    /// <param name="dim">Elements in a vector.</param>
    /// <exception cref="ArgumentOutOfRangeException">The dimension is below 1.</exception>
    public HashedNGrams(int dim)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dim, 1);
        _dim = dim;
        _sums = new double[checked(dim + 7) / 8 * 8];
    }

    /// <summary>Embeds one text.</summary>
    /// <param name="text">The text, in normalisation form C; a lone surrogate counts as U+FFFD.</param>
    /// <param name="normalize">Divide by the Euclidean norm.</param>
    /// <param name="vector">Destination, [dim], overwritten; never all zeros.</param>
    /// <returns>Distinct features of the text, at least 1.</returns>
    /// <exception cref="ArgumentException">The destination is not of the dimension.</exception>
    public int Embed(ReadOnlySpan<char> text, bool normalize, Span<float> vector)
    {
        if (vector.Length != _dim) throw new ArgumentException($"The destination has {vector.Length} elements, expected {_dim}.", nameof(vector));
        _counts.Clear();
        CountFeatures(text);
        if (_counts.Count == 0) _counts.Add(FeatureHash.OfEmptyText);

        double squared = Sum();
        if (squared == 0)
        {
            // Features of opposite sign met in one element and cancelled; the text counts as one without words.
            _counts.Clear();
            _counts.Add(FeatureHash.OfEmptyText);
            squared = Sum();
        }

        Round(normalize ? Math.Sqrt(squared) : 1, vector);
        return _counts.Count;
    }

    /// <summary>Adds up the features; returns the squared norm, summed in eight lanes whatever the machine's width.</summary>
    private double Sum()
    {
        Array.Clear(_sums);
        _counts.AddTo(_sums, _dim);
        Vector256<double> low = default, high = default;
        ReadOnlySpan<Vector256<double>> fours = MemoryMarshal.Cast<double, Vector256<double>>(_sums);
        for (int i = 0; i + 1 < fours.Length; i += 2)
        {
            low += fours[i] * fours[i];
            high += fours[i + 1] * fours[i + 1];
        }

        Vector256<double> sum = low + high;
        return sum[0] + sum[1] + (sum[2] + sum[3]);
    }

    private void Round(double norm, Span<float> vector)
    {
        ReadOnlySpan<Vector256<double>> fours = MemoryMarshal.Cast<double, Vector256<double>>(_sums);
        Span<Vector256<float>> eights = MemoryMarshal.Cast<float, Vector256<float>>(vector);
        for (int i = 0; i < eights.Length; i++) eights[i] = Vector256.Narrow(fours[2 * i] / norm, fours[2 * i + 1] / norm);
        for (int i = 8 * eights.Length; i < vector.Length; i++) vector[i] = (float)(_sums[i] / norm);
    }

    private void CountFeatures(ReadOnlySpan<char> text)
    {
        ulong previous = 0;
        bool first = true;
        int at = 0;
        while (true)
        {
            at = ReadWord(text, at);
            if (_length == 0) return;
            ulong word = CountWord(0, _length);
            if (!first) _counts.Add(FeatureHash.OfPair(previous, word));
            (previous, first) = (word, false);
            CountHumps();
        }
    }

    /// <summary>Reads the next word, lower-cased, with a note of what was upper case; no word is left when its length is 0.</summary>
    /// <returns>Where to read on.</returns>
    private int ReadWord(ReadOnlySpan<char> text, int at)
    {
        _length = 0;
        while (at < text.Length)
        {
            int c = text[at], width = 1;
            bool inWord, upper;
            if (c < 128)
            {
                upper = char.IsAsciiLetterUpper((char)c);
                inWord = upper || char.IsAsciiLetterLower((char)c) || char.IsAsciiDigit((char)c);
                if (upper) c |= 0x20;
            }
            else
            {
                Rune.DecodeFromUtf16(text[at..], out Rune rune, out width);
                inWord = IsInWord(rune);
                upper = Rune.IsUpper(rune);
                c = Rune.ToLowerInvariant(rune).Value;
            }

            if (inWord) Append(c, upper);
            else if (_length > 0) return at + width;
            at += width;
        }

        return at;
    }

    /// <summary>Letters, digits, and the marks that many scripts write vowels with.</summary>
    private static bool IsInWord(Rune rune) => Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    private void Append(int rune, bool upper)
    {
        if (_length == _word.Length)
        {
            Array.Resize(ref _word, 2 * _length);
            Array.Resize(ref _upper, 2 * _length);
        }

        _word[_length] = rune;
        _upper[_length++] = upper;
    }

    /// <summary>Counts the humps of a camel-case word: one begins at an upper-case letter after a lower-case one or a digit, or before a lower-case one.</summary>
    private void CountHumps()
    {
        int start = 0;
        ulong previous = 0;
        for (int i = 1; i < _length; i++)
        {
            if (!_upper[i] || (_upper[i - 1] && (i + 1 == _length || !IsLowerLetter(i + 1)))) continue;
            previous = CountHump(start, i, previous);
            start = i;
        }

        if (start > 0) CountHump(start, _length, previous);
    }

    private ulong CountHump(int start, int end, ulong previous)
    {
        ulong hump = CountWord(start, end);
        if (start > 0) _counts.Add(FeatureHash.OfPair(previous, hump));
        return hump;
    }

    private bool IsLowerLetter(int i) => !_upper[i] && Rune.IsLetter(new Rune(_word[i]));

    /// <summary>Counts a word and its n-grams; returns the word's hash.</summary>
    private ulong CountWord(int start, int end)
    {
        ulong word = FeatureHash.WordSeed;
        for (int i = start; i < end; i++) word = FeatureHash.Extend(word, _word[i]);
        _counts.Add(FeatureHash.Finish(word));

        // Place start - 1 is the mark before the word, place end the one after it.
        for (int first = start - 1; first + ShortestNGram <= end + 1; first++)
        {
            ulong gram = FeatureHash.Extend(FeatureHash.NGramSeed, first < start ? BeginMark : _word[first]);
            int last = Math.Min(first + LongestNGram, end + 1);
            for (int i = first + 1; i < last; i++)
            {
                gram = FeatureHash.Extend(gram, i < end ? _word[i] : EndMark);
                if (i - first + 1 >= ShortestNGram) _counts.Add(FeatureHash.Finish(gram));
            }
        }

        return word;
    }
}
