namespace Engine.Reports;

/// <summary>
/// Places inputs and steps in layers from left to right: a node stands right of everything it takes, long edges pass between nodes, and
/// nodes of a layer are ordered to cross few edges (layers by longest path, order by barycentre sweeps; Sugiyama, Tagawa and Toda 1981).
/// </summary>
internal sealed class LineageLayout
{
    /// <summary>Size of a node.</summary>
    public const double NodeWidth = 172, NodeHeight = 44;

    private const double LayerGap = 44, NodeGap = 14, PassageHeight = 10;
    private const int Sweeps = 8;

    private readonly List<List<Place>> _layers = [];
    private readonly List<List<Place>> _routes = [];

    /// <summary>Lays out nodes by the nodes each one takes, which come before it.</summary>
    /// <param name="takes">For every node, the indices of nodes it takes; indices that do not come before it are ignored.</param>
    public LineageLayout(IReadOnlyList<IReadOnlyList<int>> takes)
    {
        var nodes = new Place[takes.Count];
        for (int node = 0; node < nodes.Length; node++)
        {
            int layer = takes[node].Where(from => from < node).Select(from => nodes[from].Layer + 1).DefaultIfEmpty(0).Max();
            nodes[node] = new Place(layer, NodeHeight);
            Add(nodes[node]);
        }

        for (int node = 0; node < nodes.Length; node++)
        {
            foreach (int from in takes[node].Where(from => from < node).Distinct()) Route(nodes[from], nodes[node]);
        }

        for (int sweep = 0; sweep < Sweeps; sweep++) Order(forward: sweep % 2 == 0);
        Stack();
        Nodes = nodes;
    }

    /// <summary>The nodes, in the order given.</summary>
    public IReadOnlyList<Place> Nodes { get; }

    /// <summary>The edges, each from its first place to its last, by the passages between them.</summary>
    public IReadOnlyList<IReadOnlyList<Place>> Routes => _routes;

    /// <summary>Width of the drawing.</summary>
    public double Width => (_layers.Count * (NodeWidth + LayerGap)) - LayerGap;

    /// <summary>Height of the drawing.</summary>
    public double Height { get; private set; }

    private void Add(Place place)
    {
        while (_layers.Count <= place.Layer) _layers.Add([]);
        place.Order = _layers[place.Layer].Count;
        _layers[place.Layer].Add(place);
    }

    private void Route(Place from, Place to)
    {
        List<Place> route = [from];
        for (int layer = from.Layer + 1; layer < to.Layer; layer++)
        {
            var passage = new Place(layer, PassageHeight);
            Add(passage);
            route.Add(passage);
        }

        route.Add(to);
        for (int i = 1; i < route.Count; i++)
        {
            route[i - 1].Right.Add(route[i]);
            route[i].Left.Add(route[i - 1]);
        }

        _routes.Add(route);
    }

    private void Order(bool forward)
    {
        foreach (List<Place> layer in forward ? _layers : Enumerable.Reverse(_layers))
        {
            foreach (Place place in layer)
            {
                List<Place> neighbours = forward ? place.Left : place.Right;
                place.Centre = neighbours.Count == 0 ? place.Order : neighbours.Average(Share) * (layer.Count - 1);
            }

            List<Place> ordered = [.. layer.OrderBy(place => place.Centre)];
            for (int i = 0; i < ordered.Count; i++) ordered[i].Order = i;
            layer.Clear();
            layer.AddRange(ordered);
        }

        double Share(Place place) => (double)place.Order / Math.Max(1, _layers[place.Layer].Count - 1);
    }

    private void Stack()
    {
        Height = _layers.Select(layer => layer.Sum(place => place.Height + NodeGap) - NodeGap).DefaultIfEmpty(0).Max();
        foreach (List<Place> layer in _layers)
        {
            double y = (Height - layer.Sum(place => place.Height + NodeGap) + NodeGap) / 2;
            foreach (Place place in layer)
            {
                (place.X, place.Y) = (place.Layer * (NodeWidth + LayerGap), y);
                y += place.Height + NodeGap;
            }
        }
    }

    /// <summary>A node, or the passage of a long edge through a layer.</summary>
    internal sealed class Place(int layer, double height)
    {
        /// <summary>Its layer, 0 at the left.</summary>
        public int Layer => layer;

        /// <summary>Its height.</summary>
        public double Height => height;

        /// <summary>Its left edge.</summary>
        public double X { get; set; }

        /// <summary>Its upper edge.</summary>
        public double Y { get; set; }

        /// <summary>Its vertical middle.</summary>
        public double MiddleY => Y + (height / 2);

        /// <summary>Its index within the layer.</summary>
        public int Order { get; set; }

        /// <summary>Where its neighbours would have it within the layer.</summary>
        public double Centre { get; set; }

        /// <summary>Places it comes from.</summary>
        public List<Place> Left { get; } = [];

        /// <summary>Places it goes to.</summary>
        public List<Place> Right { get; } = [];
    }
}
