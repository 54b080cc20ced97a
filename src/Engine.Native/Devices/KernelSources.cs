using System.Reflection;
using System.Text;

namespace Engine.Native.Devices;

/// <summary>The kernel sources of <c>kernels/</c>, carried in the assembly.</summary>
internal static class KernelSources
{
    private const string Include = "#include \"";

    /// <summary>A source with the headers of the same folder put in where it includes them, each once.</summary>
    /// <param name="file">Its name without the extension.</param>
    public static string Whole(string file)
    {
        StringBuilder text = new();
        Append(file + ".cu", text, []);
        return text.ToString();
    }

    /// <summary>A file of the folder as it is, or null when there is none.</summary>
    /// <param name="name">Its name with folder and extension, such as <c>ptx/pool.sm_80.ptx</c>.</param>
    public static string? Text(string name)
    {
        using Stream? stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("kernels/" + name);
        if (stream is null) return null;
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static void Append(string name, StringBuilder text, HashSet<string> included)
    {
        if (!included.Add(name)) return;
        string source = Text(name) ?? throw new InvalidOperationException($"The assembly carries no kernel source {name}.");
        foreach (string line in source.Split('\n'))
        {
            if (line.StartsWith(Include, StringComparison.Ordinal)) Append(line[Include.Length..line.LastIndexOf('"')], text, included);
            else text.Append(line).Append('\n');
        }
    }
}
