using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Engine.Plans;

namespace Engine.Tests.Plans;

public sealed class PlanFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("plan-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhatIsNoFileIsRefusedWithoutBeingOpened()
    {
        string fifo = Path.Combine(_folder, "fifo");
        Assert.Equal(0, MakeFifo(fifo, 0x180));
        string socket = Path.Combine(_folder, "socket");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        File.CreateSymbolicLink(Path.Combine(_folder, "dangling"), "nowhere");

        Refused("", ExitCode.Plan, "error MISSING: found no path");
        Refused("a\0b", ExitCode.Plan, "error MISSING: found no path");
        Refused(Path.Combine(_folder, "none.json"), ExitCode.Plan, "none.json: error MISSING: found no such file");
        Refused(Path.Combine(_folder, "dangling"), ExitCode.Plan, "dangling: error MISSING: found no such file");
        Refused(Path.Combine(_folder, "none", "plan.json"), ExitCode.Plan, "error MISSING");
        Refused(_folder, ExitCode.Plan, "error FOLDER: found a folder");
        Refused(fifo, ExitCode.Plan, "fifo: error NOT_A_FILE: found a named pipe (FIFO)");
        Refused(socket, ExitCode.Plan, "error NOT_A_FILE: found a socket");
        Refused("/dev/zero", ExitCode.Plan, "/dev/zero: error NOT_A_FILE: found a device");
        Refused("/proc/self/status", ExitCode.Plan, "error NOT_A_FILE: found a file that the kernel makes up");
    }

    [Fact]
    public void LoopsOfLinksAreTheSystemsRefusal()
    {
        string loop = Path.Combine(_folder, "loop");
        File.CreateSymbolicLink(loop, loop);
        Refused(loop, ExitCode.Io, "loop: error LINK_LOOP");
    }

    [Fact]
    public void ATooLargeFileIsRefusedBeforeItIsRead()
    {
        string path = Path.Combine(_folder, "large.json");
        using (FileStream stream = File.Create(path)) stream.SetLength(5L << 40);
        Refused(path, ExitCode.Plan, "large.json:1:1: error SIZE");
    }

    [Fact]
    public void PathsStartFromThePlansFolder()
    {
        string path = Path.Combine(_folder, "plan.json");
        File.WriteAllText(path, SampleLanguage.WithStep("{ }"));
        EngineException refused = Refused(path, ExitCode.Plan, ":1:100: error MISSING_KEY: the key \"op\" is missing");
        Assert.Equal(path, refused.Errors[0].File);

        Plan plan = PlanReader.Parse(Encoding.UTF8.GetBytes(SampleLanguage.Good), path, _folder, [], SampleLanguage.Language, _ => null);
        Assert.Equal(_folder, plan.Folder);
    }

    [Fact]
    public void AMalformedOverrideIsToldBeforeTheFileIsLookedAt() =>
        Assert.Equal(ExitCode.CommandLine, Assert.Throws<EngineException>(() => PlanReader.Read("/none", ["x"], SampleLanguage.Language)).Exit);

    private static EngineException Refused(string path, ExitCode exit, string expected)
    {
        EngineException refused = Assert.Throws<EngineException>(() => PlanReader.Read(path, [], SampleLanguage.Language));
        Assert.Equal(exit, refused.Exit);
        Assert.Contains(expected, refused.Errors[0].ToString(), StringComparison.Ordinal);
        return refused;
    }

    [DllImport("libc", EntryPoint = "mkfifo", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int MakeFifo(string path, uint mode);
}
