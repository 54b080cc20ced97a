using Engine.Tests.Golden;
using Engine.Tests.House;

namespace Engine.Tests.Onnx;

/// <summary>What torch computed with the small transformer: see make_transformer.py.</summary>
internal static class TransformerGolden
{
    private static readonly long[] Offsets = [.. Read("offsets").Select(v => (long)v)];
    private static readonly long[] Tokens = [.. Read("tokens").Select(v => (long)v)];

    /// <summary>Records, of 1 to 64 tokens.</summary>
    public static int Records => Offsets.Length - 1;

    /// <summary>[tokens x dim], the last hidden state of every token.</summary>
    public static double[] Hidden { get; } = Read("hidden");

    /// <summary>[4 x records x dim]: weighted mean, mean, last, first.</summary>
    public static double[] Pooled { get; } = Read("pooled");

    /// <summary>[records], mean negative log-likelihood; 0 for a record of one token.</summary>
    public static double[] Losses { get; } = Read("losses");

    /// <summary>The model that torch exported, and the one that <see cref="OnnxWriter"/> wrote.</summary>
    public static TheoryData<string> Models => ["torch", "writer"];

    /// <summary>A model's bytes.</summary>
    public static byte[] Model(string which) => which == "torch" ? File.ReadAllBytes(PathOf("transformer.onnx")) : TinyTransformer.Write();

    /// <summary>A record's tokens.</summary>
    public static ReadOnlySpan<long> Record(int record) => Tokens.AsSpan()[(int)Offsets[record]..(int)Offsets[record + 1]];

    /// <summary>A record's hidden states, [tokens x dim].</summary>
    public static ReadOnlySpan<double> States(int record) => Hidden.AsSpan()[((int)Offsets[record] * TinyTransformer.Dim)..((int)Offsets[record + 1] * TinyTransformer.Dim)];

    private static double[] Read(string name) => NpyNumbers.Read(PathOf($"transformer-{name}.npy"));

    private static string PathOf(string file) => Repository.PathOf("tests", "Engine.Tests", "Onnx", file);
}
