using Engine.Kernels;
using Engine.Native.Files;
using Microsoft.Win32.SafeHandles;

namespace Engine.Tests.Data;

public sealed class NativeFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Identity_tells_files_and_their_states_apart()
    {
        string path = _folder.Write("a", "abc");
        File.CreateSymbolicLink(_folder.File("link"), path);
        FileIdentity a = FileIdentity.Of(path)!.Value;
        Assert.Equal((3L, FileKind.Regular), (a.Size, a.Kind));
        Assert.Equal(new DateTimeOffset(File.GetLastWriteTimeUtc(path)).ToUnixTimeSeconds(), a.ModifiedSeconds);
        Assert.Equal(a, FileIdentity.Of(_folder.File("link")));
        Assert.Equal(FileKind.Link, FileIdentity.Of(_folder.File("link"), followLinks: false)!.Value.Kind);
        Assert.Equal(FileKind.Directory, FileIdentity.Of(_folder.Path)!.Value.Kind);
        Assert.False(a.IsSameFile(FileIdentity.Of(_folder.Write("b", "abc"))!.Value));
        Assert.Null(FileIdentity.Of(_folder.File("c")));
        File.AppendAllText(path, "d");
        FileIdentity grown = FileIdentity.Of(path)!.Value;
        Assert.True(a.IsSameFile(grown) && a != grown);
    }

    [Fact]
    public void A_map_takes_advice_and_refuses_ranges_outside()
    {
        using SafeFileHandle handle = RegularFile.Open(_folder.Write("a", new byte[10_000]), out _)!;
        MappedFile map = MappedFile.Open(handle, 10_000, "a");
        foreach (MapAdvice advice in Enum.GetValues<MapAdvice>()) map.Advise(5_001, 4_999, advice);
        Assert.Throws<ArgumentOutOfRangeException>(() => map.Advise(5_001, 5_000, MapAdvice.Normal));
        Assert.Throws<ArgumentOutOfRangeException>(() => map.Advise(-1, 5, MapAdvice.Normal));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MappedRows(map, 9_000, 251, 1, ElementType.Float32));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConvertedRows(map, 9_000, 126, 1, StoredElement.Float64, bigEndian: false, fortran: false));
        map.Dispose();
        Assert.Throws<ObjectDisposedException>(() => map.Advise(0, 1, MapAdvice.Normal));
    }

    [Fact]
    public void Renaming_replaces_and_failures_carry_the_systems_number()
    {
        Durable.Rename(_folder.Write("new", "new"), _folder.Write("old", "old"));
        Assert.Equal("new", File.ReadAllText(_folder.File("old")));
        Durable.FlushDirectory(_folder.Path);
        Assert.Equal(2, Assert.Throws<IOException>(() => Durable.Rename(_folder.File("none"), _folder.File("old"))).HResult);
        Assert.Equal(20, Assert.Throws<IOException>(() => Durable.FlushDirectory(_folder.File("old"))).HResult);
    }

    [Fact]
    public void Blocks_are_borrowed_from_many_threads_while_the_owner_goes()
    {
        for (int round = 0; round < 20; round++)
        {
            using SafeFileHandle handle = RegularFile.Open(_folder.Write("a", new byte[8_000]), out _)!;
            RowSource[] sources =
            [
                new MappedRows(MappedFile.Open(handle, 8_000, "a"), 0, 1_000, 2, ElementType.Float32),
                new ConvertedRows(MappedFile.Open(handle, 8_000, "a"), 0, 500, 2, StoredElement.Float64, bigEndian: false, fortran: true),
            ];
            foreach (RowSource source in sources)
            {
                int refused = 0;
                Thread[] readers = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
                {
                    float[] row = new float[2];
                    try
                    {
                        for (int i = 0; ; i++) source.CopyRow(i % source.Rows, row);
                    }
                    catch (ObjectDisposedException)
                    {
                        Interlocked.Increment(ref refused);
                    }
                }))];
                foreach (Thread reader in readers) reader.Start();
                Thread.Yield();
                source.Dispose();
                foreach (Thread reader in readers) reader.Join();
                Assert.Equal(3, refused);
            }
        }
    }
}
