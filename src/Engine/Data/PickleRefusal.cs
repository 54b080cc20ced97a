using System.Buffers.Binary;
using System.Text;

namespace Engine.Data;

/// <summary>Recognises Python pickles in their wrappings, and refuses them: reading a pickle can run any code, so none is ever read.</summary>
internal static class PickleRefusal
{
    private const int LocalHeaderBytes = 30;
    private const int MaxNameBytes = 256;

    /// <summary>Refuses a file that is a pickle or holds one.</summary>
    /// <exception cref="EngineException">It is: exit 4, naming the way to a format without code.</exception>
    public static void Check(InputFile file)
    {
        if (Of(file) is { } refusal) throw refusal;
    }

    /// <summary>The refusal of a file that is a pickle, holds one, or is a zip archive that may; else null.</summary>
    /// <param name="file">The file; only its first bytes are looked at.</param>
    public static EngineException? Of(InputFile file)
    {
        Span<byte> start = stackalloc byte[LocalHeaderBytes + MaxNameBytes];
        start = start[..(int)Math.Min(start.Length, file.Length)];
        file.Read(0, start);
        string name = Path.GetFileName(file.Path);
        if (IsPickle(start))
        {
            return Refuse(file, Path.GetExtension(name).ToLowerInvariant() is ".pt" or ".pth" or ".bin" or ".ckpt"
                ? $"the file is a PyTorch pickle of the old kind. {NeverRead} {FromTorch(name)}"
                : $"the file is a Python pickle. {NeverRead} {FromPickle(name)}");
        }

        if (!start.StartsWith("PK\u0003\u0004"u8)) return null;
        string first = FirstEntry(start);
        if (first.EndsWith(".npy", StringComparison.Ordinal))
            return Refuse(file, $"the file is an archive of arrays (.npz). Take one out of it: python -c \"import numpy; numpy.save('{Stem(name)}.npy', numpy.load('{name}')['{Path.GetFileNameWithoutExtension(first)}'])\"");
        return Refuse(file, first.Contains("data.pkl", StringComparison.Ordinal) || Path.GetExtension(name).ToLowerInvariant() is ".pt" or ".pth" or ".bin" or ".ckpt"
            ? $"the file is a PyTorch archive, a zip around a pickle. {NeverRead} {FromTorch(name)}"
            : "the file is a zip archive. Unpack it and name the file inside.");
    }

    private const string NeverRead = "Pickles are never read here, because reading one can run any code. If you trust where it comes from, convert it once:";

    // Protocol 2 and later begin with 0x80 and the protocol's number; no text and no other format known here does.
    private static bool IsPickle(ReadOnlySpan<byte> start) => start is [0x80, >= 2 and <= 5, ..];

    // A local file header of a zip: 30 bytes with the name's length at 26, then the name.
    private static string FirstEntry(ReadOnlySpan<byte> start)
    {
        if (start.Length < LocalHeaderBytes) return "";
        int length = BinaryPrimitives.ReadUInt16LittleEndian(start[26..]);
        return Encoding.UTF8.GetString(start.Slice(LocalHeaderBytes, Math.Min(length, start.Length - LocalHeaderBytes)));
    }

    private static string FromTorch(string name) =>
        $"python -c \"import torch, safetensors.torch as s; s.save_file({{'embeddings': torch.load('{name}', weights_only=True).contiguous()}}, '{Stem(name)}.safetensors')\"";

    private static string FromPickle(string name) =>
        $"python -c \"import pickle, numpy; numpy.save('{Stem(name)}.npy', numpy.asarray(pickle.load(open('{name}', 'rb')), 'float32'))\"";

    private static string Stem(string name) => Path.GetFileNameWithoutExtension(name);

    private static EngineException Refuse(InputFile file, string message) => EngineException.Input(file.Name, "PICKLE", message);
}
