using Engine.Kernels;

namespace Engine.Native.Devices;

/// <summary>A range of a matrix's rows as a device sees them: all of them kept there, or block after block through two buffers.</summary>
internal abstract class DeviceRows : IDisposable
{
    /// <summary>Shows a device the rows of a range, in order. The work may only be queued when a call of it returns.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="end">The row after the last one.</param>
    /// <param name="pass">Cancellation.</param>
    /// <param name="work">What to do with each block; true to go on.</param>
    public abstract void ForEach(long first, long end, Pass pass, Func<DeviceBlock, bool> work);

    /// <summary>Shows a device rows from wherever they lie: their data, and for each of them its row there.</summary>
    /// <param name="which">Rows of the matrix.</param>
    /// <param name="pass">Cancellation.</param>
    /// <param name="work">What to do with the rows <c>which[from .. from + block.Rows]</c>; their numbers in the buffer, in the same order, are in the span.</param>
    public abstract void ForEach(ReadOnlySpan<int> which, Pass pass, GatheredWork work);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>Work on rows that lie anywhere in a buffer.</summary>
/// <param name="data">The buffer.</param>
/// <param name="scale">What an 8-bit element is multiplied by.</param>
/// <param name="from">The place of the first of them among the rows that were named.</param>
/// <param name="numbers">Their rows in the buffer.</param>
internal delegate void GatheredWork(DeviceBuffer data, float scale, int from, ReadOnlySpan<long> numbers);
