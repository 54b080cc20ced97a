using System.Text.Json;

namespace Engine.Tokenizers;

/// <summary>A value of a <c>tokenizer.json</c> with its place, so that a refusal can name both.</summary>
/// <param name="Value">The value; of kind <see cref="JsonValueKind.Undefined"/> where the key is absent.</param>
/// <param name="Path">Where it stands, such as <c>model.merges[12]</c>.</param>
/// <param name="File">How messages call the file.</param>
internal readonly record struct TokenizerJson(JsonElement Value, string Path, string File)
{
    /// <summary>Whether the key is absent or its value null.</summary>
    public bool IsNull => Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    /// <summary>The value of a key; <see cref="IsNull"/> where there is none.</summary>
    public TokenizerJson this[string key] => new(Value.ValueKind == JsonValueKind.Object && Value.TryGetProperty(key, out JsonElement inner) ? inner : default, Path.Length == 0 ? key : $"{Path}.{key}", File);

    /// <summary>The values of an array.</summary>
    public IEnumerable<TokenizerJson> Items()
    {
        Require(JsonValueKind.Array, "an array");
        int i = 0;
        foreach (JsonElement item in Value.EnumerateArray()) yield return At(item, i++);
    }

    /// <summary>A value of this array.</summary>
    public TokenizerJson At(JsonElement item, int index) => new(item, FormattableString.Invariant($"{Path}[{index}]"), File);

    /// <summary>Refuses anything but an object whose keys are known: a key that means something else is not passed over.</summary>
    /// <exception cref="EngineException">Exit 4.</exception>
    public void RequireKeys(params ReadOnlySpan<string> keys)
    {
        Require(JsonValueKind.Object, "an object");
        foreach (JsonProperty property in Value.EnumerateObject())
        {
            if (!keys.Contains(NameOf(property)))
                throw Refuse("UNSUPPORTED", $"found the key \"{property.Name}\", expected one of {string.Join(", ", keys.ToArray())}. It may change what the tokenizer does, so the file is not read without it.");
        }
    }

    /// <summary>The name of a property of this object.</summary>
    public string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw Refuse("TYPE", "found a key with half a surrogate pair, expected text.");
        }
    }

    /// <summary>A text.</summary>
    public string Text()
    {
        Require(JsonValueKind.String, "a string");
        try
        {
            return Value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Refuse("TYPE", "found half a surrogate pair, expected text.");
        }
    }

    /// <summary>A text, or another one where the key is absent or null.</summary>
    public string? Text(string? otherwise) => IsNull ? otherwise : Text();

    /// <summary>True or false, or another one where the key is absent or null.</summary>
    public bool Flag(bool otherwise)
    {
        if (IsNull) return otherwise;
        if (Value.ValueKind is JsonValueKind.True or JsonValueKind.False) return Value.GetBoolean();
        throw Refuse("TYPE", $"found {Kind()}, expected true or false.");
    }

    /// <summary>A whole number from 0 to 2,147,483,646: what a token's id or a count can be.</summary>
    public int Whole()
    {
        if (Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out int number) && number is >= 0 and < int.MaxValue) return number;
        throw Refuse("TYPE", $"found {(Value.ValueKind == JsonValueKind.Number ? Value.GetRawText() : Kind())}, expected a whole number from 0 to {int.MaxValue - 1}.");
    }

    /// <summary>A whole number, or another one where the key is absent or null.</summary>
    public int Whole(int otherwise) => IsNull ? otherwise : Whole();

    /// <summary>A finite number.</summary>
    public double Number()
    {
        if (Value.ValueKind == JsonValueKind.Number && Value.TryGetDouble(out double number) && double.IsFinite(number)) return number;
        throw Refuse("TYPE", $"found {(Value.ValueKind == JsonValueKind.Number ? Value.GetRawText() : Kind())}, expected a finite number.");
    }

    /// <summary>Refuses a value of another kind.</summary>
    public void Require(JsonValueKind kind, string expected)
    {
        if (Value.ValueKind != kind) throw Refuse("TYPE", $"found {Kind()}, expected {expected}.");
    }

    /// <summary>A refusal of what stands here: exit 4.</summary>
    public EngineException Refuse(string code, string message) => EngineException.Input(File, code, $"{(Path.Length == 0 ? "the whole file" : Path)}: {message}");

    /// <summary>A refusal of a component that this runtime does not have.</summary>
    public EngineException Unsupported(string what, string supported) =>
        Refuse("UNSUPPORTED", $"found {what}, expected {supported}. Nothing is put in its place, because the tokens would be others; use a model whose tokenizer has only these.");

    private string Kind() => Value.ValueKind switch
    {
        JsonValueKind.Undefined => "nothing",
        JsonValueKind.Null => "null",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        _ => "true or false",
    };
}
