using Engine.Kernels;

namespace Engine.Native.Devices;

/// <summary>What a device holds about the rows of its share as long as a session lasts.</summary>
internal sealed class ShareFacts : IDisposable
{
    private readonly DeviceScratch _scratch;

    /// <summary>Computes norms and copies scales.</summary>
    /// <param name="share">The share.</param>
    /// <param name="rows">[rows x dim].</param>
    /// <param name="scales">[rows], or empty for 1.</param>
    /// <param name="pass">Cancellation.</param>
    public ShareFacts(Share share, RowSource rows, double[] scales, Pass pass)
    {
        _scratch = new DeviceScratch(share.Device);
        try
        {
            Norms = DeviceInspection.Norms(_scratch, share, rows, pass.Unreported());
            HasScales = scales.Length == 0 ? 0 : 1;
            Scales = _scratch.Copy<double>(HasScales == 0 ? [] : scales.AsSpan((int)share.First, share.Rows));
        }
        catch
        {
            _scratch.Dispose();
            throw;
        }
    }

    /// <summary>[rows of the share] float64, canonical.</summary>
    public DeviceBuffer Norms { get; }

    /// <summary>[rows of the share] float64; nothing to read when there are none.</summary>
    public DeviceBuffer Scales { get; }

    /// <summary>1 when there are scales, as kernels take it.</summary>
    public int HasScales { get; }

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();
}
