using System.Collections.Concurrent;
using System.Net.Sockets;
using Engine.Tests.Runs;
using static Engine.Tests.Hostile.HostileCase;

namespace Engine.Tests.Hostile;

/// <summary>Cases 102 to 110 that need no process of their own: where inputs come from and outputs go.</summary>
internal static class PlaceCases
{
    /// <summary>Closing a socket removes its file, so it stays open as long as the tests do.</summary>
    private static readonly ConcurrentBag<Socket> Bound = [];

    private static readonly string Long = string.Join('/', Enumerable.Repeat(new string('d', 200), 21))[..4_096];

    public static IEnumerable<HostileCase> All =>
    [
        Input(102, "an input path of 4,096 characters", 7, "/d+: error NAME_TOO_LONG: ", Long),
        Input(102, "an input name of 256 characters", 7, "n+: error NAME_TOO_LONG: ", new string('n', 256)),
        Input(102, "a pattern in a path of 4,096 characters", 4, "d+/\\*\\.npy: error NO_MATCH: ", Long + "/*.npy"),
        Folder(102, "a run folder of 4,096 characters", 7, "error NAME_TOO_LONG: ", Long),
        Folder(102, "a run folder's name of 256 characters", 7, "error NAME_TOO_LONG: ", "new/" + new string('n', 256)),
        Output(102, "an output's name of 256 characters", 7, "error NAME_TOO_LONG: ", new string('n', 256)),
        Input(103, "a loop of links", 7, "loop: error LINK_LOOP: ", "loop", work => File.CreateSymbolicLink(work.At("loop"), work.At("loop"))),
        Input(103, "a dangling link", 4, "gone: error MISSING: ", "gone", work => File.CreateSymbolicLink(work.At("gone"), "nowhere")),
        Folder(103, "a run folder behind a loop of links", 7, @"loop/out: error \w+: ", "loop/out", work => File.CreateSymbolicLink(work.At("loop"), work.At("loop"))),
        Folder(103, "a run folder that is a loop of links", 7, @"loop: error \w+: ", "loop", work => File.CreateSymbolicLink(work.At("loop"), work.At("loop"))),
        Output(103, "an output that is a loop of links", 7, @"loop: error \w+: ", "loop", work => File.CreateSymbolicLink(work.At("loop"), work.At("loop"))),
        Input(104, "FIFO", 4, "in.npy: error NOT_A_FILE: .*FIFO", "in.npy", work => Shell.Run($"mkfifo '{work.At("in.npy")}'")),
        Input(104, "socket", 4, "in.npy: error NOT_A_FILE: .*socket", "in.npy", Bind),
        Input(104, "/dev/zero", 4, "/dev/zero: error NOT_A_FILE: .*device", "/dev/zero"),
        Input(104, "/dev/tty", 4, "/dev/tty: error NOT_A_FILE: .*device", "/dev/tty"),
        Input(104, "/proc", 4, "/proc/self/maps: error NOT_A_FILE: .*/proc", "/proc/self/maps"),
        Input(104, "/sys", 4, "/sys/kernel/.*: error NOT_A_FILE: ", "/sys/kernel/mm/transparent_hugepage/enabled"),
        Input(104, "folder", 4, "in.npy: error NOT_A_FILE: .*directory", "in.npy", work => Directory.CreateDirectory(work.At("in.npy"))),
        Folder(110, "a run folder below a file", 7, "vec.npy/out: error NOT_A_FOLDER: found a file at .*vec.npy, ", "vec.npy/out"),
        Folder(110, "a file where the run folder goes", 7, "file: error NOT_A_FOLDER: ", "file", work => work.Write("file", "x")),
        Folder(110, "foreign files in the run folder", 6, "full: error EXISTS: ", "full", work => work.Write("full/mine.txt", "x")),
        Folder(110, "a device where the run folder goes", 7, "/dev/null: error NOT_A_FOLDER: ", "/dev/null"),
        Output(110, "an output below a file", 7, "vec.npy/a.npy: error NOT_A_FOLDER: found a file at .*vec.npy, ", "vec.npy/a.npy"),
        Output(110, "an output that exists", 6, "here.npy: error EXISTS: ", "here.npy", work => work.Write("here.npy", "x")),
        Output(110, "an output that is a folder", 7, "full: error NOT_A_FILE: ", "full", work => Directory.CreateDirectory(work.At("full"))),
        Output(110, "an output that is a FIFO", 6, "pipe: error EXISTS: ", "pipe", work => Shell.Run($"mkfifo '{work.At("pipe")}'")),
        Output(110, "an output that is a device", 6, "/dev/null: error EXISTS: ", "/dev/null"),
        Folder(110, "a run folder whose parents are missing", 0, "", "a/b/c"),
    ];

    private static void Bind(Workspace work)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(work.At("in.npy")));
        Bound.Add(socket);
    }

    private static HostileCase Input(int number, string name, int exit, string pattern, string path, Action<Workspace>? make = null) =>
        Matrix(number, name, exit, pattern, make ?? (_ => { }), path);

    private static HostileCase Folder(int number, string name, int exit, string pattern, string path, Action<Workspace>? make = null) =>
        Matrix(number, name, exit, pattern, work => Make(work, make)) with { Overrides = [$"run.dir=\"{path}\""] };

    private static HostileCase Output(int number, string name, int exit, string pattern, string path, Action<Workspace>? make = null) =>
        Matrix(number, name, exit, pattern, work => Make(work, make)) with { Overrides = [$"outputs.a={{\"from\":\"pick\",\"format\":\"npy\",\"path\":\"{path}\"}}"] };

    private static void Make(Workspace work, Action<Workspace>? more)
    {
        work.WriteMatrix("vec.npy", 3, 2, seed: 1);
        more?.Invoke(work);
    }
}
