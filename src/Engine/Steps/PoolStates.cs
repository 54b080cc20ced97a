using Engine.Data;
using Engine.Kernels;
using Engine.Plans;

namespace Engine.Steps;

/// <summary>Pools the hidden states of every record's tokens into one vector.</summary>
/// <remarks>Weighted mean: sum_i i * h_i / sum_i i over tokens i = 1..L. Source: RDS+ (Ivison et al. 2025).</remarks>
public sealed record PoolStates : Step<Embeddings>
{
    /// <summary>Values of one block, tokens or results, that are worked on at a time: 16 MiB of float32.</summary>
    private const int BlockValues = 1 << 22;

    /// <summary>The token states.</summary>
    public required TokenStates In { get; init; }

    /// <summary>Which tokens count how much.</summary>
    public Pooling Pooling { get; init; } = Pooling.WeightedMean;

    /// <summary>Divide each vector by its Euclidean norm.</summary>
    public bool Normalize { get; init; } = true;

    /// <inheritdoc/>
    public override string Op => Definition.Op;

    /// <summary>The plan's words for poolings.</summary>
    internal static Shape<Pooling> Words =>
        Shapes.Choice(("weightedMean", Pooling.WeightedMean), ("mean", Pooling.Mean), ("last", Pooling.Last), ("first", Pooling.First));

    internal static StepBinding Definition { get; } = Define();

    /// <inheritdoc/>
    public override Embeddings Run(StepRun run)
    {
        ReadOnlySpan<long> offsets = In.Offsets.Span;
        CheckOffsets(offsets);
        int dim = In.Tokens.Dim;
        int records = offsets.Length - 1;
        Pass quiet = new(cancel: run.Pass.Cancel);

        using var matrix = new ResumableMatrix(run, records, dim);
        float[] pooled = [];
        try
        {
            while (matrix.Rows < records)
            {
                int first = (int)matrix.Rows, count = BlockLength(offsets, first, dim);
                ReadOnlySpan<long> block = offsets.Slice(first, count + 1);
                CheckFinite(block, first, run.Kernels, quiet);
                if (pooled.Length < count * dim) pooled = new float[count * dim];
                PoolBlock(block, first, pooled.AsSpan(0, count * dim), run.Kernels, quiet);
                matrix.Append(pooled.AsSpan(0, count * dim));
                run.Pass.Report("records", matrix.Rows, records);
            }
        }
        catch (OperationCanceledException)
        {
            matrix.Keep();
            throw;
        }

        long values = checked((offsets[^1] - offsets[0]) * dim);
        run.Count(checked(values * In.Tokens.Element.SizeInBytes()), 2.0 * values + (Normalize ? 3.0 * records * dim : 0));
        return new Embeddings(matrix.Finish(), run.Name) { Pool = In.Pool };
    }

    /// <summary>Records from <paramref name="first"/> on whose tokens and results fit a block; at least one.</summary>
    private static int BlockLength(ReadOnlySpan<long> offsets, int first, int dim)
    {
        int count = 1;
        long fit = Math.Max(1, BlockValues / dim);
        while (first + count + 1 < offsets.Length && count < fit && offsets[first + count + 1] - offsets[first] <= fit) count++;
        return count;
    }

    private void CheckOffsets(ReadOnlySpan<long> offsets)
    {
        if (offsets[0] < 0 || offsets[^1] > In.Tokens.Rows)
        {
            throw EngineException.Input(In.Name, "OFFSETS",
                $"the offsets run from {offsets[0]} to {offsets[^1]}, but there are {In.Tokens.Rows} tokens. The offsets belong to other states.");
        }

        for (int record = 0; record + 1 < offsets.Length; record++)
        {
            if (offsets[record + 1] > offsets[record]) continue;
            throw EngineException.Input(In.Name, "OFFSETS",
                $"record {record} begins at token {offsets[record]} and ends before token {offsets[record + 1]}, expected at least one token. Remove the record or encode it again.");
        }
    }

    /// <summary>Looks for NaN and infinity just before the block is pooled, so that the second read comes from the cache.</summary>
    private void CheckFinite(ReadOnlySpan<long> block, int first, IKernels kernels, Pass pass)
    {
        using var tokens = new RowRange(In.Tokens, block[0], block[^1] - block[0]);
        long found = kernels.Inspect(tokens, [], pass).FirstNonFiniteRow;
        if (found < 0) return;
        long token = block[0] + found;
        int place = block.BinarySearch(token);
        int record = first + (place >= 0 ? place : ~place - 1);
        throw EngineException.Input(In.Name, "NOT_FINITE",
            $"token row {token}, in record {record}, holds a NaN or an infinity, expected finite values. Remove the record or encode it again.");
    }

    private void PoolBlock(ReadOnlySpan<long> block, int first, Span<float> pooled, IKernels kernels, Pass pass)
    {
        try
        {
            kernels.Pool(In.Tokens, block, Pooling, Normalize, pooled, pass);
        }
        catch (ArgumentException cause) when (Normalize)
        {
            kernels.Pool(In.Tokens, block, Pooling, normalize: false, pooled, pass);
            int dim = In.Tokens.Dim;
            for (int i = 0; i + 1 < block.Length; i++)
            {
                if (pooled.Slice(i * dim, dim).ContainsAnyExcept(0f)) continue;
                throw new EngineException(
                    new EngineError(ExitCode.Input, "ZERO_ROW", $"the pooled row {first + i} is all zeros and has no direction, so it cannot be normalised. Remove the record, or set \"normalize\" to false.", In.Name),
                    cause);
            }

            throw;
        }
    }

    private static StepBinding Define()
    {
        var keys = new ParameterSet();
        Parameter<Reference> @in = keys.Required("in", Shapes.Reference(ValueKind.States), "The token states.");
        Parameter<Pooling> pooling = keys.Optional("pooling", Words, Pooling.WeightedMean, "weightedMean", "Which tokens count how much.");
        Parameter<bool> normalize = keys.Optional("normalize", Shapes.Flag, true, true, "Divide each vector by its Euclidean norm.");
        return new StepBinding("pool", ValueKind.Embeddings, "Pools the hidden states of every record's tokens into one vector.", keys, (arguments, inputs) => new PoolStates
        {
            In = inputs.Get<TokenStates>(arguments.Get(@in)),
            Pooling = arguments.Get(pooling),
            Normalize = arguments.Get(normalize),
        })
        {
            Needs = (needs, name) =>
            {
                ValueShape states = needs.Of(needs.Get(@in));
                needs.Vectors(states, norms: false);
                needs.Use("a batch of vectors", 4 * Math.Min((long)BlockValues + states.Dim, states.Rows * states.Dim));
                return new ValueShape(name, states.Rows) { Dim = states.Dim, Pool = states.Pool };
            },
        };
    }
}
