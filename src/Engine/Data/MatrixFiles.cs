using Engine.Data.Matrices;
using Engine.Data.Parquet;
using Engine.Kernels;
using Engine.Native.Files;

namespace Engine.Data;

/// <summary>Opens the files of a matrix input, whatever their formats, as one matrix.</summary>
internal static class MatrixFiles
{
    /// <summary>Opens every file, checks that widths and element types agree, and stacks them in the order given.</summary>
    /// <param name="input">The files.</param>
    /// <param name="files">Where the opened files are kept.</param>
    /// <param name="pass">Cancellation, and progress of what must be unpacked.</param>
    /// <exception cref="EngineException">A file is missing or wrong: exit 4. It cannot be read: exit 7. A library for it is missing: exit 9.</exception>
    public static FileRows Open(EmbeddingsInput input, InputFiles files, Pass pass)
    {
        List<RowSource> shards = [];
        NativeBufferPool? buffers = null;
        try
        {
            (string File, MatrixRegion Region)? first = null;
            foreach (string path in input.Paths)
            {
                InputFile file = files.Open(path, InputPaths.Shown(path, input.Written, input.Paths.Count));
                ParquetMatrix? packed = IsParquet(file, input) ? ParquetMatrix.Find(file, input.Column, pass) : null;
                MatrixRegion region = packed is null ? Find(file, input) : packed.Region;
                CheckType(file, region, input);
                if (first is null)
                {
                    first = (file.Name, region);
                    Announce(file, region, input, files);
                }

                Compare(file, region, first.Value.File, first.Value.Region, input);
                shards.Add(packed is null ? region.Open(file, input.Scale ?? 1f, files.Io, ref buffers) : packed.Unpack(input.Scale ?? 1f, ref buffers));
            }

            if (shards.Count == 0) throw EngineException.Input(input.Written, "NO_MATCH", "the input names no file. Give at least one.");
            return new FileRows(
                shards.Count == 1 ? shards[0] : new ShardedRows(shards), [.. shards.Select(shard => shard.Rows)],
                [.. input.Paths.Select(path => InputPaths.Shown(path, input.Written, input.Paths.Count))], first!.Value.Region.Stored == StoredElement.Float64);
        }
        catch
        {
            foreach (RowSource shard in shards) shard.Dispose();
            throw;
        }
    }

    /// <summary>Finds the matrix in one file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="input">What is known about it.</param>
    /// <exception cref="EngineException">The file holds no matrix, or another one than is asked for: exit 4.</exception>
    internal static MatrixRegion Find(InputFile file, EmbeddingsInput input)
    {
        if (input.DType is ElementType element && input.Dim is int dim) return RawMatrix.Find(file, element, dim);
        return Path.GetExtension(file.Path).ToLowerInvariant() switch
        {
            ".npy" => NpyFile.FindMatrix(file, input.DType),
            ".safetensors" => Safetensors.FindMatrix(file, input.Tensor),
            ".fbin" => RawMatrix.FindCounted(file, StoredElement.Float32),
            ".u8bin" => RawMatrix.FindCounted(file, StoredElement.UInt8),
            ".i8bin" => RawMatrix.FindCounted(file, StoredElement.Int8),
            _ when BeginsLikeNpy(file) => NpyFile.FindMatrix(file, input.DType),
            string extension => throw PickleRefusal.Of(file) ?? EngineException.Input(file.Name, "FORMAT", $"the format of '{extension}' is not known. Embeddings are .npy, .safetensors, .fbin, .u8bin, .i8bin, .parquet, or raw rows with \"dtype\" and \"dim\" on the input."),
        };
    }

    private static bool IsParquet(InputFile file, EmbeddingsInput input) =>
        (input.DType is null || input.Dim is null) && Path.GetExtension(file.Path).ToLowerInvariant() is not (".npy" or ".safetensors" or ".fbin" or ".u8bin" or ".i8bin") && ParquetFooter.IsParquet(file);

    private static void CheckType(InputFile file, MatrixRegion region, EmbeddingsInput input)
    {
        if (input.DType is ElementType asked && region.Stored.Converted() != asked)
            throw EngineException.Input(file.Name, "DTYPE", $"the plan says dtype {asked.PlanName()}, but the file has {region.Stored.Name()}. Correct the plan or convert the file.");
    }

    private static bool BeginsLikeNpy(InputFile file)
    {
        Span<byte> start = stackalloc byte[NpyHeader.Magic.Length];
        if (file.Length < start.Length) return false;
        file.Read(0, start);
        return start.SequenceEqual(NpyHeader.Magic);
    }

    private static void Announce(InputFile file, MatrixRegion region, EmbeddingsInput input, InputFiles files)
    {
        bool bytes = region.Stored is StoredElement.Int8 or StoredElement.UInt8;
        if (input.Scale is float scale && !bytes)
            throw EngineException.Input(file.Name, "SCALE", $"the plan says scale {scale.ToString(System.Globalization.CultureInfo.InvariantCulture)}, but the elements are {region.Stored.Name()}, and only 8-bit ones are scaled. Remove the scale.");
        if (region.Stored == StoredElement.Float64 && input.DType is null)
            files.Warn(input.Written, "float64 values are narrowed to float32 as they are read. Set \"dtype\": \"f32\" on the input to say that this is meant.");
    }

    private static void Compare(InputFile file, MatrixRegion region, string firstFile, MatrixRegion first, EmbeddingsInput input)
    {
        if (input.Dim is int dim && region.Dim != dim)
            throw EngineException.Input(file.Name, "DIM", $"the plan says dim {dim}, but the rows have {region.Dim} elements. Correct the plan or choose another file.");
        if (region.Dim != first.Dim)
            throw EngineException.Input(file.Name, "DIM", $"the rows have {region.Dim} elements, but those of {firstFile} have {first.Dim}. The shards of one matrix have one width.");
        if (region.Stored != first.Stored)
            throw EngineException.Input(file.Name, "DTYPE", $"the elements are {region.Stored.Name()}, but those of {firstFile} are {first.Stored.Name()}. The shards of one matrix have one element type.");
    }
}
