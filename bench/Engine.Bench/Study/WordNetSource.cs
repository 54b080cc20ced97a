namespace Engine.Bench.Study;

/// <summary>Glosses of WordNet, labelled with their lexicographer file: 45 broad subjects from <c>noun.animal</c> to <c>verb.weather</c>.</summary>
internal static class WordNetSource
{
    /// <summary>Reads every synset.</summary>
    /// <param name="folder">Where <c>data.noun</c> and its like are.</param>
    public static IEnumerable<StudyRecord> Read(string folder)
    {
        foreach ((string kind, string file) in new[] { ("noun", "data.noun"), ("verb", "data.verb"), ("adjective", "data.adj"), ("adverb", "data.adv") })
        {
            foreach (string line in File.ReadLines(Path.Combine(folder, file)))
            {
                // The licence stands above the data, on lines that begin with blanks.
                int bar = line.IndexOf('|', StringComparison.Ordinal);
                if (line.StartsWith(' ') || bar < 0) continue;
                string[] fields = line[..bar].Split(' ');
                string word = fields[4].Replace('_', ' ');
                yield return new StudyRecord($"wordnet/{fields[1]}", $"Define {word} ({kind}).", line[(bar + 1)..].Trim());
            }
        }
    }
}
