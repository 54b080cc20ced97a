using System.Text.Json.Nodes;
using Engine.Data;
using Engine.Kernels;

namespace Engine.Plans;

/// <summary>What the plan language knows of a kind of input: its keys and what it gives.</summary>
/// <param name="Word">The kind's name in plans.</param>
/// <param name="Gives">The kind of value it gives.</param>
/// <param name="Summary">One sentence for the schema.</param>
/// <param name="Parameters">Its keys, without <c>kind</c>.</param>
/// <param name="Path">The key with its files.</param>
public sealed record InputDefinition(string Word, ValueKind Gives, string Summary, ParameterSet Parameters, Parameter<IReadOnlyList<string>> Path);

/// <summary>Every kind of input of the plan language, and the keys to ask a <see cref="PlanInput"/>'s arguments for.</summary>
public static class InputCatalogue
{
    /// <summary>Text records.</summary>
    public static RecordsKeys Records { get; } = new();

    /// <summary>One vector per row.</summary>
    public static EmbeddingsKeys Embeddings { get; } = new();

    /// <summary>Token hidden states.</summary>
    public static StatesKeys States { get; } = new();

    /// <summary>Columns of numbers.</summary>
    public static ScoresKeys Scores { get; } = new();

    /// <summary>All kinds, in the order the documentation tells them.</summary>
    public static IReadOnlyList<InputDefinition> All { get; } =
        [Records.Definition, Embeddings.Definition, States.Definition, Scores.Definition];

    private static Parameter<IReadOnlyList<string>> Path(ParameterSet set, string summary) =>
        set.Required("path", Shapes.OneOrMore(Shapes.Path), summary);

    private static Parameter<Reference?> RowsOf(ParameterSet set) =>
        set.Optional("rowsOf", Shapes.Reference(ValueKind.Records), "The records input whose rows these are; the counts must agree.");

    private static Parameter<Expectations?> Expect(ParameterSet set, Shape<Expectations> shape) =>
        set.Optional("expect", shape, "What the input must turn out to be; anything else is an error.");

    /// <summary>Keys of a <c>records</c> input.</summary>
    public sealed class RecordsKeys
    {
        private readonly ParameterSet _set = new();

        internal RecordsKeys()
        {
            Path = InputCatalogue.Path(_set, "Files or patterns: .jsonl, .jsonl.gz, .jsonl.zst or .parquet.");
            Layout = _set.Optional("layout", Shapes.Choice(
                ("auto", RecordLayout.Auto), ("messages", RecordLayout.Messages), ("alpaca", RecordLayout.Alpaca), ("sharegpt", RecordLayout.ShareGpt),
                ("promptCompletion", RecordLayout.PromptCompletion), ("p3", RecordLayout.P3), ("text", RecordLayout.Text)), RecordLayout.Auto, JsonValue.Create("auto"), "Where a record keeps its conversation.");
            Id = _set.Optional("id", Shapes.Text, "The field with a record's id; without it the id is the row number.");
            Source = _set.Optional("source", Shapes.Text, "The field with the name of the data set a record comes from.");
            Expect = InputCatalogue.Expect(_set, ExpectationKeys.Records);
            Definition = new InputDefinition("records", ValueKind.Records, "Text records.", _set, Path);
        }

        /// <summary>Files or patterns.</summary>
        public Parameter<IReadOnlyList<string>> Path { get; }

        /// <summary>Where a record keeps its conversation.</summary>
        public Parameter<RecordLayout> Layout { get; }

        /// <summary>The id field, or null.</summary>
        public Parameter<string?> Id { get; }

        /// <summary>The source field, or null.</summary>
        public Parameter<string?> Source { get; }

        /// <summary>What is checked, or null.</summary>
        public Parameter<Expectations?> Expect { get; }

        /// <summary>The kind.</summary>
        public InputDefinition Definition { get; }
    }

    /// <summary>Keys of an <c>embeddings</c> input.</summary>
    public sealed class EmbeddingsKeys
    {
        private readonly ParameterSet _set = new();

        internal EmbeddingsKeys()
        {
            Path = InputCatalogue.Path(_set, "Files or patterns in row order: .npy, .safetensors, .fbin, .u8bin, .i8bin, .parquet, or raw rows with dtype and dim.");
            RowsOf = InputCatalogue.RowsOf(_set);
            DType = _set.OptionalValue("dtype", ExpectationKeys.ElementName, "The element type; with dim, the files are raw little-endian rows.");
            Dim = _set.OptionalValue("dim", Shapes.Count(1), "Elements in a row; with dtype, the files are raw little-endian rows.");
            Scale = _set.OptionalValue("scale", Shapes.Number(1e-30, 1e30).To(value => (float)value), "What an 8-bit element is multiplied by.");
            Tensor = _set.Optional("tensor", Shapes.Text, "The tensor to take from a .safetensors file.");
            Column = _set.Optional("column", Shapes.Text, "The column of lists to take from a .parquet file; needed when several hold lists of numbers.");
            Expect = InputCatalogue.Expect(_set, ExpectationKeys.Matrix);
            Definition = new InputDefinition("embeddings", ValueKind.Embeddings, "One vector per row, one file or shards.", _set, Path);
        }

        /// <summary>Files or patterns, in row order.</summary>
        public Parameter<IReadOnlyList<string>> Path { get; }

        /// <summary>The records whose rows these are, or null.</summary>
        public Parameter<Reference?> RowsOf { get; }

        /// <summary>The element type, or null for the file's own.</summary>
        public Parameter<ElementType?> DType { get; }

        /// <summary>Elements in a row, or null for the file's own.</summary>
        public Parameter<int?> Dim { get; }

        /// <summary>What an 8-bit element is multiplied by, or null.</summary>
        public Parameter<float?> Scale { get; }

        /// <summary>The tensor's name, or null.</summary>
        public Parameter<string?> Tensor { get; }

        /// <summary>The column's name, or null.</summary>
        public Parameter<string?> Column { get; }

        /// <summary>What is checked, or null.</summary>
        public Parameter<Expectations?> Expect { get; }

        /// <summary>The kind.</summary>
        public InputDefinition Definition { get; }
    }

    /// <summary>Keys of a <c>states</c> input.</summary>
    public sealed class StatesKeys
    {
        private readonly ParameterSet _set = new();

        internal StatesKeys()
        {
            Path = InputCatalogue.Path(_set, "Files or patterns with one row per token, in order: .npy, .safetensors, or raw rows with dtype and dim.");
            Offsets = _set.Required("offsets", Shapes.Path, "An int64 .npy with records + 1 entries: record r has the tokens from entry r to entry r + 1.");
            RowsOf = InputCatalogue.RowsOf(_set);
            DType = _set.OptionalValue("dtype", ExpectationKeys.ElementName, "The element type; with dim, the files are raw little-endian rows.");
            Dim = _set.OptionalValue("dim", Shapes.Count(1), "Elements in a row; with dtype, the files are raw little-endian rows.");
            Tensor = _set.Optional("tensor", Shapes.Text, "The tensor to take from a .safetensors file.");
            Expect = InputCatalogue.Expect(_set, ExpectationKeys.Matrix);
            Definition = new InputDefinition("states", ValueKind.States, "Token hidden states, one row per token.", _set, Path);
        }

        /// <summary>Files or patterns, in row order.</summary>
        public Parameter<IReadOnlyList<string>> Path { get; }

        /// <summary>The file with the records' boundaries.</summary>
        public Parameter<string> Offsets { get; }

        /// <summary>The records whose tokens these are, or null.</summary>
        public Parameter<Reference?> RowsOf { get; }

        /// <summary>The element type, or null for the file's own.</summary>
        public Parameter<ElementType?> DType { get; }

        /// <summary>Elements in a row, or null for the file's own.</summary>
        public Parameter<int?> Dim { get; }

        /// <summary>The tensor's name, or null.</summary>
        public Parameter<string?> Tensor { get; }

        /// <summary>What is checked, or null; its rows are records.</summary>
        public Parameter<Expectations?> Expect { get; }

        /// <summary>The kind.</summary>
        public InputDefinition Definition { get; }
    }

    /// <summary>Keys of a <c>scores</c> input.</summary>
    public sealed class ScoresKeys
    {
        private readonly ParameterSet _set = new();

        internal ScoresKeys()
        {
            Path = InputCatalogue.Path(_set, "Files or patterns: .csv, .jsonl, .npy or .parquet.");
            Column = _set.Optional("column", Shapes.Text, "The column to take; without it every column by its header.");
            Id = _set.Optional("id", Shapes.Text, "The column with the ids of the records the values belong to; without it rows stand in order.");
            RowsOf = InputCatalogue.RowsOf(_set);
            Expect = InputCatalogue.Expect(_set, ExpectationKeys.Scores);
            Definition = new InputDefinition("scores", ValueKind.Scores, "Columns of numbers, one value per row.", _set, Path);
        }

        /// <summary>Files or patterns.</summary>
        public Parameter<IReadOnlyList<string>> Path { get; }

        /// <summary>The column, or null for all.</summary>
        public Parameter<string?> Column { get; }

        /// <summary>The id column, or null.</summary>
        public Parameter<string?> Id { get; }

        /// <summary>The records whose rows these are, or null.</summary>
        public Parameter<Reference?> RowsOf { get; }

        /// <summary>What is checked, or null.</summary>
        public Parameter<Expectations?> Expect { get; }

        /// <summary>The kind.</summary>
        public InputDefinition Definition { get; }
    }
}

/// <summary>What an input must turn out to be; null where nothing is asked.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Dim">Elements in a row.</param>
/// <param name="DType">The element type.</param>
/// <param name="Sha256">Lower-case SHA-256 of the files' bytes, one after the other.</param>
public sealed record Expectations(long? Rows, int? Dim, ElementType? DType, string? Sha256);
