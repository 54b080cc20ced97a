using System.Buffers;
using System.Numerics;
using System.Text;
using Engine.Data;
using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Steps;

/// <summary>Streams records through <see cref="HashedNGrams"/>: one batch is hashed on all threads while the next one is read, and rows are written in order.</summary>
internal static class HashingEmbedder
{
    /// <summary>Bytes of text, records and result elements after which a batch is full; together they bound memory.</summary>
    private const int BatchBytes = 1 << 23, BatchRecords = 1 << 13, BatchValues = 1 << 23;

    /// <summary>Embeds every record of a step.</summary>
    /// <exception cref="EngineException">The runtime cannot normalise Unicode (exit 9), or a record lacks the turn its template needs (exit 4).</exception>
    public static RowSource Embed(Embed step, int dim, StepRun run)
    {
        UnicodeText.RequireNormalization();
        long rows = step.In.Rows;
        int batchRecords = Math.Clamp(BatchValues / dim, 1, BatchRecords);
        int threads = run.Kernels.Threads;

        using var matrix = new ResumableMatrix(run, rows, dim);
        TurnReader reader = step.In.OpenTurns(rows);
        long next = matrix.Rows;
        (TextBatch batch, TextBatch other) = (new TextBatch(), new TextBatch());
        void Fill(TextBatch texts)
        {
            texts.Clear();
            while (next < rows && texts.Count < batchRecords && texts.Bytes < BatchBytes) texts.Add(reader.Read(next++), step.Template);
        }

        var hashers = new Stack<TextHasher>();
        float[] vectors = [];
        Fill(batch);
        while (batch.Count > 0)
        {
            TextBatch ahead = other;

            // On a thread of its own: the wait below blocks a thread of the pool, which then might have none left to read.
            Task? reading = threads > 1 ? Task.Factory.StartNew(() => Fill(ahead), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default) : null;
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
                // The records must not be closed under the reader.
                if (reading is not null) ((IAsyncResult)reading).AsyncWaitHandle.WaitOne();
            }

            run.Pass.Report("records", matrix.Rows, rows);
            if (reading is null) Fill(ahead);
            else reading.GetAwaiter().GetResult();
            (batch, other) = (ahead, batch);
        }

        return matrix.Finish();
    }

    private static void HashBatch(TextBatch batch, long firstRow, Embed step, int dim, float[] vectors, Stack<TextHasher> hashers, StepRun run)
    {
        long bytes = 0, features = 0;
        int lacking = int.MaxValue;
        var gate = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = run.Kernels.Threads, CancellationToken = run.Pass.Cancel };
        Parallel.For(0, batch.Count, options,
            () =>
            {
                lock (gate) return (Hasher: hashers.TryPop(out TextHasher? idle) ? idle : new TextHasher(dim), Bytes: 0L, Features: 0L);
            },
            (i, _, local) =>
            {
                if (!batch.HasText(i))
                {
                    lock (gate) lacking = Math.Min(lacking, i);
                    return local;
                }

                int distinct = local.Hasher.Embed(batch.Text(i), step.Normalize, vectors.AsSpan(i * dim, dim), out long length);
                return (local.Hasher, local.Bytes + length, local.Features + distinct);
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
            string role = step.Template is ChatTemplate.PromptOnly or ChatTemplate.Alpaca ? "user" : "assistant";
            throw EngineException.Input(step.In.Name, "TEMPLATE",
                $"row {firstRow + lacking} has no {role} turn, which the template takes its text from. Remove the record, or use the template \"tulu\" or \"plain\".");
        }

        // Per feature a weight's multiplication with its sign and an addition; per element of a normalised vector a square, a sum and a quotient.
        run.Count(bytes, 2.0 * features + (step.Normalize ? 3.0 * batch.Count * dim : 0));
    }

    /// <summary>The texts of some records, one after the other; the memory is used again.</summary>
    private sealed class TextBatch
    {
        private readonly ArrayBufferWriter<byte> _text = new(1 << 16);
        private readonly List<(int Start, int Length)> _places = [];

        public int Count => _places.Count;

        public int Bytes => _text.WrittenCount;

        public void Clear()
        {
            _text.ResetWrittenCount();
            _places.Clear();
        }

        public void Add(Utf8Turns turns, ChatTemplate template)
        {
            int start = _text.WrittenCount;
            bool has = ChatTemplates.TryRender(turns, template, _text);
            _places.Add((start, has ? _text.WrittenCount - start : -1));
        }

        public bool HasText(int i) => _places[i].Length >= 0;

        public ReadOnlySpan<byte> Text(int i) => _text.WrittenSpan.Slice(_places[i].Start, _places[i].Length);
    }

    /// <summary>What one thread hashes with.</summary>
    private sealed class TextHasher(int dim)
    {
        private readonly HashedNGrams _nGrams = new(dim);
        private char[] _characters = [];

        // ASCII is in normalisation form C as it is.
        public int Embed(ReadOnlySpan<byte> text, bool normalize, Span<float> vector, out long bytes)
        {
            if (_characters.Length < text.Length) _characters = new char[(int)BitOperations.RoundUpToPowerOf2((uint)text.Length)];
            bytes = text.Length;
            if (Ascii.ToUtf16(text, _characters, out int count) == OperationStatus.Done) return _nGrams.Embed(_characters.AsSpan(0, count), normalize, vector);
            string normal = UnicodeText.FormC(Encoding.UTF8.GetString(text));
            bytes = Encoding.UTF8.GetByteCount(normal);
            return _nGrams.Embed(normal, normalize, vector);
        }
    }
}
