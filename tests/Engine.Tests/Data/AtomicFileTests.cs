using System.Security.Cryptography;
using Engine.Data;
using Engine.Data.Matrices;
using Engine.Native.Files;
using static Engine.Tests.Data.NpyBytes;

namespace Engine.Tests.Data;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Appears_whole_with_its_hash_when_committed()
    {
        byte[] content = new byte[1_000_003];
        new Random(2).NextBytes(content);
        using AtomicFile file = new(_folder.File("out.bin"));
        foreach (byte[] part in content.Chunk(300_001)) file.Stream.Write(part);
        Assert.False(File.Exists(file.Path));
        Assert.All(Directory.GetFileSystemEntries(_folder.Path), entry => Assert.True(AtomicFile.IsTemporaryName(Path.GetFileName(entry))));
        file.Commit();
        Assert.Equal(content, File.ReadAllBytes(file.Path));
        Assert.Equal((content.Length, Convert.ToHexStringLower(SHA256.HashData(content))), (file.Length, file.Sha256));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Leaves_what_was_there_and_no_rubbish_when_not_committed()
    {
        string path = _folder.Write("out.txt", "old");
        using (AtomicFile file = new(path)) file.Stream.Write("new"u8);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
        using (AtomicFile file = new(path))
        {
            file.Stream.Write("new"u8);
            file.Commit();
        }

        Assert.Equal("new", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Failures_of_the_system_are_exit_7_with_the_path()
    {
        EngineException noFolder = Assert.Throws<EngineException>(() => new AtomicFile(_folder.File("none/out.txt")));
        Assert.Equal(ExitCode.Io, noFolder.Exit);
        Assert.Equal(_folder.File("none/out.txt"), noFolder.Errors[0].File);

        Directory.CreateDirectory(_folder.File("taken/inner"));
        using (AtomicFile file = new(_folder.File("taken")))
        {
            EngineException taken = Assert.Throws<EngineException>(file.Commit);
            Assert.Equal(ExitCode.Io, taken.Exit);
        }

        Assert.Equal([_folder.File("taken")], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_full_disk_is_told_apart()
    {
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        using HashingStream stream = new(full, "out.txt");
        stream.Write(new byte[100]);
        EngineException refused = Assert.Throws<EngineException>(stream.Flush);
        Assert.Equal((ExitCode.Io, "DISK_FULL", "out.txt"), (refused.Exit, refused.Errors[0].Code, refused.Errors[0].File));
    }

    [Fact]
    public void A_long_name_still_finds_room_for_its_temporary_one()
    {
        using AtomicFile file = new(_folder.File(new string('ä', 120)));
        file.Commit();
        Assert.True(File.Exists(file.Path));
    }

    [Fact]
    public void Arrays_have_the_bytes_that_numpy_writes()
    {
        static byte[] Written(Action<Stream> write)
        {
            using MemoryStream stream = new();
            write(stream);
            return stream.ToArray();
        }

        byte[] matrix = Written(s => NpyWriter.Write(s, [1f, 2, 3, 4, 5, 6], 3));
        string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        Assert.Equal(Make(text + new string(' ', 128 - 11 - text.Length), Floats(1, 2, 3, 4, 5, 6)), matrix);
        Assert.Equal(Make("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }" + new string(' ', 60), [1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]), Written(s => NpyWriter.Write(s, [1L, -1L])));
        Assert.Equal(Written(s => NpyWriter.Write(s, [5L, 7L])), Written(s => NpyWriter.WriteIndices(s, [5, 7])));
        Assert.Equal(128 + 8, Written(s => NpyWriter.Write(s, [1, 2])).Length);
        Assert.Equal(128 + 8, Written(s => NpyWriter.Write(s, [1.0])).Length);
        Assert.Equal(128, Written(s => NpyWriter.WriteIndices(s, [])).Length);
        int[] many = [.. Enumerable.Range(0, 20_000)];
        Assert.Equal(Written(s => NpyWriter.Write(s, [.. many.Select(i => (long)i)])), Written(s => NpyWriter.WriteIndices(s, many)));
    }

    [Fact]
    public void A_directory_is_locked_for_one_at_a_time()
    {
        Assert.Equal(LockOutcome.Acquired, DirectoryLock.TryAcquire(_folder.Path, out DirectoryLock? first));
        Assert.Equal(LockOutcome.HeldByAnother, DirectoryLock.TryAcquire(_folder.Path, out DirectoryLock? second));
        Assert.Null(second);
        first!.Dispose();
        Assert.Equal(LockOutcome.Acquired, DirectoryLock.TryAcquire(_folder.Path, out DirectoryLock? third));
        third!.Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
        Assert.Throws<IOException>(() => DirectoryLock.TryAcquire(_folder.File("none"), out _));
        Assert.Throws<IOException>(() => DirectoryLock.TryAcquire(_folder.Write("file", ""), out _));
    }
}
