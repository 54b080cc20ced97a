using System.Globalization;
using Engine.Data.Matrices;
using Engine.Kernels;

namespace Engine.Data;

/// <summary>A token-states input of a plan: one row per token, and where each record's tokens begin.</summary>
/// <param name="Values">The files of the states, [totalTokens x dim].</param>
/// <param name="OffsetsPath">Absolute path of a one-dimensional .npy file of int64, [records + 1].</param>
/// <param name="OffsetsWritten">That path as the plan writes it.</param>
public sealed record StatesInput(EmbeddingsInput Values, string OffsetsPath, string OffsetsWritten);

/// <summary>Opens token states.</summary>
public static class StatesFile
{
    /// <summary>Opens the states in place and reads the boundaries.</summary>
    /// <param name="input">The files and what the plan says about them.</param>
    /// <param name="files">Keeps the opened files; dispose it after the states.</param>
    /// <exception cref="EngineException">A file is missing or broken, the boundaries do not ascend from 0 to the number of tokens, or a record has no token: exit 4.</exception>
    public static TokenStates Open(StatesInput input, InputFiles files)
    {
        RowSource tokens = MatrixFiles.Open(input.Values, files, Pass.Unwatched).Matrix;
        try
        {
            InputFile file = files.Open(input.OffsetsPath, input.OffsetsWritten);
            files.Memory.Reserve($"the table of {input.OffsetsWritten}", file.Length);
            long[] offsets = NpyFile.ReadIntegers(file);
            Check(file, offsets, tokens.Rows, input.Values.Written);
            return new TokenStates(tokens, offsets, input.Values.Written);
        }
        catch
        {
            tokens.Dispose();
            throw;
        }
    }

    private static void Check(InputFile file, long[] offsets, long tokens, string values)
    {
        if (offsets.Length < 2)
            throw EngineException.Input(file.Name, "OFFSETS", $"the file has {offsets.Length} numbers, but one record already needs 2: where it begins and where it ends.");
        if (offsets[0] != 0)
            throw EngineException.Input(file.Name, "OFFSETS", string.Create(CultureInfo.InvariantCulture, $"the first number is {offsets[0]}, but the first record begins at token 0. Write the offsets as 0 and the running sum of the lengths."));
        for (int record = 0; record < offsets.Length - 1; record++)
        {
            if (offsets[record + 1] > offsets[record]) continue;
            string what = offsets[record + 1] == offsets[record] ? "has no tokens" : "ends before it begins";
            throw EngineException.Input(file.Name, "OFFSETS", string.Create(CultureInfo.InvariantCulture, $"row {record} {what}: it goes from token {offsets[record]} to {offsets[record + 1]}. Every record needs at least one token; remove it from the pool or write the offsets again."));
        }

        if (offsets[^1] != tokens)
            throw EngineException.Input(file.Name, "OFFSETS", string.Create(CultureInfo.InvariantCulture, $"the last number is {offsets[^1]}, but {values} has {tokens} tokens. Offsets and states must come from one run."));
    }
}
