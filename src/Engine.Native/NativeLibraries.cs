using System.Globalization;
using System.Runtime.InteropServices;

namespace Engine.Native;

/// <summary>An optional native library: where it may lie and what it must offer.</summary>
/// <param name="Name">Its name in messages, such as <c>libzstd</c>.</param>
/// <param name="Variable">Environment variable that may hold its full path.</param>
/// <param name="FileNames">File names to look for, best first, such as <c>libzstd.so.1</c>. In names and folders <c>*</c> stands for a part; the newest that fits is taken.</param>
/// <param name="Exports">Functions without which it is of no use.</param>
/// <param name="Install">The command that installs it.</param>
internal sealed record NativeLibraryQuery(string Name, string Variable, IReadOnlyList<string> FileNames, IReadOnlyList<string> Exports, string Install)
{
    /// <summary>npm packages that hold it, looked for beside the program and in the user's own folder for the engine.</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    /// <summary>Folders of Python packages that hold it, such as <c>onnxruntime/capi</c>, looked for where Python keeps packages.</summary>
    public IReadOnlyList<string> PythonPackages { get; init; } = [];

    /// <summary>Folders of the machine where its own installer puts it and the system's loader may not look.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];
}

/// <summary>A library that was loaded; it stays loaded until the process ends.</summary>
/// <param name="Path">The path or name that led to it.</param>
/// <param name="Handle">The loader's handle.</param>
internal sealed record LoadedLibrary(string Path, nint Handle)
{
    /// <summary>The address of a function that the query named.</summary>
    /// <exception cref="EntryPointNotFoundException">The library lacks it.</exception>
    public nint Export(string function) => NativeLibrary.GetExport(Handle, function);

    /// <summary>The address of a function that the library, or one it depends on, may have, or 0.</summary>
    public nint Find(string function) => NativeLibrary.TryGetExport(Handle, function, out nint address) ? address : 0;
}

/// <summary>Finds optional native libraries, in one order for all of them.</summary>
/// <remarks>
/// The environment variable, when it is set, is the only place that is tried: a user who names a library must never get another one.
/// Otherwise: beside the program, in its <c>runtimes/RID/native</c>, in npm packages (<c>node_modules</c> beside the program, then in
/// <c>~/.local/share/engine</c>), in Python packages (of the active environment, the user, the machine), then wherever the system's loader finds
/// the name, then in the folders that the query names.
/// </remarks>
internal static class NativeLibraries
{
    /// <summary>Loads a library.</summary>
    /// <exception cref="NativeLibraryMissingException">No place has one that can be loaded and offers every function.</exception>
    public static LoadedLibrary Load(NativeLibraryQuery query)
    {
        List<string> tried = [];
        foreach ((string path, string shown) in Places(query))
        {
            string? fault = Try(path, query.Exports, out nint handle);
            if (fault is null) return new LoadedLibrary(path, handle);
            tried.Add($"{shown} ({fault})");
        }

        throw new NativeLibraryMissingException(query.Name, tried, query.Variable, query.Install);
    }

    private static IEnumerable<(string Path, string Shown)> Places(NativeLibraryQuery query)
    {
        if (Environment.GetEnvironmentVariable(query.Variable) is { Length: > 0 } given)
        {
            yield return (Path.GetFullPath(given), $"{query.Variable}={given}");
            yield break;
        }

        string beside = AppContext.BaseDirectory;
        string runtime = Path.Combine(beside, "runtimes", RuntimeName(), "native");
        string data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        string[] prefixes = data.Length == 0 ? [beside] : [beside, Path.Combine(data, "engine")];
        IEnumerable<string> packages = prefixes.SelectMany(prefix => query.Packages.Select(package => Path.Combine(prefix, "node_modules", package)));
        IEnumerable<string> wheels = query.PythonPackages.Count == 0 ? [] : PythonFolders().SelectMany(folder => query.PythonPackages.Select(package => Path.Combine(folder, package)));
        foreach (string folder in (string[])[beside, runtime])
        {
            foreach (string name in query.FileNames)
                foreach ((string Path, string Shown) place in Fitting(folder, name)) yield return place;
        }

        foreach (string pattern in packages.Concat(wheels))
        {
            foreach ((string folder, string shown) in Fitting(pattern))
            {
                // A package that is not installed is one place, whatever its files are called.
                if (!Directory.Exists(folder)) yield return (folder, shown);
                else
                    foreach (string name in query.FileNames)
                        foreach ((string Path, string Shown) place in Fitting(folder, name)) yield return place;
            }
        }

        foreach (string name in query.FileNames.Where(name => !name.Contains('*', StringComparison.Ordinal))) yield return (name, name);
        foreach (string folder in query.Folders)
        {
            foreach (string name in query.FileNames)
                foreach ((string Path, string Shown) place in Fitting(folder, name)) yield return place;
        }
    }

    /// <summary>Where Python keeps packages: the active environment, the user's, the machine's.</summary>
    private static IEnumerable<string> PythonFolders()
    {
        foreach (string variable in (string[])["VIRTUAL_ENV", "CONDA_PREFIX"])
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } environment) yield return Path.Combine(environment, "lib/python3.*/site-packages");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        if (home.Length > 0) yield return Path.Combine(home, ".local/lib/python3.*/site-packages");
        yield return "/usr/local/lib/python3.*/dist-packages";
        yield return "/usr/local/lib/python3.*/site-packages";
        yield return "/usr/lib/python3/dist-packages";
    }

    /// <summary>The files that a folder and a name mean, in both of which <c>*</c> stands for a part, newest first by their numbers; the pattern itself where none fits.</summary>
    private static IEnumerable<(string Path, string Shown)> Fitting(string folder, string name) => Fitting(Path.Combine(folder, name));

    private static IEnumerable<(string Path, string Shown)> Fitting(string pattern)
    {
        if (!pattern.Contains('*', StringComparison.Ordinal)) return [(pattern, pattern)];
        string[] parts = pattern.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        List<string> found = [Path.GetPathRoot(pattern)!];
        foreach (string part in parts) found = [.. found.SelectMany(at => Entries(at, part))];
        return found.Count == 0 ? [(pattern, pattern)] : found.Select(file => (file, file));
    }

    private static IEnumerable<string> Entries(string folder, string part)
    {
        if (!part.Contains('*', StringComparison.Ordinal)) return Path.Exists(Path.Combine(folder, part)) ? [Path.Combine(folder, part)] : [];
        try
        {
            return Directory.EnumerateFileSystemEntries(folder, part).OrderByDescending(entry => entry, StringComparer.Create(CultureInfo.InvariantCulture, CompareOptions.NumericOrdering));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // A folder that cannot be looked into holds nothing to load.
            return [];
        }
    }

    private static string? Try(string path, IReadOnlyList<string> exports, out nint handle)
    {
        handle = 0;
        bool named = Path.IsPathRooted(path);
        if (named && !File.Exists(path)) return path.Contains('*', StringComparison.Ordinal) ? "none there" : "no such file";
        if (!NativeLibrary.TryLoad(path, out handle)) return named ? "is no library for this machine" : "not known to the loader";
        foreach (string export in exports)
        {
            if (NativeLibrary.TryGetExport(handle, export, out _)) continue;
            NativeLibrary.Free(handle);
            return $"lacks the function {export}; it is too old or another library";
        }

        return null;
    }

    /// <summary>The running machine's name in packages, such as <c>linux-x64</c>.</summary>
    public static string RuntimeName() => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
}

/// <summary>An optional native library is needed and not there.</summary>
/// <param name="name">The library.</param>
/// <param name="tried">Every place that was tried, each with what was wrong there.</param>
/// <param name="variable">The environment variable that may hold its path.</param>
/// <param name="install">The command that installs it.</param>
internal sealed class NativeLibraryMissingException(string name, IReadOnlyList<string> tried, string variable, string install)
    : Exception($"{name} cannot be loaded. Tried: {string.Join("; ", tried)}. Install it: {install}. Or set {variable} to its full path.")
{
    /// <summary>The library.</summary>
    public string Name { get; } = name;

    /// <summary>Every place that was tried, each with what was wrong there.</summary>
    public IReadOnlyList<string> Tried { get; } = tried;

    /// <summary>The command that installs it.</summary>
    public string Install { get; } = install;
}
