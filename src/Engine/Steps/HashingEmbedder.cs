using System.Text;
using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Steps;

/// <summary>Streams records through <see cref="HashedNGrams"/>: one batch is hashed on all threads while the next one is read, and rows are written in order.</summary>
internal static class HashingEmbedder
{
    /// <summary>Characters, records and result elements after which a batch is full; together they bound memory.</summary>
    private const int BatchCharacters = 1 << 23, BatchRecords = 1 << 13, BatchValues = 1 << 23;

    /// <summary>Embeds every record of a step.</summary>
    /// <exception cref="EngineException">The runtime cannot normalise Unicode (exit 9), or a record lacks the turn its template needs (exit 4).</exception>
    public static RowSource Embed(Embed step, int dim, StepRun run)
    {
        UnicodeText.RequireNormalization();
        long rows = step.In.Rows;
        int batchRecords = Math.Clamp(BatchValues / dim, 1, BatchRecords);
        int threads = run.Kernels.Threads;

        using var matrix = new ResumableMatrix(run, rows, dim);
        using IEnumerator<Conversation> conversations = step.In.Conversations(matrix.Rows, rows - matrix.Rows).GetEnumerator();
        List<Conversation> Read() => NextBatch(conversations, batchRecords);

        var hashers = new Stack<HashedNGrams>();
        float[] vectors = [];
        List<Conversation> batch = Read();
        while (batch.Count > 0)
        {
            Task<List<Conversation>>? reading = threads > 1 ? Task.Run(Read) : null;
            try
            {
                if (vectors.Length < batch.Count * dim) vectors = new float[batch.Count * dim];
                HashBatch(batch, matrix.Rows, step, dim, vectors, hashers, run);
                matrix.Append(vectors.AsSpan(0, batch.Count * dim));
            }
            catch (OperationCanceledException)
            {
                matrix.Keep();
                throw;
            }
            finally
            {
                // The reader uses the enumerator, which must not be disposed under it.
                if (reading is not null) ((IAsyncResult)reading).AsyncWaitHandle.WaitOne();
            }

            run.Pass.Report("records", matrix.Rows, rows);
            batch = reading is null ? Read() : reading.GetAwaiter().GetResult();
        }

        return matrix.Finish();
    }

    private static List<Conversation> NextBatch(IEnumerator<Conversation> conversations, int most)
    {
        List<Conversation> batch = [];
        long characters = 0;
        while (batch.Count < most && characters < BatchCharacters && conversations.MoveNext())
        {
            batch.Add(conversations.Current);
            foreach (Turn turn in conversations.Current.Turns) characters += turn.Content.Length;
        }

        return batch;
    }

    private static void HashBatch(List<Conversation> batch, long firstRow, Embed step, int dim, float[] vectors, Stack<HashedNGrams> hashers, StepRun run)
    {
        long bytes = 0, features = 0;
        int lacking = int.MaxValue;
        var gate = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = run.Kernels.Threads, CancellationToken = run.Pass.Cancel };
        Parallel.For(0, batch.Count, options,
            () =>
            {
                lock (gate) return (Hasher: hashers.TryPop(out HashedNGrams? idle) ? idle : new HashedNGrams(dim), Bytes: 0L, Features: 0L);
            },
            (i, _, local) =>
            {
                string? text = ChatTemplates.Render(batch[i], step.Template);
                if (text is null)
                {
                    lock (gate) lacking = Math.Min(lacking, i);
                    return local;
                }

                text = UnicodeText.FormC(text);
                int distinct = local.Hasher.Embed(text, step.Normalize, vectors.AsSpan(i * dim, dim));
                return (local.Hasher, local.Bytes + Encoding.UTF8.GetByteCount(text), local.Features + distinct);
            },
            local =>
            {
                lock (gate)
                {
                    bytes += local.Bytes;
                    features += local.Features;
                    hashers.Push(local.Hasher);
                }
            });

        if (lacking < int.MaxValue)
        {
            string role = step.Template == ChatTemplate.PromptOnly ? "user" : "assistant";
            throw EngineException.Input(step.In.Name, "TEMPLATE",
                $"row {firstRow + lacking} has no {role} turn, which the template takes its text from. Remove the record, or use the template \"tulu\" or \"plain\".");
        }

        // Per feature a weight's multiplication with its sign and an addition; per element of a normalised vector a square, a sum and a quotient.
        run.Count(bytes, 2.0 * features + (step.Normalize ? 3.0 * batch.Count * dim : 0));
    }
}
