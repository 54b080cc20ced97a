using System.Text;
using System.Text.RegularExpressions;

namespace Engine.Bench.Study;

/// <summary>The questions and answers of perlfaq 1 to 9: written by people for people, the target the study selects for.</summary>
internal static partial class PerlFaqSource
{
    /// <summary>Reads every question with its answer.</summary>
    /// <param name="folder">Where <c>perlfaq1.pod</c> to <c>perlfaq9.pod</c> are.</param>
    public static IEnumerable<StudyRecord> Read(string folder)
    {
        for (int part = 1; part <= 9; part++)
        {
            string? question = null;
            var answer = new StringBuilder();
            foreach (string line in File.ReadLines(Path.Combine(folder, $"perlfaq{part}.pod")).Append("=head1 END"))
            {
                if (!line.StartsWith("=head", StringComparison.Ordinal))
                {
                    if (!line.StartsWith('=')) answer.Append(line).Append(' ');
                    continue;
                }

                string text = Plain(answer.ToString());
                if (question is not null && text.Length > 0) yield return new StudyRecord($"perlfaq{part}", question, text);
                question = line.StartsWith("=head2 ", StringComparison.Ordinal) ? Plain(line[7..]) : null;
                answer.Clear();
            }
        }
    }

    private static string Plain(string pod) => Blanks().Replace(Codes().Replace(pod, "$1"), " ").Trim();

    [GeneratedRegex(@"[A-Z]<+\s?(.*?)\s?>+")]
    private static partial Regex Codes();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
