using Engine.Kernels;
using Engine.Kernels.Algorithms;

namespace Engine.Tests.Algorithms;

/// <summary>Centres are shown first when, and only when, that can be expected to spare more than it costs.</summary>
public sealed class HubCentresTests
{
    private const int Rows = 4000, Count = 500;

    private static readonly List<int> Centres = [.. Enumerable.Range(0, Count)];

    [Fact]
    public void PopularCentresAreShownFirst()
    {
        // Half of the rows lie near 40 centres, the lower ones more often; the rest near any.
        int[] nearest = [.. Enumerable.Range(0, Rows).Select(row => row % 2 == 0 ? 300 + (row / 2 * 17 % 40 * (row / 2 * 13 % 40) / 40) : row / 2 % Count)];
        int[] places = Chosen(nearest, Centres);
        Assert.Equal(32, places.Length);
        int[] counts = Array.ConvertAll(places, place => nearest.Count(found => found == place));
        Assert.Equal(counts.OrderDescending(), counts);
        Assert.All(Enumerable.Range(IMinDistances.Step, Count - IMinDistances.Step).Except(places), other => Assert.True(nearest.Count(found => found == other) <= counts[^1]));

        // Centres that come early are met soon anyway; a point is no row that could be shown.
        Assert.Empty(Chosen([.. nearest.Select(place => place >= 300 && place < 340 ? place - 260 : place)], Centres));
        int best = places[0];
        Assert.DoesNotContain(best, Chosen(nearest, [.. Centres.Select(row => row == best ? -1 : row)]));
    }

    [Fact]
    public void WithoutPopularCentresNoneIsShown()
    {
        Assert.Empty(Chosen([.. Enumerable.Range(0, Rows).Select(row => row % Count)], Centres));
        Assert.Empty(Chosen([.. Enumerable.Repeat(-1, Rows)], Centres));
        Assert.Empty(Chosen([.. Enumerable.Repeat(3, Rows)], Centres));
    }

    private static int[] Chosen(int[] nearest, List<int> centres)
    {
        HubCentres hubs = new();
        hubs.Choose(nearest, centres);

        // As many have found a centre as before.
        Assert.False(hubs.Choose(nearest, centres));
        return hubs.Places;
    }
}
