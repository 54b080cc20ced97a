using System.Text.Json;
using Engine.Kernels.Algorithms;
using Engine.Selections;

namespace Engine.Runs;

/// <summary>Writes a fit as JSON; numbers that JSON has no form for (a perfect fit's t and F) become text.</summary>
internal static class QualityFitFile
{
    public static void Write(QualityFit fit, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, RunJson.Indented);
        RegressionFit found = fit.Regression;
        json.WriteStartObject();
        json.WriteStartObject("coefficients");
        for (int i = 0; i < fit.Indicators.Count; i++)
        {
            RegressionTerm term = found.Terms[i];
            json.WriteStartObject(fit.Indicators[i]);
            Members(json, ("beta", term.Beta), ("se", term.Se), ("t", term.T), ("p", term.P), ("vif", term.Vif));
            json.WriteEndObject();
        }

        json.WriteEndObject();
        Members(json,
            ("intercept", found.Intercept.Beta), ("interceptSe", found.Intercept.Se), ("interceptT", found.Intercept.T), ("interceptP", found.Intercept.P),
            ("r2", found.R2), ("adjustedR2", found.AdjustedR2), ("f", found.F), ("fP", found.FP), ("aic", found.Aic), ("cvR2", fit.CrossValidatedR2), ("runs", fit.Runs));
        json.WriteStartArray("subsets");
        foreach (SubsetFit subset in fit.Subsets)
        {
            json.WriteStartObject();
            Members(json,
                ("indicators", subset.Indicators.Select(i => fit.Indicators[i])),
                ("r2", subset.R2), ("adjustedR2", subset.AdjustedR2), ("aic", subset.Aic), ("significant", subset.Significant));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Members(Utf8JsonWriter json, params (string Name, object? Value)[] members)
    {
        foreach ((string name, object? value) in members)
        {
            json.WritePropertyName(name);
            RunJson.WriteFact(json, value);
        }
    }
}
