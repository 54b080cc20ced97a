using Engine.Kernels;

namespace Engine.Native.Devices;

/// <summary>Float32 dot products of blocks of rows with all columns of a pass, stored in a buffer small enough to stay in a device's cache.</summary>
internal sealed class DeviceProducts
{
    private const int Tile = 64;
    private const long MostBytes = 32 << 20;

    private readonly ComputeDevice _device;
    private readonly DeviceColumns _columns;
    private readonly DeviceKernel _products;
    private readonly RowSource _rows;
    private readonly int _width;

    /// <summary>Takes room for the products.</summary>
    /// <param name="scratch">The buffers of the pass.</param>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="columns">The columns.</param>
    /// <param name="width">How many there are.</param>
    /// <param name="most">Rows that a block will have at most.</param>
    public DeviceProducts(DeviceScratch scratch, RowSource rows, DeviceColumns columns, int width, long most)
    {
        (_device, _rows, _columns, _width) = (scratch.Device, rows, columns, width);
        Rows = RowsAtOnce(_device, width, most);
        _products = _device.Kernel(columns.File, "products");
        Buffer = scratch.Room<float>((long)Rows * width);
    }

    /// <summary>Rows at a time.</summary>
    public int Rows { get; }

    /// <summary>[rows x width] float32.</summary>
    public DeviceBuffer Buffer { get; }

    /// <summary>Rows whose products with so many columns stay small.</summary>
    public static int RowsAtOnce(ComputeDevice device, int width, long most) =>
        (int)Math.Clamp(Math.Min(MostBytes, device.Budget / 8) / ((long)width * sizeof(float)), 1, Math.Max(1, most));

    /// <summary>Groups that cover rows and columns with tiles.</summary>
    public static long Tiles(int rows, int columns) => ((rows + Tile - 1L) / Tile) * ((columns + Tile - 1) / Tile);

    /// <summary>Queues the products of a block, which has <see cref="Rows"/> rows at most.</summary>
    public void Multiply(DeviceBlock block) => Multiply(block, Buffer, -1, block.Rows);

    /// <summary>Queues the products of listed rows of a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="list">Rows, counted from the block's first.</param>
    /// <param name="from">The first of the list.</param>
    /// <param name="count">How many, <see cref="Rows"/> at most.</param>
    public void Multiply(DeviceBlock block, DeviceBuffer list, int from, int count) => _device.Work.Launch(
        _products, Tiles(count, _width), DeviceKernels.GroupItems,
        block.Data, block.First, list, from, count, _rows.Dim, (int)_rows.Element, block.Scale, _columns.Buffer, _columns.Low, _columns.Unit, _width, Buffer);
}
