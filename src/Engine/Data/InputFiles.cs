namespace Engine.Data;

/// <summary>How the rows of a matrix come out of its file. The bits are the same.</summary>
public enum MatrixIo
{
    /// <summary>Mapped into memory: fastest when rows are read again and again.</summary>
    Map,

    /// <summary>Read into buffers, block by block: nothing of the file is ever part of the process's memory.</summary>
    Read,
}

/// <summary>Every input file of a run: opened through here, checked once more before results are published, closed at the end.</summary>
/// <remarks>Dispose it after the values that were read through it. Safe to use from several threads.</remarks>
public sealed class InputFiles : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<InputFile> _files = [];
    private readonly List<string> _warnings = [];

    /// <summary>How matrices are read from the files opened from here on.</summary>
    public MatrixIo Io { get; init; }

    /// <summary>What tables read from the files are charged to.</summary>
    public MemoryBudget Memory { get; init; } = new(null);

    /// <summary>The files in the order they were opened.</summary>
    public IReadOnlyList<InputFile> Files
    {
        get { lock (_gate) return [.. _files]; }
    }

    /// <summary>What the user should know about the inputs, such as a loss of precision.</summary>
    public IReadOnlyList<string> Warnings
    {
        get { lock (_gate) return [.. _warnings]; }
    }

    /// <summary>Looks at every file again.</summary>
    /// <exception cref="EngineException">Files were written to since they were opened: exit 5, one error per file.</exception>
    public void Verify()
    {
        List<EngineError> changed = [];
        foreach (InputFile file in Files)
        {
            try
            {
                file.Verify();
            }
            catch (EngineException exception) when (exception.Exit == ExitCode.InputChanged)
            {
                changed.AddRange(exception.Errors);
            }
        }

        if (changed.Count > 0) throw new EngineException(changed);
    }

    /// <summary>Closes every file.</summary>
    public void Dispose()
    {
        foreach (InputFile file in Files) file.Dispose();
    }

    /// <summary>Opens a file and keeps it.</summary>
    /// <inheritdoc cref="InputFile.Open"/>
    internal InputFile Open(string path, string name)
    {
        InputFile file = InputFile.Open(path, name);
        lock (_gate) _files.Add(file);
        return file;
    }

    /// <summary>Keeps a warning for the run to show.</summary>
    internal void Warn(string file, string message)
    {
        lock (_gate) _warnings.Add(EngineError.Printable($"{file}: warning: {message}"));
    }
}
