using System.Globalization;
using Engine.Plans;

namespace Engine.Tests.Plans;

public sealed class PlanLocaleTests
{
    private const string Wrong = """
        { "version": 1, "INPUTS": 1, "inputs": { "vec": { "kind": "embeddings", "path": "v.npy", "scale": -1.5, "tensor": 1, "dım": 4 } },
          "steps": { "pick": { "op": "kcenter", "in": "VEC", "budget": "1,5%", "stopRadius": "1,5" }, "k": { "op": "kmeans", "in": "vec", "k": -1, "tolerance": 1.5 } } }
        """;

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    [InlineData("sv-SE")]
    [InlineData("ar-SA")]
    public void TheLocaleChangesNothing(string locale)
    {
        string[] errors = SampleLanguage.Errors(Wrong);
        string identity = PlanIdentity.Of(SampleLanguage.Read(SampleLanguage.Good));
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo(locale);
            Assert.Equal(errors, SampleLanguage.Errors(Wrong));
            Plan plan = SampleLanguage.Read(SampleLanguage.Good);
            Assert.Equal(identity, PlanIdentity.Of(plan));
            Assert.Equal(1.5, plan.Steps[0].Arguments.Get(SampleLanguage.KCenterStop));
            Assert.Equal(3 << 19, plan.Steps[3].Arguments.Get(SampleLanguage.EmbedBuffer));
            Assert.Equal(5, plan.Steps[1].Arguments.Get(SampleLanguage.KCenterBudget).Of(1000));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.Contains(errors, e => e.Contains("Did you mean \"inputs\"?", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.Contains("expected a number from 1E-30 to 1E+30.", StringComparison.Ordinal));
    }
}
