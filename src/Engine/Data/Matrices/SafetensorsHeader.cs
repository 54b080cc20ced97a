using System.Text.Json;

namespace Engine.Data.Matrices;

/// <summary>Reads the JSON header of a .safetensors file, in one pass and strictly.</summary>
/// <param name="file">For messages.</param>
/// <param name="text">The header.</param>
internal ref struct SafetensorsHeader(InputFile file, ReadOnlySpan<byte> text)
{
    private const int TextOffset = 8;

    private readonly ReadOnlySpan<byte> _text = text;
    private Utf8JsonReader _reader = new(text);

    /// <summary>Reads all entries.</summary>
    /// <exception cref="JsonException">The header is not JSON.</exception>
    /// <exception cref="EngineException">It is JSON but no header: exit 4.</exception>
    public List<SafetensorsEntry> Parse()
    {
        if (!System.Text.Unicode.Utf8.IsValid(_text)) throw Fault("the header is not valid UTF-8");
        List<SafetensorsEntry> tensors = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        _reader.Read();
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = TakeString();
            if (!names.Add(name)) throw Fault($"the key '{Jsonl.LineFault.Brief(name)}' stands twice; readers disagree which one counts");
            _reader.Read();
            if (_reader.TokenType != JsonTokenType.StartObject) throw Fault($"the entry '{Jsonl.LineFault.Brief(name)}' is no object");
            if (name == "__metadata__") SkipMetadata();
            else tensors.Add(TakeTensor(name));
        }

        // What follows the object may only be the spaces that writers pad with; the reader refuses anything else.
        _reader.Read();
        return tensors;
    }

    private void SkipMetadata()
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!keys.Add(TakeString())) throw Fault("a key of '__metadata__' stands twice");
            _reader.Read();
            if (_reader.TokenType != JsonTokenType.String) throw Fault("'__metadata__' maps strings to strings only");
        }
    }

    private SafetensorsEntry TakeTensor(string name)
    {
        string shown = Jsonl.LineFault.Brief(name);
        string? type = null;
        List<long>? shape = null, range = null;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = TakeString();
            bool again = key switch
            {
                "dtype" => type is not null,
                "shape" => shape is not null,
                "data_offsets" => range is not null,
                _ => throw Fault($"the tensor '{shown}' has the key '{Jsonl.LineFault.Brief(key)}', but only dtype, shape and data_offsets are known"),
            };
            if (again) throw Fault($"the tensor '{shown}' has the key '{key}' twice");
            _reader.Read();
            if (key == "shape") shape = TakeNumbers(shown, key);
            else if (key == "data_offsets") range = TakeNumbers(shown, key);
            else type = _reader.TokenType == JsonTokenType.String ? TakeString() : throw Fault($"the dtype of the tensor '{shown}' is no string");
        }

        if (type is null || shape is null || range is null) throw Fault($"the tensor '{shown}' lacks dtype, shape or data_offsets");
        if (range.Count != 2 || range[0] > range[1]) throw Fault($"the data_offsets of the tensor '{shown}' are [{string.Join(", ", range)}], but they are [begin, end]");
        CheckBytes(shown, type, shape, range[1] - range[0]);
        return new SafetensorsEntry(name, type, [.. shape], range[0], range[1]);
    }

    // Types that matrices do not have are none of our business beyond their range, except that their sizes must fit when they are known.
    private readonly void CheckBytes(string name, string type, List<long> shape, long bytes)
    {
        int size = type switch
        {
            "F64" or "I64" or "U64" or "C64" => 8,
            "F32" or "I32" or "U32" => 4,
            "F16" or "BF16" or "I16" or "U16" => 2,
            "I8" or "U8" or "BOOL" => 1,
            _ => 0,
        };
        if (size == 0) return;
        long expected;
        try
        {
            expected = shape.Contains(0) ? 0 : shape.Aggregate((long)size, (product, axis) => checked(product * axis));
        }
        catch (OverflowException)
        {
            throw Fault($"the shape [{string.Join(", ", shape)}] of the tensor '{name}' has more elements than 2^63 bytes hold");
        }

        if (expected != bytes) throw Fault($"the tensor '{name}' has shape [{string.Join(", ", shape)}] and dtype {type}, {expected} bytes, but its data_offsets hold {bytes}");
    }

    private List<long> TakeNumbers(string name, string key)
    {
        if (_reader.TokenType != JsonTokenType.StartArray) throw Fault($"the {key} of the tensor '{name}' is no list");
        List<long> numbers = [];
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetInt64(out long number) || number < 0)
                throw Fault($"the {key} of the tensor '{name}' has something that is no whole number from 0 to {long.MaxValue}");
            numbers.Add(number);
        }

        return numbers;
    }

    private readonly string TakeString()
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Fault("a name has half a surrogate pair");
        }
    }

    private readonly EngineException Fault(string what) => InputError.At(file, TextOffset + _reader.TokenStartIndex, "HEADER", $"{what}. Write the file again.");
}
