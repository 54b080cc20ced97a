using Engine.Native.OnnxRuntime;

namespace Engine.Data.Onnx;

/// <summary>What an ONNX model says of itself: what it takes and gives, who made it, and which other files hold its weights. No library is needed, and no weight is read.</summary>
/// <remarks>Source: onnx.proto (ModelProto, GraphProto, TensorProto, ValueInfoProto), IR versions 3 to 11.</remarks>
/// <param name="File">The file.</param>
/// <param name="Producer">Program and version that wrote it, or an empty text.</param>
/// <param name="IrVersion">Version of the format.</param>
/// <param name="Opsets">Sets of operators with their versions, such as <c>ai.onnx 17</c>.</param>
/// <param name="Inputs">What it takes; weights that may be replaced are no inputs here.</param>
/// <param name="Outputs">What it gives.</param>
/// <param name="WeightFiles">Files beside it that hold weights, relative to its folder.</param>
/// <param name="Parameters">Numbers in all weights.</param>
internal sealed record OnnxModelFile(
    InputFile File,
    string Producer,
    long IrVersion,
    IReadOnlyList<string> Opsets,
    IReadOnlyList<OnnxValueInfo> Inputs,
    IReadOnlyList<OnnxValueInfo> Outputs,
    IReadOnlyList<string> WeightFiles,
    double Parameters)
{
    /// <summary>Reads a model's description.</summary>
    /// <exception cref="EngineException">The file is no ONNX model. Exit 4.</exception>
    public static OnnxModelFile Read(InputFile file)
    {
        ProtobufReader reader = new(file);
        string name = "", version = "";
        long ir = 0;
        List<string> opsets = [];
        ProtobufField? graph = null;
        foreach (ProtobufField field in reader.Fields(reader.Root))
        {
            switch (field.Number)
            {
                case 1: ir = (long)field.Value; break;
                case 2: name = reader.Text(field); break;
                case 3: version = reader.Text(field); break;
                case 7: graph = field; break;
                case 8: opsets.Add(Opset(reader, field)); break;
            }
        }

        if (graph is not { } found || ir <= 0)
            throw EngineException.Input(file.Name, "FORMAT", "no ONNX model: it has no graph. Export the model as .onnx; formats derived from it (.ort, .pt) are not read.");
        return Graph(reader, found, new OnnxModelFile(file, $"{name} {version}".Trim(), ir, opsets, [], [], [], 0));
    }

    private static OnnxModelFile Graph(ProtobufReader reader, ProtobufField graph, OnnxModelFile model)
    {
        List<OnnxValueInfo> inputs = [], outputs = [];
        HashSet<string> weights = new(StringComparer.Ordinal), files = new(StringComparer.Ordinal);
        double parameters = 0;
        foreach (ProtobufField field in reader.Fields(graph))
        {
            switch (field.Number)
            {
                case 5: weights.Add(Weight(reader, field, files, ref parameters)); break;
                case 11: inputs.Add(ValueInfo(reader, field)); break;
                case 12: outputs.Add(ValueInfo(reader, field)); break;
            }
        }

        // Before IR version 4 every weight stood among the inputs as well.
        inputs.RemoveAll(input => weights.Contains(input.Name));
        return model with { Inputs = inputs, Outputs = outputs, WeightFiles = [.. files.Order(StringComparer.Ordinal)], Parameters = parameters };
    }

    private static string Opset(ProtobufReader reader, ProtobufField opset)
    {
        string domain = "";
        ulong version = 0;
        foreach (ProtobufField field in reader.Fields(opset))
        {
            if (field.Number == 1) domain = reader.Text(field);
            if (field.Number == 2) version = field.Value;
        }

        return FormattableString.Invariant($"{(domain.Length == 0 ? "ai.onnx" : domain)} {version}");
    }

    /// <summary>A weight's name; files it lies in and its numbers are added.</summary>
    private static string Weight(ProtobufReader reader, ProtobufField tensor, HashSet<string> files, ref double parameters)
    {
        string name = "";
        double count = 1;
        foreach (ProtobufField field in reader.Fields(tensor))
        {
            if (field.Number == 1) count *= field.Start < 0 ? field.Value : reader.Numbers(field).Aggregate(1.0, (product, axis) => product * axis);
            if (field.Number == 8) name = reader.Text(field);
            if (field.Number != 13) continue;
            string key = "", value = "";
            foreach (ProtobufField part in reader.Fields(field))
            {
                if (part.Number == 1) key = reader.Text(part);
                if (part.Number == 2) value = reader.Text(part);
            }

            if (key == "location") files.Add(value);
        }

        parameters += count;
        return name;
    }

    private static OnnxValueInfo ValueInfo(ProtobufReader reader, ProtobufField info)
    {
        string name = "";
        OnnxElement element = OnnxElement.Undefined;
        List<OnnxDimension>? shape = null;
        foreach (ProtobufField field in reader.Fields(info))
        {
            if (field.Number == 1) name = reader.Text(field);
            if (field.Number != 2) continue;
            foreach (ProtobufField tensor in reader.Fields(field).Where(type => type.Number == 1))
            {
                foreach (ProtobufField part in reader.Fields(tensor))
                {
                    if (part.Number == 1) element = (OnnxElement)part.Value;
                    if (part.Number == 2) shape = [.. reader.Fields(part).Where(axis => axis.Number == 1).Select(axis => Dimension(reader, axis))];
                }
            }
        }

        return new OnnxValueInfo(name, element, shape);
    }

    private static OnnxDimension Dimension(ProtobufReader reader, ProtobufField axis)
    {
        foreach (ProtobufField field in reader.Fields(axis))
        {
            if (field.Number == 1) return new OnnxDimension((long)field.Value);
            if (field.Number == 2) return new OnnxDimension(-1, reader.Text(field));
        }

        return new OnnxDimension(-1);
    }
}
