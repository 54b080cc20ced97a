using Engine.Data.Jsonl;
using Engine.Data.Onnx;
using Engine.Native.OnnxRuntime;

namespace Engine.Data.Inspection;

/// <summary>What an ONNX model says about itself. No library is needed, and no weight is read.</summary>
internal static class OnnxFacts
{
    /// <summary>Reads the model's description.</summary>
    /// <exception cref="EngineException">The file is no ONNX model. Exit 4.</exception>
    public static void Add(InputFile file, List<Fact> facts)
    {
        OnnxModelFile model = OnnxModelFile.Read(file);
        facts.Add(new Fact("format", $"ONNX model, IR version {MatrixFacts.Number(model.IrVersion)}"));
        MatrixFacts.AddSize(file, facts);
        if (model.Producer.Length > 0) facts.Add(new Fact("written by", LineFault.Brief(model.Producer)));
        facts.Add(new Fact("operators", string.Join(", ", model.Opsets.Select(LineFault.Brief))));
        facts.AddRange(model.WeightFiles.Select(weights => new Fact("weights in", LineFault.Brief(weights))));
        AddValues("input", model.Inputs, facts);
        AddValues("output", model.Outputs, facts);
    }

    private static void AddValues(string fact, IReadOnlyList<OnnxValueInfo> values, List<Fact> facts)
    {
        int width = values.Count == 0 ? 0 : values.Max(value => LineFault.Brief(value.Name).Length);
        foreach (OnnxValueInfo value in values)
        {
            string type = value.Element == OnnxElement.Undefined ? "no tensor" : value.Element.Word();
            facts.Add(new Fact(fact, $"{LineFault.Brief(value.Name).PadRight(width)}  {type,-5}  {(value.Shape is null ? "any shape" : $"[{string.Join(", ", value.Shape.Select(axis => LineFault.Brief(axis.ToString())))}]")}"));
        }
    }
}
