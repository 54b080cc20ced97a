using Engine.Kernels;
using Engine.Native.OnnxRuntime;

namespace Engine.Tests.Onnx;

/// <summary>The binding: models from files and memory, tensors in place, every refusal an exception with the library's words.</summary>
public sealed class OnnxSessionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("engine-onnx-").FullName;

    private static OrtLibrary Ort => OrtLibrary.Instance;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [OnnxFact]
    public void A_model_says_what_it_takes_and_gives()
    {
        using OnnxSession session = OnnxSession.Open(Ort, Lookup(), new OnnxSessionOptions());
        Assert.Equal("input_ids int64 [batch, sequence]", Assert.Single(session.Inputs).ToString());
        Assert.Equal("last_hidden_state f32 [batch, sequence, 3]", Assert.Single(session.Outputs).ToString());
    }

    [OnnxFact]
    public void Values_are_used_where_they_are()
    {
        using OnnxSession session = OnnxSession.Open(Ort, Lookup(), new OnnxSessionOptions());
        long[] ids = [2, 0, 1, 3];
        using OnnxTensor input = OnnxTensor.Over<long>(Ort, ids, [2, 2]);
        Assert.Equal([20, 21, 22, 0, 1, 2, 10, 11, 12, 30, 31, 32], Values(session, input));

        // The tensor is a view: what the caller writes is what the next call reads.
        ids[0] = 1;
        Assert.Equal([10, 11, 12], Values(session, input)[..3]);
    }

    [OnnxFact]
    public void Outputs_are_matrices_in_place()
    {
        using OnnxSession session = OnnxSession.Open(Ort, Lookup(), new OnnxSessionOptions());
        using OnnxTensor input = OnnxTensor.Over<long>(Ort, new long[] { 2, 0, 1, 3 }, [2, 2]);
        OnnxTensor[] outputs = session.Run([new("input_ids", input)], ["last_hidden_state"]);
        using OnnxTensor output = Assert.Single(outputs);
        Assert.Equal([2, 2, 3], output.Shape.ToArray());
        RowSource rows = output.Rows();
        Assert.Equal((4, 3, ElementType.Float32), (rows.Rows, rows.Dim, rows.Element));
        float[] pooled = new float[6];
        using (IKernels kernels = KernelSets.Best(1)) kernels.Pool(rows, [0, 2, 4], Pooling.Mean, normalize: false, pooled, Pass.Unwatched);
        Assert.Equal([10, 11, 12, 20, 21, 22], pooled);

        // The matrix holds the memory, so the tensor may go first.
        output.Dispose();
        float[] row = new float[3];
        rows.CopyRow(3, row);
        Assert.Equal([30, 31, 32], row);
        rows.Dispose();
        Assert.Throws<ObjectDisposedException>(() => rows.CopyRow(0, row));
    }

    [OnnxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Half_precision_outputs_stay_as_they_are(bool brain)
    {
        TensorElement element = brain ? TensorElement.BFloat16 : TensorElement.Float16;
        OnnxWriter graph = new("halves");
        string x = graph.Input("x", TensorElement.Float32, "rows", 2);
        graph.Node("Cast", [x], ["y"], ("to", (long)element));
        graph.Output("y", element, "rows", 2);
        using OnnxSession session = OnnxSession.Open(Ort, graph.ToArray(), new OnnxSessionOptions());
        using OnnxTensor input = OnnxTensor.Over<float>(Ort, new float[] { 1, -2.5f, 0.1f, 65000 }, [2, 2]);
        using OnnxTensor output = session.Run([new("x", input)], ["y"])[0];
        using RowSource rows = output.Rows();
        Assert.Equal(brain ? ElementType.BFloat16 : ElementType.Float16, rows.Element);
        float[] row = new float[2];
        rows.CopyRow(1, row);
        Assert.Equal(brain ? [BFloat(0.1f), BFloat(65000)] : [(float)(Half)0.1f, (float)(Half)65000f], row);
    }

    [OnnxFact]
    public void Memory_of_the_caller_takes_outputs_without_a_copy()
    {
        using OnnxSession session = OnnxSession.Open(Ort, Lookup(), new OnnxSessionOptions());
        using OnnxBinding binding = session.Bind();
        float[] memory = new float[6];
        using OnnxTensor input = OnnxTensor.Over<long>(Ort, new long[] { 3, 1 }, [1, 2]), output = OnnxTensor.Over<float>(Ort, memory, [1, 2, 3]);
        binding.Input("input_ids", input);
        binding.Output("last_hidden_state", output);
        binding.Run();
        Assert.Equal([30, 31, 32, 10, 11, 12], memory);
        binding.Clear();

        // Asked for by name, the next output lies in memory of the library; shapes may differ from call to call.
        using OnnxTensor longer = OnnxTensor.Over<long>(Ort, new long[] { 0, 1, 2 }, [3, 1]);
        binding.Input("input_ids", longer);
        binding.Output("last_hidden_state");
        binding.Run();
        using OnnxTensor made = Assert.Single(binding.Outputs());
        Assert.Equal([0, 1, 2, 10, 11, 12, 20, 21, 22], made.Values<float>().ToArray());
    }

    [OnnxFact]
    public void A_file_is_opened_by_its_full_path()
    {
        string path = Path.Combine(_folder, "lookup é.onnx");
        File.WriteAllBytes(path, Lookup());
        using OnnxSession session = OnnxSession.Open(Ort, path, new OnnxSessionOptions());
        Assert.Single(session.Outputs);
        Assert.Throws<ArgumentException>(() => OnnxSession.Open(Ort, "lookup.onnx", new OnnxSessionOptions()));
        OrtException missing = Assert.Throws<OrtException>(() => OnnxSession.Open(Ort, Path.Combine(_folder, "none.onnx"), new OnnxSessionOptions()));
        Assert.Equal(OrtErrorCode.ORT_NO_SUCHFILE, missing.Code);
    }

    [OnnxFact]
    public void Refusals_carry_the_librarys_code_and_words()
    {
        OrtException broken = Assert.Throws<OrtException>(() => OnnxSession.Open(Ort, new byte[] { 1, 2, 3 }, new OnnxSessionOptions()));
        Assert.Contains("ONNX Runtime: ORT_", broken.Message, StringComparison.Ordinal);
        using OnnxSession session = OnnxSession.Open(Ort, Lookup(), new OnnxSessionOptions());
        using OnnxTensor outside = OnnxTensor.Over<long>(Ort, new long[] { 4 }, [1, 1]);
        Assert.Contains("out of data bounds", Assert.Throws<OrtException>(() => session.Run([new("input_ids", outside)], ["last_hidden_state"])).Words, StringComparison.Ordinal);
        Assert.Equal(OrtErrorCode.ORT_INVALID_ARGUMENT, Assert.Throws<OrtException>(() => session.Run([new("words", outside)], ["last_hidden_state"])).Code);
        Assert.Equal(OrtErrorCode.ORT_INVALID_ARGUMENT, Assert.Throws<OrtException>(() => session.Run([new("input_ids", outside)], ["logits"])).Code);
        using OnnxTensor flat = OnnxTensor.Over<long>(Ort, new long[] { 1 }, [1]);
        Assert.Contains("Invalid rank", Assert.Throws<OrtException>(() => session.Run([new("input_ids", flat)], ["last_hidden_state"])).Words, StringComparison.Ordinal);
    }

    [OnnxFact]
    public void A_tensor_has_the_bytes_its_shape_says()
    {
        Assert.Throws<ArgumentException>(() => OnnxTensor.Over<long>(Ort, new long[3], [2, 2]));
        Assert.Throws<ArgumentException>(() => OnnxTensor.Over<byte>(Ort, new byte[3], OnnxElement.Float16, [2]));
        Assert.Throws<OverflowException>(() => OnnxTensor.Over<byte>(Ort, new byte[3], [long.MaxValue, 3]));
        using OnnxTensor empty = OnnxTensor.Over<float>(Ort, Array.Empty<float>(), [0, 4]);
        Assert.Equal(0, empty.Count);
    }

    [OnnxFact]
    public void A_call_can_be_ended_from_elsewhere()
    {
        using OnnxSession session = OnnxSession.Open(Ort, Lookup(), new OnnxSessionOptions());
        using OnnxStop stop = new(Ort);
        using OnnxTensor input = OnnxTensor.Over<long>(Ort, new long[] { 1 }, [1, 1]);
        foreach (OnnxTensor output in session.Run([new("input_ids", input)], ["last_hidden_state"], stop)) output.Dispose();
        stop.Stop();
        Assert.Contains("terminate", Assert.Throws<OrtException>(() => session.Run([new("input_ids", input)], ["last_hidden_state"], stop)).Words, StringComparison.Ordinal);
    }

    [OnnxFact]
    public void A_gpu_that_cannot_be_used_is_never_replaced()
    {
        OrtProviderException refused = Assert.Throws<OrtProviderException>(() => OnnxSession.Open(Ort, Lookup(), new OnnxSessionOptions { CudaDevice = 99 }));
        Assert.Contains($"ONNX Runtime {Ort.Version} ({Ort.Library.Path}) cannot run models on CUDA: ", refused.Message, StringComparison.Ordinal);
    }

    [OnnxFact]
    public void The_processor_is_among_the_providers() => Assert.Contains("CPUExecutionProvider", Ort.Providers());

    [OnnxFact]
    public void Threads_share_a_session()
    {
        using OnnxSession session = OnnxSession.Open(Ort, TinyTransformer.Write(), new OnnxSessionOptions());
        float[] alone = States(session, 1);
        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => Assert.Equal(alone, States(session, 1 + i % 5)[..alone.Length]));
    }

    private static float[] States(OnnxSession session, int copies)
    {
        long[] ids = [.. Enumerable.Repeat(Enumerable.Range(5, 12).Select(i => (long)i), copies).SelectMany(i => i)], mask = [.. ids.Select(_ => 1L)];
        using OnnxTensor input = OnnxTensor.Over<long>(Ort, ids, [copies, 12]), seen = OnnxTensor.Over<long>(Ort, mask, [copies, 12]);
        using OnnxTensor output = session.Run([new("input_ids", input), new("attention_mask", seen)], ["last_hidden_state"])[0];
        return output.Values<float>().ToArray();
    }

    private static float[] Values(OnnxSession session, OnnxTensor input)
    {
        using OnnxTensor output = session.Run([new("input_ids", input)], ["last_hidden_state"])[0];
        return output.Values<float>().ToArray();
    }

    private static float BFloat(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000);
    }

    /// <summary>Row i of the table is 10 i, 10 i + 1, 10 i + 2; there are four rows.</summary>
    private static byte[] Lookup()
    {
        OnnxWriter graph = new("lookup");
        string ids = graph.Input("input_ids", TensorElement.Int64, "batch", "sequence");
        string table = graph.Constant("table", [.. Enumerable.Range(0, 12).Select(i => 10f * (i / 3) + i % 3)], 4, 3);
        graph.Node("Gather", [table, ids], ["last_hidden_state"]);
        graph.Output("last_hidden_state", TensorElement.Float32, "batch", "sequence", 3);
        return graph.ToArray();
    }
}
