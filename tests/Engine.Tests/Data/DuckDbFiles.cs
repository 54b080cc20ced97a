using Engine.Native.DuckDb;

namespace Engine.Tests.Data;

/// <summary>A test that needs libduckdb. Without it the test is left out and says so, unless ENGINE_REQUIRE_NATIVE=1 makes that a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DuckDbFactAttribute : FactAttribute
{
    public DuckDbFactAttribute() => Skip = DuckDbFiles.Missing;
}

/// <summary>Makes Parquet files with DuckDB's own writer.</summary>
internal static class DuckDbFiles
{
    private const long WriterBytes = 1L << 30;

    /// <summary>Why there is no library, or null; null as well where its absence must be a failure.</summary>
    public static string? Missing { get; } = OptionalPart.WhyNot(() => DuckDbNative.Instance.Version);

    /// <summary>Writes what a statement selects.</summary>
    /// <param name="path">The file.</param>
    /// <param name="select">The statement.</param>
    /// <param name="options">Further options of COPY, such as <c>ROW_GROUP_SIZE 2048</c>.</param>
    public static void Write(string path, string select, string options = "")
    {
        using DuckDbSession session = new(WriterBytes);
        string all = options.Length == 0 ? "" : $", {options}";
        session.Run($"COPY ({select}) TO {DuckDbSession.Literal(path)} (FORMAT parquet{all})");
    }
}
