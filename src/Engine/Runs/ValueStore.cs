using Engine.Data;

namespace Engine.Runs;

/// <summary>The values of a run by name. It owns what steps gave and borrows what inputs opened.</summary>
internal sealed class ValueStore : IDisposable
{
    private readonly Dictionary<string, Value> _values = [];
    private readonly List<Value> _owned = [];

    public void Borrow(string name, Value value) => _values.Add(name, value);

    public void Own(string name, Value value)
    {
        _owned.Add(value);
        _values.Add(name, value);
    }

    public Value Get(string name) => _values[name];

    /// <summary>The name of a value, or null when it is none of these.</summary>
    public string? NameOf(Value value) => _values.FirstOrDefault(named => ReferenceEquals(named.Value, value)).Key;

    public void Dispose()
    {
        foreach (Value value in _owned) value.Dispose();
    }
}
