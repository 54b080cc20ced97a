using System.CommandLine;
using Engine.Data;

namespace Engine.Cli;

/// <summary><c>engine convert IN OUT</c>.</summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("in") { Description = "Embeddings: a file or a pattern of shards." };
        var target = new Argument<string>("out") { Description = "The file to write, .npy or .safetensors." };
        Option<string?> tensor = new("--tensor") { Description = "The tensor to read from .safetensors files." };
        Option<string?> column = new("--column") { Description = "The column of lists to read from Parquet files." };
        Option<string?> dtype = new("--dtype") { Description = "f32, f16, bf16 or i8, rounded to nearest even; the source's own without." };
        Option<string?> fromDType = new("--from-dtype") { Description = "The source's dtype; with --dim the files are raw little-endian rows." };
        Option<int?> dim = NumberWords.Whole<int>("--dim", "The source's elements in a row.");
        Option<float?> scale = NumberWords.Number<float>("--scale", "What 8-bit elements are multiplied by.");
        Option<bool> force = new("--force") { Description = "Replace a file that stands at the output." };
        foreach (Option<string?> words in (Option<string?>[])[dtype, fromDType]) words.AcceptOnlyFromAmong("f32", "f16", "bf16", "i8");
        var command = new Command("convert", "Writes embeddings of any format as one .npy or .safetensors file.") { source, target, tensor, column, dtype, fromDType, dim, scale, force };
        command.SetAction(words =>
        {
            string from = words.GetValue(source)!, to = words.GetValue(target)!;
            if (words.GetValue(dim) is < 1) throw new EngineException(new EngineError(ExitCode.CommandLine, "USAGE", "--dim is less than 1; a row has at least one element."));
            if (words.GetValue(scale) is { } s && !(s > 0 && float.IsFinite(s))) throw new EngineException(new EngineError(ExitCode.CommandLine, "USAGE", "--scale must be a finite number over 0."));
            EmbeddingsInput input = new("in", InputPaths.Resolve(Environment.CurrentDirectory, from), from)
            {
                Tensor = words.GetValue(tensor),
                Column = words.GetValue(column),
                DType = MatrixConversion.ElementNamed(words.GetValue(fromDType)),
                Dim = words.GetValue(dim),
                Scale = words.GetValue(scale),
            };
            MatrixConversion conversion = new(input, Path.GetFullPath(to), to) { Element = MatrixConversion.ElementNamed(words.GetValue(dtype)), Force = words.GetValue(force) };
            using var stop = new RunStop(limit: null);
            try
            {
                foreach (string warning in conversion.Run(stop.Token)) Console.Error.WriteLine(warning);
            }
            catch (OperationCanceledException stopped) when (stop.Token.IsCancellationRequested)
            {
                throw stop.Explain(stopped, "nothing was left behind. Convert again.");
            }

            StandardOutput.WriteLine(to);
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
