using Engine.Kernels;

namespace Engine.Native.Devices;

/// <summary>Float32 dot products of blocks of rows with the columns of a pass, in a buffer small enough to stay in a device's cache.</summary>
internal sealed class DeviceProducts
{
    private const int Tile = 64;
    private const int Slab = 256;
    private const long MostBytes = 32 << 20;

    private readonly ComputeDevice _device;
    private readonly DeviceKernel _products;
    private readonly DeviceBuffer _columns;
    private readonly int _dim;
    private readonly int _element;
    private readonly int _width;

    /// <summary>Takes room for the products.</summary>
    /// <param name="scratch">The buffers of the pass.</param>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="columns">[width x dim] float32 on the device; must outlive this.</param>
    /// <param name="width">Columns.</param>
    /// <param name="most">Rows that a block will have at most.</param>
    public DeviceProducts(DeviceScratch scratch, RowSource rows, DeviceBuffer columns, int width, long most)
    {
        ComputeDevice device = scratch.Device;
        (_device, _columns, _dim, _element, _width) = (device, columns, rows.Dim, (int)rows.Element, width);
        long rowBytes = (long)width * sizeof(float);
        Rows = (int)Math.Clamp(Math.Min(MostBytes, device.Budget / 8) / rowBytes, 1, Math.Max(1, most));
        _products = device.Kernel("products", "products");
        Buffer = scratch.Room<float>((long)Rows * width);
    }

    /// <summary>Rows at a time.</summary>
    public int Rows { get; }

    /// <summary>[rows x width] float32.</summary>
    public DeviceBuffer Buffer { get; }

    /// <summary>The most float32 roundings that a term of a product can go through.</summary>
    public int Roundings => Math.Min(_dim, Slab) + ((_dim + Slab - 1) / Slab) + 1;

    /// <summary>Queues the products of a block, which has <see cref="Rows"/> rows at most.</summary>
    public void Multiply(DeviceBlock block)
    {
        long groups = ((block.Rows + Tile - 1L) / Tile) * ((_width + Tile - 1) / Tile);
        _device.Work.Launch(_products, groups, DeviceKernels.GroupItems,
            block.Data, block.First, block.Rows, _dim, _element, block.Scale, _columns, _width, Buffer, _width);
    }
}
