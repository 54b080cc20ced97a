using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Engine.Bench.Study;

/// <summary>Summaries of the .NET class library, from the XML documentation that comes with the SDK, labelled with their namespace.</summary>
internal static partial class ApiSource
{
    private const int ShortestAnswer = 60;

    /// <summary>Reads the summaries of the newest reference pack beside the running runtime.</summary>
    public static IEnumerable<StudyRecord> Read()
    {
        string root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        string pack = Directory.GetDirectories(root).Order(StringComparer.Ordinal).Last();
        foreach (string file in Directory.EnumerateFiles(pack, "*.xml", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            foreach (XElement member in XDocument.Load(file).Descendants("member"))
            {
                string name = member.Attribute("name")!.Value;
                string answer = member.Element("summary") is { } summary ? Text(summary) : "";
                if (answer.Length < ShortestAnswer) continue;
                string path = name[2..].Split('(')[0];
                string[] parts = path.Split('.');
                yield return new StudyRecord($"dotnet/{string.Join('.', parts.Take(2))}", $"What does {path} do?", answer);
            }
        }
    }

    /// <summary>An element's words; a reference stands for its last name.</summary>
    private static string Text(XElement element)
    {
        IEnumerable<string> pieces = element.Nodes().Select(node => node switch
        {
            XText text => text.Value,
            XElement { HasAttributes: true, IsEmpty: true } reference => reference.FirstAttribute!.Value.Split('(')[0].Split('.', ':')[^1],
            XElement inner => Text(inner),
            _ => "",
        });
        return Blanks().Replace(string.Concat(pieces), " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
