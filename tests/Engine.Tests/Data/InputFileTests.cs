using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using Engine.Data;
using Engine.Kernels;

namespace Engine.Tests.Data;

public sealed class InputFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InputFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_is_no_regular_file_is_refused_without_waiting()
    {
        using (Process maker = Process.Start("mkfifo", _folder.File("fifo"))) maker.WaitForExit();
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder.File("socket")));
        Refuses(_folder.File("fifo"), "NOT_A_FILE", "FIFO");
        Refuses(_folder.File("socket"), "NOT_A_FILE", "socket");
        Refuses(_folder.Path, "NOT_A_FILE", "directory");
        Refuses("/dev/zero", "NOT_A_FILE", "device");
        Refuses("/proc/self/maps", "NOT_A_FILE", "/proc");
        Refuses(_folder.File("nothing"), "MISSING", "does not exist");
        Refuses(System.IO.Path.Combine(_folder.Write("file", "x"), "below"), "MISSING", "does not exist");
        File.CreateSymbolicLink(_folder.File("dangling"), _folder.File("gone"));
        Refuses(_folder.File("dangling"), "MISSING", "does not exist");
    }

    [Fact]
    public void A_loop_of_links_is_an_error_of_the_system()
    {
        File.CreateSymbolicLink(_folder.File("a"), _folder.File("b"));
        File.CreateSymbolicLink(_folder.File("b"), _folder.File("a"));
        EngineException refused = Assert.Throws<EngineException>(() => _files.Open(_folder.File("a"), "a"));
        Assert.Equal((ExitCode.Io, "LINK_LOOP"), (refused.Exit, refused.Errors[0].Code));
    }

    [Fact]
    public void Changes_are_found_and_replacing_is_none()
    {
        string same = _folder.Write("same", "abc"), grown = _folder.Write("grown", "abc"), cut = _folder.Write("cut", "abc"), rewritten = _folder.Write("rewritten", "abc"), replaced = _folder.Write("replaced", "abc");
        foreach (string path in (string[])[same, grown, cut, rewritten, replaced])
        {
            File.SetLastWriteTimeUtc(path, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            _files.Open(path, System.IO.Path.GetFileName(path));
        }

        _files.Verify();
        File.AppendAllText(grown, "d");
        using (FileStream stream = File.OpenWrite(cut)) stream.SetLength(1);
        using (FileStream stream = File.OpenWrite(rewritten)) stream.WriteByte((byte)'x');
        File.Move(_folder.Write("other", "other text"), replaced, overwrite: true);
        EngineException changed = Assert.Throws<EngineException>(_files.Verify);
        Assert.Equal(ExitCode.InputChanged, changed.Exit);
        Assert.Equal(["grown", "cut", "rewritten"], changed.Errors.Select(e => e.File));
        Assert.Matches("grown: error CHANGED: .*4 bytes now, it had 3", changed.Errors[0].ToString());
    }

    [Fact]
    public void A_file_that_was_cut_while_it_is_read_is_a_change()
    {
        string path = _folder.Write("x", "abcdef");
        InputFile file = _files.Open(path, "x");
        using (FileStream stream = File.OpenWrite(path)) stream.SetLength(2);
        EngineException changed = Assert.Throws<EngineException>(() => file.Read(0, new byte[6]));
        Assert.Equal((ExitCode.InputChanged, "CHANGED"), (changed.Exit, changed.Errors[0].Code));
    }

    [Fact]
    public void The_hash_is_that_of_the_whole_file()
    {
        byte[] content = new byte[2_500_000];
        new Random(1).NextBytes(content);
        InputFile file = _files.Open(_folder.Write("x", content), "x");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), file.Sha256(Pass.Unwatched));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([])), _files.Open(_folder.Write("y", ""), "y").Sha256(Pass.Unwatched));
    }

    private void Refuses(string path, string code, string word)
    {
        EngineException refused = Assert.Throws<EngineException>(() => _files.Open(path, "shown"));
        Assert.Equal((ExitCode.Input, code), (refused.Exit, refused.Errors[0].Code));
        Assert.StartsWith("shown: error ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(word, refused.Message, StringComparison.Ordinal);
    }
}
