using System.Buffers;
using Engine.Kernels;

namespace Engine.Native.OnnxRuntime;

/// <summary>A tensor in the processor's memory: over values of the caller, pinned and never copied, or one that a model made.</summary>
internal sealed unsafe class OnnxTensor : IDisposable
{
    // The library refuses a null address even where there is nothing to read.
    private const nint Nowhere = 64;

    private readonly OrtValueHandle _value;
    private readonly long[] _shape;
    private readonly void* _data;
    private MemoryHandle _pin;

    private OnnxTensor(OrtValueHandle value, OnnxElement element, long[] shape, void* data, MemoryHandle pin)
    {
        (_value, Element, _shape, _pin) = (value, element, shape, pin);
        _data = data;
        Count = Elements(shape);
    }

    /// <summary>How it stores an element.</summary>
    public OnnxElement Element { get; }

    /// <summary>Elements along each axis; empty for one number.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>Elements in all.</summary>
    public long Count { get; }

    /// <summary>What the library knows it by.</summary>
    public OrtValueHandle Value => _value;

    /// <summary>A tensor over the caller's values, which stay where they are until it is disposed.</summary>
    /// <param name="library">The library.</param>
    /// <param name="values">Row-major.</param>
    /// <param name="shape">Elements along each axis.</param>
    /// <exception cref="ArgumentException">The shape has another number of elements.</exception>
    public static OnnxTensor Over<T>(OrtLibrary library, Memory<T> values, ReadOnlySpan<long> shape)
        where T : unmanaged => Over(library, values, OnnxElements.Of<T>(), shape);

    /// <summary>The same for element types that .NET has no type for, such as bfloat16 as <c>ushort</c>, or for bytes of any type.</summary>
    /// <inheritdoc cref="Over{T}(OrtLibrary, Memory{T}, ReadOnlySpan{long})"/>
    public static OnnxTensor Over<T>(OrtLibrary library, Memory<T> values, OnnxElement element, ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        long[] axes = shape.ToArray();
        long bytes = checked((long)values.Length * sizeof(T));
        if (element.SizeInBytes() == 0 || checked(Elements(axes) * element.SizeInBytes()) != bytes)
            throw new ArgumentException($"{bytes} bytes do not fill a tensor of {element.Word()} [{string.Join(", ", axes)}].", nameof(shape));

        MemoryHandle pin = values.Pin();
        try
        {
            // The pinned memory has as many bytes as the shape says, and the pin outlives the tensor.
            void* data = bytes == 0 ? (void*)Nowhere : pin.Pointer;
            nint value;
            fixed (long* at = axes)
                library.Native.Check(library.Native.CreateTensorWithDataAsOrtValue(library.Cpu.DangerousGetHandle(), data, (nuint)bytes, at, (nuint)axes.Length, (int)element, &value));
            return new OnnxTensor(new OrtValueHandle(library, session: null, value), element, axes, data, pin);
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    /// <summary>Takes a value over that a session made.</summary>
    /// <exception cref="OrtException">It is no tensor of numbers.</exception>
    internal static OnnxTensor Take(OrtSessionHandle session, nint made, string name)
    {
        OrtNative native = session.Library.Native;
        var value = new OrtValueHandle(session.Library, session, made);
        try
        {
            int isTensor = 0;
            if (made != 0) native.Check(native.IsTensor(made, &isTensor));
            if (isTensor == 0) throw new OrtException(OrtErrorCode.ORT_NOT_IMPLEMENTED, $"the output {name} is no tensor, expected one");
            nint info;
            native.Check(native.GetTensorTypeAndShape(made, &info));
            try
            {
                OnnxElement element = OnnxShapes.Element(native, info);
                if (element.SizeInBytes() == 0) throw new OrtException(OrtErrorCode.ORT_NOT_IMPLEMENTED, $"the output {name} holds {element.Word()}, expected numbers");
                void* data;
                native.Check(native.GetTensorMutableData(made, &data));
                return new OnnxTensor(value, element, OnnxShapes.Sizes(native, info), data, default);
            }
            finally
            {
                native.ReleaseTensorTypeAndShapeInfo(info);
            }
        }
        catch
        {
            value.Dispose();
            throw;
        }
    }

    /// <summary>The values in place, valid until the tensor is disposed.</summary>
    /// <exception cref="InvalidOperationException">It stores elements of another size.</exception>
    public ReadOnlySpan<T> Values<T>()
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_value.IsClosed, this);
        if (sizeof(T) != Element.SizeInBytes()) throw new InvalidOperationException($"The tensor holds {Element.Word()}, asked for was {typeof(T).Name}.");

        // The tensor has Count elements of this size at its address for as long as it lives.
        return new ReadOnlySpan<T>(_data, checked((int)Count));
    }

    /// <summary>The bytes in place, valid until the tensor is disposed.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        ObjectDisposedException.ThrowIf(_value.IsClosed, this);

        // As above, in bytes.
        return new ReadOnlySpan<byte>(_data, checked((int)(Count * Element.SizeInBytes())));
    }

    /// <summary>The tensor as a matrix in place: its last axis makes the rows. The matrix holds the tensor's memory; dispose both.</summary>
    /// <exception cref="InvalidOperationException">It has no axis, or holds what is not f32, f16 or bf16.</exception>
    public RowSource Rows() => _shape.Length > 0 ? Rows(_shape[^1]) : throw new InvalidOperationException("A tensor without an axis is no matrix.");

    /// <summary>The tensor as a matrix in place whose rows have so many elements, whatever its axes.</summary>
    /// <exception cref="InvalidOperationException">It has no such rows, or holds what is not f32, f16 or bf16.</exception>
    public RowSource Rows(long dim)
    {
        if (dim is < 1 or > int.MaxValue || Count % dim != 0 || Element.ToElementType() is not { } type)
            throw new InvalidOperationException($"A tensor of {Element.Word()} [{string.Join(", ", _shape)}] is no matrix of f32, f16 or bf16 with rows of {dim}.");
        return new OnnxTensorRows(_value, (byte*)_data, Count / dim, (int)dim, type);
    }

    /// <summary>Lets the values go.</summary>
    public void Dispose()
    {
        _value.Dispose();
        _pin.Dispose();
    }

    private static long Elements(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long axis in shape) count = checked(count * axis);
        return count;
    }
}

/// <summary>A tensor as a matrix, in place.</summary>
internal sealed unsafe class OnnxTensorRows : RowSource
{
    private readonly OrtValueHandle _value;
    private readonly byte* _data;
    private bool _holds;

    /// <summary>Holds a value and shows it.</summary>
    public OnnxTensorRows(OrtValueHandle value, byte* data, long rows, int dim, ElementType element)
    {
        (_value, Rows, Dim, Element) = (value, rows, dim, element);
        _data = data;
        value.DangerousAddRef(ref _holds);
    }

    /// <inheritdoc/>
    public override long Rows { get; }

    /// <inheritdoc/>
    public override int Dim { get; }

    /// <inheritdoc/>
    public override ElementType Element { get; }

    /// <inheritdoc/>
    public override RowBlock Borrow(long firstRow, int maxRows)
    {
        ObjectDisposedException.ThrowIf(!_holds, this);
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstRow, Rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);

        // The value, which is held, has Rows * Dim elements, and firstRow + rows <= Rows.
        nint stride = (nint)Dim * Element.SizeInBytes();
        nint rows = (nint)Math.Min(maxRows, Rows - firstRow);
        return new RowBlock(new MatrixView(_data + (nint)firstRow * stride, rows, Dim, stride, Element));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!_holds) return;
        _holds = false;
        _value.DangerousRelease();
    }
}
