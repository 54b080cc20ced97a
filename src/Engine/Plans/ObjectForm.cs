namespace Engine.Plans;

/// <summary>One kind of object that a value may be, where several are possible.</summary>
/// <param name="Key">The key that tells it from the others.</param>
/// <param name="Keys">All keys it may have.</param>
internal sealed record ObjectForm(string Key, IReadOnlyList<string> Keys);
