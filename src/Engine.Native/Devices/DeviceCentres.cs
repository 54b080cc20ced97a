using Engine.Kernels;

namespace Engine.Native.Devices;

/// <summary>The centres of one traversal: on the host as they were added, and on each device as far as it has been asked for them.</summary>
/// <param name="dim">Elements in a centre.</param>
internal sealed class DeviceCentres(int dim)
{
    private double[] _values = [];
    private float[] _rounded = [];
    private float[] _squares = [];
    private int[] _labels = [];

    /// <summary>Centres held.</summary>
    public int Count { get; private set; }

    /// <summary>At least the length of every centre.</summary>
    public double Longest { get; private set; }

    /// <summary>How often everything was forgotten.</summary>
    public int Generation { get; private set; }

    /// <summary>Adds a centre behind the others.</summary>
    public void Add(ReadOnlySpan<double> centre, int label)
    {
        if (Count == _labels.Length)
        {
            int room = checked(Math.Max(8, 2 * Count));
            Array.Resize(ref _values, checked(room * dim));
            Array.Resize(ref _rounded, checked(room * dim));
            Array.Resize(ref _squares, room);
            Array.Resize(ref _labels, room);
        }

        centre.CopyTo(_values.AsSpan(Count * dim));
        double square = 0;
        for (int j = 0; j < dim; j++)
        {
            _rounded[(Count * dim) + j] = (float)centre[j];
            square += centre[j] * centre[j];
        }

        // The margin has room for this order of summation: it is within (dim + 32) 2^-52, and rounded to float32 next.
        _squares[Count] = (float)square;
        _labels[Count] = label;
        Longest = Math.Max(Longest, Math.Sqrt(square) * (1 + 1e-9));
        Count++;
    }

    /// <summary>Forgets all centres.</summary>
    public void Clear()
    {
        Count = 0;
        Longest = 0;
        Generation++;
    }

    /// <summary>The centres on one device.</summary>
    /// <param name="device">The device.</param>
    public sealed class Copy(ComputeDevice device) : IDisposable
    {
        private DeviceScratch _scratch = new(device);
        private int _generation = -1;
        private int _room;
        private int _count;

        /// <summary>[count x dim] float64.</summary>
        public DeviceBuffer? Values { get; private set; }

        /// <summary>What they are rounded to for products.</summary>
        public DeviceColumns? Columns { get; private set; }

        /// <summary>[count] float32.</summary>
        public DeviceBuffer? Squares { get; private set; }

        /// <summary>[count] int32.</summary>
        public DeviceBuffer? Labels { get; private set; }

        /// <summary>Copies what was added since the last time.</summary>
        public void Update(DeviceCentres from, RowSource rows)
        {
            int dim = rows.Dim;
            if (_generation != from.Generation) _count = 0;
            _generation = from.Generation;
            if (from.Count > _room)
            {
                Dispose();
                _scratch = new DeviceScratch(device);
                _count = 0;
                int room = from._labels.Length;
                Values = _scratch.Room<double>(checked((long)room * dim));
                Columns = new DeviceColumns(_scratch, rows, room);
                Squares = _scratch.Room<float>(room);
                Labels = _scratch.Room<int>(room);
                _room = room;
            }

            int added = from.Count - _count;
            if (added == 0) return;
            device.Work.Write(Values!, (ReadOnlySpan<double>)from._values.AsSpan(_count * dim, added * dim), (long)_count * dim * sizeof(double));
            Columns!.Set(from._rounded.AsSpan(0, from.Count * dim), _count);
            device.Work.Write(Squares!, (ReadOnlySpan<float>)from._squares.AsSpan(_count, added), (long)_count * sizeof(float));
            device.Work.Write(Labels!, (ReadOnlySpan<int>)from._labels.AsSpan(_count, added), (long)_count * sizeof(int));
            _count = from.Count;
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            _scratch.Dispose();
            _room = 0;
        }
    }
}
