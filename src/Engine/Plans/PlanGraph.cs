namespace Engine.Plans;

/// <summary>Which step needs which: their order, and the cycles that leave none.</summary>
internal static class PlanGraph
{
    private const int MostShown = 20;

    /// <summary>Indices of the steps so that each comes after what it needs; where that leaves a choice, the plan's own order.</summary>
    /// <param name="names">The steps' names in the plan's order.</param>
    /// <param name="references">For each step, what it refers to.</param>
    /// <param name="reading">Takes an error for each cycle.</param>
    public static IReadOnlyList<int> Order(IReadOnlyList<string> names, IReadOnlyList<IReadOnlyList<Reference>> references, PlanReading reading)
    {
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < names.Count; i++) index.TryAdd(names[i], i);
        (int Step, Reference Reference)[][] needs =
            [.. references.Select(step => step.Where(r => index.ContainsKey(r.Name)).Select(r => (index[r.Name], r)).DistinctBy(n => n.Item1).ToArray())];
        List<int>[] neededBy = [.. names.Select(_ => new List<int>())];
        int[] waiting = new int[names.Count];
        for (int i = 0; i < names.Count; i++)
        {
            waiting[i] = needs[i].Length;
            foreach ((int step, _) in needs[i]) neededBy[step].Add(i);
        }

        List<int> order = [];
        var ready = new PriorityQueue<int, int>();
        for (int i = 0; i < names.Count; i++)
            if (waiting[i] == 0) ready.Enqueue(i, i);
        while (ready.TryDequeue(out int step, out _))
        {
            order.Add(step);
            foreach (int next in neededBy[step])
                if (--waiting[next] == 0) ready.Enqueue(next, next);
        }

        if (order.Count < names.Count) ReportCycles(names, needs, waiting, reading);
        return order;
    }

    /// <summary>Follows, from every step left, one need after the other: every walk ends in a cycle, each of which is told once.</summary>
    private static void ReportCycles(IReadOnlyList<string> names, (int Step, Reference Reference)[][] needs, int[] waiting, PlanReading reading)
    {
        int[] walkOf = new int[names.Count];
        for (int start = 0; start < names.Count; start++)
        {
            if (waiting[start] == 0 || walkOf[start] != 0) continue;
            List<int> walk = [];
            int at = start;
            while (walkOf[at] == 0)
            {
                walkOf[at] = start + 1;
                walk.Add(at);
                at = needs[at].First(n => waiting[n.Step] > 0).Step;
            }

            if (walkOf[at] == start + 1) Report(names, needs, [.. walk.Skip(walk.IndexOf(at))], reading);
        }
    }

    private static void Report(IReadOnlyList<string> names, (int Step, Reference Reference)[][] needs, int[] cycle, PlanReading reading)
    {
        int first = Array.IndexOf(cycle, cycle.Min());
        int[] turned = [.. cycle.Skip(first), .. cycle.Take(first)];
        int next = turned.Length > 1 ? turned[1] : turned[0];
        Reference reference = needs[turned[0]].First(n => n.Step == next).Reference;
        if (turned.Length == 1)
        {
            reading.Error(reference.Place, "CYCLE", $"found a step that refers to itself: {names[next]} -> {names[next]}. Name another step or an input.");
            return;
        }

        string shown = string.Join(" -> ", turned.Take(MostShown).Select(i => names[i]));
        if (turned.Length > MostShown) shown += $" -> ... ({turned.Length - MostShown} more)";
        reading.Error(reference.Place, "CYCLE", $"found steps that need each other: {shown} -> {names[turned[0]]}. Break the circle at one of them.");
    }
}
