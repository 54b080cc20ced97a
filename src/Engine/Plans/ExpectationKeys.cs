using Engine.Kernels;

namespace Engine.Plans;

/// <summary>The keys of <c>expect</c>, which depend on what the input gives: only matrices have a dim and a dtype.</summary>
internal static class ExpectationKeys
{
    /// <summary>An element type by its name in plans.</summary>
    public static Shape<ElementType> ElementName { get; } = Shapes.Choice([.. Enum.GetValues<ElementType>().Select(e => (e.PlanName(), e))]);

    /// <summary>Of embeddings and states.</summary>
    public static Shape<Expectations> Matrix { get; } = Declare(null);

    /// <summary>Of records.</summary>
    public static Shape<Expectations> Records { get; } = Declare("records");

    /// <summary>Of scores.</summary>
    public static Shape<Expectations> Scores { get; } = Declare("scores");

    private static Shape<Expectations> Declare(string? without)
    {
        var set = new ParameterSet();
        Parameter<long?> rows = set.OptionalValue("rows", Shapes.Integer(0), "Rows it must have.");
        Parameter<int?>? dim = null;
        Parameter<ElementType?>? dtype = null;
        if (without is null)
        {
            dim = set.OptionalValue("dim", Shapes.Count(1), "Elements a row must have.");
            dtype = set.OptionalValue("dtype", ElementName, "The element type it must have.");
        }
        else
        {
            set.Lacks("dim", without);
            set.Lacks("dtype", without);
        }

        Parameter<string?> sha256 = set.Optional("sha256", Shapes.Pattern("the 64 hexadecimal digits of a SHA-256", "[0-9A-Fa-f]{64}"), "The SHA-256 its files must have, one after the other.");
        return Shapes.Object(set).To(a => new Expectations(a.Get(rows), dim is null ? null : a.Get(dim), dtype is null ? null : a.Get(dtype), a.Get(sha256)?.ToLowerInvariant()));
    }
}
