using System.Security.Cryptography;
using Engine.Data;
using Engine.Kernels;
using Engine.Plans;

namespace Engine.Runs;

/// <summary>Turns a plan's input into an open value, and checks that it is what the plan expects.</summary>
/// <param name="plan">The plan.</param>
/// <param name="files">Keeps the files open until the run is over.</param>
/// <param name="pass">Cancellation and progress.</param>
internal sealed class InputOpener(Plan plan, InputFiles files, Pass pass)
{
    /// <summary>Opens one input.</summary>
    /// <param name="input">The input.</param>
    /// <param name="records">The records inputs opened so far, by name.</param>
    public OpenedInput Open(PlanInput input, IReadOnlyDictionary<string, Records> records)
    {
        int before = files.Files.Count;
        string written = string.Join(", ", input.Paths);
        string[] paths = [.. input.Paths.SelectMany(p => InputPaths.Resolve(plan.Folder, p))];
        Arguments keys = input.Arguments;
        (Value value, Expectations? expect) = input.Kind switch
        {
            ValueKind.Records => ((Value)OpenRecords(input, paths, written), keys.Get(InputCatalogue.Records.Expect)),
            ValueKind.Embeddings => (OpenEmbeddings(input, paths, written, records), keys.Get(InputCatalogue.Embeddings.Expect)),
            ValueKind.States => (OpenStates(input, paths, written, records), keys.Get(InputCatalogue.States.Expect)),
            _ => (OpenScores(input, paths, written, records), keys.Get(InputCatalogue.Scores.Expect)),
        };
        var opened = new OpenedInput(input, value, [.. files.Files.Skip(before)]);
        try
        {
            CheckRows(input, value, written);
            if (expect is not null) Check(opened, expect, written);
            return opened;
        }
        catch
        {
            value.Dispose();
            throw;
        }
    }

    private Records OpenRecords(PlanInput input, string[] paths, string written) =>
        RecordsFile.Open(new RecordsInput(input.Name, paths, written)
        {
            Layout = input.Arguments.Get(InputCatalogue.Records.Layout),
            Id = input.Arguments.Get(InputCatalogue.Records.Id),
            Source = input.Arguments.Get(InputCatalogue.Records.Source),
        }, files, pass);

    private Embeddings OpenEmbeddings(PlanInput input, string[] paths, string written, IReadOnlyDictionary<string, Records> records)
    {
        InputCatalogue.EmbeddingsKeys keys = InputCatalogue.Embeddings;
        Arguments given = input.Arguments;
        Embeddings embeddings = EmbeddingsFile.Open(new EmbeddingsInput(input.Name, paths, written)
        {
            DType = given.Get(keys.DType),
            Dim = given.Get(keys.Dim),
            Scale = given.Get(keys.Scale),
            Tensor = given.Get(keys.Tensor),
            Column = given.Get(keys.Column),
        }, files, pass);
        return new Embeddings(embeddings.Matrix, embeddings.Name) { Origin = embeddings.Origin, Pool = Pool(given.Get(keys.RowsOf), records) };
    }

    private TokenStates OpenStates(PlanInput input, string[] paths, string written, IReadOnlyDictionary<string, Records> records)
    {
        InputCatalogue.StatesKeys keys = InputCatalogue.States;
        Arguments given = input.Arguments;
        string offsets = given.Get(keys.Offsets);
        var values = new EmbeddingsInput(input.Name, paths, written) { DType = given.Get(keys.DType), Dim = given.Get(keys.Dim), Tensor = given.Get(keys.Tensor) };
        TokenStates states = StatesFile.Open(new StatesInput(values, OutputPaths.Full(plan, offsets), offsets), files);
        return new TokenStates(states.Tokens, states.Offsets.ToArray(), states.Name) { Pool = Pool(given.Get(keys.RowsOf), records) };
    }

    private ScoreTable OpenScores(PlanInput input, string[] paths, string written, IReadOnlyDictionary<string, Records> records)
    {
        InputCatalogue.ScoresKeys keys = InputCatalogue.Scores;
        Arguments given = input.Arguments;
        Records? pool = Pool(given.Get(keys.RowsOf), records);
        ScoreTable table = ScoresFile.Open(new ScoresInput(input.Name, paths, written) { Column = given.Get(keys.Column), Id = given.Get(keys.Id) }, pool, files, pass);
        return new ScoreTable(table.Columns, table.Name) { Pool = pool };
    }

    private static Records? Pool(Reference? rowsOf, IReadOnlyDictionary<string, Records> records) => rowsOf is null ? null : records[rowsOf.Name];

    private static void CheckRows(PlanInput input, Value value, string written)
    {
        if (value is Records || value.Pool is not { } pool || pool.Rows == value.Rows) return;
        throw EngineException.Input(written, "ROWS",
            $"input \"{input.Name}\" has {value.Rows} rows, but its records, {pool.Name}, have {pool.Rows}. Bind it to the records it was made from.");
    }

    private void Check(OpenedInput opened, Expectations expect, string written)
    {
        (int dim, ElementType? element) = opened.Value switch
        {
            Embeddings embeddings => (embeddings.Dim, embeddings.Matrix.Element),
            TokenStates states => (states.Tokens.Dim, states.Tokens.Element),
            _ => (0, (ElementType?)null),
        };
        if (expect.Rows is { } rows && rows != opened.Value.Rows) throw Unexpected("rows", $"{opened.Value.Rows}", $"{rows}");
        if (expect.Dim is { } wide && wide != dim) throw Unexpected("dim", $"{dim}", $"{wide}");
        if (expect.DType is { } type && type != element) throw Unexpected("dtype", element?.PlanName() ?? "none", type.PlanName());
        if (expect.Sha256 is { } sha && Sha256(opened.Files) is var found && found != sha) throw Unexpected("sha256", found, sha);

        EngineException Unexpected(string what, string found, string wanted) =>
            EngineException.Input(written, "EXPECT", $"input \"{opened.Input.Name}\" has {what} {found}, but the plan expects {wanted}. Check that it is the right file, or mend expect.{what}.");
    }

    /// <summary>One file's own hash; of several files, the hash of their bytes one after the other.</summary>
    private string Sha256(IReadOnlyList<InputFile> all)
    {
        if (all.Count == 1) return all[0].Sha256(pass);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        foreach (InputFile file in all)
        {
            for (long done = 0; done < file.Length;)
            {
                pass.Cancel.ThrowIfCancellationRequested();
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.Length - done));
                file.Read(done, part);
                hash.AppendData(part);
                done += part.Length;
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
