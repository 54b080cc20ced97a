using Engine.Data;
using Engine.Data.Onnx;
using Engine.Tests.Runs;

namespace Engine.Tests.Onnx;

/// <summary>What a model says of itself is read without any library, and whatever is no model is refused at its place.</summary>
public sealed class OnnxModelFileTests : IDisposable
{
    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public void Inspect_shows_inputs_and_outputs()
    {
        File.WriteAllBytes(_work.At("model.onnx"), TinyTransformer.Write());
        Outcome shown = _work.Engine(["inspect", "model.onnx"]);
        Assert.Equal(0, shown.Exit);
        string size = FormattableString.Invariant($"{new FileInfo(_work.At("model.onnx")).Length}");
        Assert.Equal(
            $"""
            model.onnx
              format      ONNX model, IR version 8
              size        {size} bytes
              written by  engine tests
              operators   ai.onnx 17
              input       input_ids       int64  [batch, sequence]
              input       attention_mask  int64  [batch, sequence]
              output      logits             f32    [batch, sequence, 320]
              output      last_hidden_state  f32    [batch, sequence, 32]

            """.ReplaceLineEndings("\n"), shown.Output);
    }

    [Fact]
    public void Weights_are_no_inputs_and_lie_where_the_model_says()
    {
        ProtobufWriter model = new();
        model.Integer(1, 3);
        model.Message(7, graph =>
        {
            graph.Message(5, tensor =>
            {
                tensor.Integer(1, 2);
                tensor.Text(8, "table");
                tensor.Message(13, entry => { entry.Text(1, "location"); entry.Text(2, "model.onnx.data"); });
                tensor.Message(13, entry => { entry.Text(1, "offset"); entry.Text(2, "0"); });
            });
            foreach (string input in (string[])["ids", "table"]) graph.Message(11, value => value.Text(1, input));
        });
        File.WriteAllBytes(_work.At("model.onnx"), model.Written.ToArray());
        using InputFile file = InputFile.Open(_work.At("model.onnx"), "model.onnx");
        OnnxModelFile read = OnnxModelFile.Read(file);
        Assert.Equal("ids", Assert.Single(read.Inputs).Name);
        Assert.Equal(["model.onnx.data"], read.WeightFiles);
        Assert.Null(read.Inputs[0].Shape);
    }

    [Fact]
    public void Every_cut_is_refused_or_read_and_never_a_fault()
    {
        byte[] model = TinyTransformer.Write();
        int refused = 0;
        for (int length = 0; length < model.Length; length += 1 + length / 8)
        {
            string path = _work.At($"cut-{length}.onnx");
            File.WriteAllBytes(path, model[..length]);
            using InputFile file = InputFile.Open(path, "cut.onnx");
            EngineException cut = Assert.Throws<EngineException>(() => OnnxModelFile.Read(file));
            Assert.Equal((ExitCode.Input, "FORMAT"), (cut.Exit, cut.Errors[0].Code));
            refused++;
        }

        Assert.True(refused > 40, $"{refused}");
    }

    [Theory]
    [InlineData(new byte[] { 0x08, 0x08 }, "it has no graph")]
    [InlineData(new byte[] { 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f }, "more than 64 bits")]
    [InlineData(new byte[] { 0x3a, 0x05, 0x00 }, "a field of 5 bytes stands where 1 are left")]
    [InlineData(new byte[] { 0x0b }, "wire type 3")]
    [InlineData(new byte[] { 0x00, 0x00 }, "a field has no number")]
    [InlineData(new byte[] { 0x08, 0x08, 0x38, 0x01 }, "a number stands where a message is expected")]
    public void What_is_no_model_is_refused(byte[] bytes, string words)
    {
        File.WriteAllBytes(_work.At("model.onnx"), bytes);
        using InputFile file = InputFile.Open(_work.At("model.onnx"), "model.onnx");
        EngineException refused = Assert.Throws<EngineException>(() => OnnxModelFile.Read(file));
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Input, refused.Exit);
    }
}
