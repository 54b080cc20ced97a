using System.Globalization;

namespace Engine.Data.Matrices;

/// <summary>Reads the one Python literal that stands in a .npy header: a dict of <c>descr</c>, <c>fortran_order</c> and <c>shape</c>. Nothing is ever evaluated.</summary>
/// <param name="file">For messages.</param>
/// <param name="text">The header.</param>
/// <param name="textOffset">Where it begins in the file.</param>
internal ref struct NpyLiteral(InputFile file, ReadOnlySpan<byte> text, long textOffset)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;

    /// <summary>The text of <c>descr</c>.</summary>
    public string? Descr { get; private set; }

    /// <summary>Where the text of <c>descr</c> stands in the file.</summary>
    public long DescrOffset { get; private set; }

    /// <summary>The value of <c>fortran_order</c>.</summary>
    public bool? Fortran { get; private set; }

    /// <summary>The value of <c>shape</c>.</summary>
    public long[]? Shape { get; private set; }

    /// <summary>Where <c>shape</c> stands in the file.</summary>
    public long ShapeOffset { get; private set; }

    /// <summary>Reads the dict.</summary>
    /// <exception cref="EngineException">It is anything else: exit 4.</exception>
    public void Parse()
    {
        Expect('{');
        while (!TryTake('}'))
        {
            SkipSpace();
            int keyAt = _at;
            string key = TakeString();
            Expect(':');
            SkipSpace();
            bool again = key switch
            {
                "descr" => Descr is not null,
                "fortran_order" => Fortran is not null,
                "shape" => Shape is not null,
                _ => throw Fault(keyAt, $"the header has the key '{key}', but it may only have 'descr', 'fortran_order' and 'shape'"),
            };
            if (again) throw Fault(keyAt, $"the header has the key '{key}' twice");
            if (key == "descr") TakeDescr();
            else if (key == "shape") TakeShape();
            else Fortran = TakeBoolean();
            if (TryTake(',')) continue;
            Expect('}');
            break;
        }

        SkipSpace();
        if (_at < _text.Length) throw Fault(_at, "something follows the header's dict");
        string? missing = Descr is null ? "descr" : Fortran is null ? "fortran_order" : Shape is null ? "shape" : null;
        if (missing is not null) throw Fault(0, $"the header lacks the key '{missing}'");
    }

    private void TakeDescr()
    {
        DescrOffset = textOffset + _at;
        if (Peek() is '[' or '(')
        {
            throw InputError.At(file, DescrOffset, "DTYPE", "the elements are records with fields (a structured dtype), but a matrix of plain numbers is needed. Save one field, such as array['vector'].");
        }

        Descr = TakeString();
    }

    private void TakeShape()
    {
        ShapeOffset = textOffset + _at;
        Expect('(');
        List<long> shape = [];
        while (!TryTake(')'))
        {
            SkipSpace();
            int start = _at;
            while (_at < _text.Length && _text[_at] is not ((byte)',' or (byte)')' or (byte)' ')) _at++;
            string number = System.Text.Encoding.Latin1.GetString(_text[start.._at]);
            if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long size))
                throw InputError.At(file, textOffset + start, "SHAPE", $"the shape has '{number}', but a size is a whole number from 0 to {long.MaxValue}. Write the file again.");
            shape.Add(size);
            if (TryTake(',')) continue;
            Expect(')');
            break;
        }

        Shape = [.. shape];
    }

    private bool TakeBoolean()
    {
        if (_text[_at..].StartsWith("True"u8))
        {
            _at += 4;
            return true;
        }

        if (!_text[_at..].StartsWith("False"u8)) throw Fault(_at, "'fortran_order' is neither True nor False");
        _at += 5;
        return false;
    }

    private string TakeString()
    {
        char quote = Peek();
        if (quote is not ('\'' or '"')) throw Fault(_at, "a quoted word was expected");
        int start = ++_at;
        int length = _text[start..].IndexOf((byte)quote);
        if (length < 0) throw Fault(start - 1, "a quoted word does not end");
        ReadOnlySpan<byte> word = _text.Slice(start, length);
        if (word.Contains((byte)'\\')) throw Fault(start, "a quoted word has an escape, which no plain header needs");
        _at = start + length + 1;
        return System.Text.Encoding.Latin1.GetString(word);
    }

    private void Expect(char wanted)
    {
        if (!TryTake(wanted)) throw Fault(_at, $"'{wanted}' was expected");
    }

    private bool TryTake(char wanted)
    {
        SkipSpace();
        if (Peek() != wanted) return false;
        _at++;
        return true;
    }

    private readonly char Peek() => _at < _text.Length ? (char)_text[_at] : '\0';

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r') _at++;
    }

    private readonly EngineException Fault(int at, string what) =>
        InputError.At(file, textOffset + at, "HEADER", $"{what}. The header of a .npy file is a dict such as {{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }}; write the file again with numpy.save.");
}
