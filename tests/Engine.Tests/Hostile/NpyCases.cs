using System.Text;
using static Engine.Tests.Data.NpyBytes;
using static Engine.Tests.Hostile.HostileCase;

namespace Engine.Tests.Hostile;

/// <summary>Cases 45 to 63: .npy files. Case 64, a file of terabytes, is in <see cref="HugeInputTests"/>.</summary>
internal static class NpyCases
{
    private const string At = @"vec\.npy: (offset \d+: )?error ";

    public static IEnumerable<HostileCase> All
    {
        get
        {
            byte[] six = Floats(1, 2, 3, 4, 5, 6);
            byte[] good = Make(Dict("<f4", "(2, 3)"), six);
            return
            [
                Matrix(45, "zero bytes", 4, "vec.npy: offset 0: error MAGIC: .*empty", []),
                Matrix(46, "bad magic", 4, "vec.npy: offset 0: error MAGIC: ", Encoding.ASCII.GetBytes("not a numpy file")),
                Matrix(47, "version 4.0", 4, "vec.npy: offset 6: error VERSION: .*4\\.0", Make(Dict("<f4", "(2, 3)"), six, major: 4)),
                Matrix(47, "version 0.0", 4, "vec.npy: offset 6: error VERSION: .*0\\.0", Make(Dict("<f4", "(2, 3)"), six, major: 0)),
                Matrix(48, "header length 65,535", 4, "vec.npy: offset 8: error HEADER: .*65535", Make(Dict("<f4", "(2, 3)"), six, claimedLength: 65_535)),
                Matrix(48, "header length 2^32-1", 4, "vec.npy: offset 8: error HEADER: .*4294967295", Make(Dict("<f4", "(2, 3)"), six, major: 2, claimedLength: -1)),
                Matrix(49, "header over 10,000 bytes", 4, "vec.npy: offset 8: error HEADER: .*10000", Make(Dict("<f4", "(2, 3)") + new string(' ', 10_000), six, major: 2)),
                Header(50, "code", "HEADER", "{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (2, 3)}"),
                Header(50, "nested call", "HEADER", "{'descr': '<f4', 'fortran_order': bool(0), 'shape': (2, 3)}"),
                Header(50, "no literal", "HEADER", "{'descr': '<f4', 'fortran_order': False, 'shape': tuple([2, 3])}"),
                Header(51, "objects", "DTYPE: .*pickle", Dict("|O", "(2, 3)")),
                Header(52, "structured", "DTYPE: .*structured", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}"),
                .. new[] { "<U6", "|S4", "<c8", "<M8[ns]" }.Select(descr => Header(52, descr, "DTYPE: ", Dict(descr, "(2, 3)"))),
                Matrix(53, "big-endian", 0, "", Make(Dict(">f4", "(2, 3)"), BigEndian(six, 4))),
                Matrix(54, "Fortran order", 0, "", Make(Dict("<f4", "(2, 3)", fortran: true), six)),
                Matrix(55, "shape ()", 4, At + "SHAPE: .*0 axes", Make(Dict("<f4", "()"), Floats(1))),
                .. new[] { "(6,)", "(1, 2, 3)" }.Select(shape => Header(55, $"shape {shape}", "SHAPE: .*ax[ei]s", Dict("<f4", shape))),
                .. new[] { "(-2, 3)", "(9223372036854775808, 1)", "(18446744073709551616, 1)", "(2.0, 3)", "(2L, 3)" }.Select(shape => Header(56, $"shape {shape}", "SHAPE: ", Dict("<f4", shape))),
                Header(57, "over 2^63 bytes", "SHAPE: .*3000000000, 1000000000", Dict("<f4", "(3000000000, 1000000000)")),
                Header(57, "a product that wraps", "SHAPE: ", Dict("<f4", "(4194305, 4194305, 211106198978564)")),
                Header(57, "a product of two that wraps", "(SHAPE|SIZE): ", Dict("<f4", "(4611686018427387905, 4)")),
                Matrix(58, "one byte short", 4, $"{At}SIZE: .*{good.Length} bytes.*{good.Length - 1}", good[..^1]),
                Matrix(58, "one byte long", 4, $"{At}SIZE: .*{good.Length} bytes.*{good.Length + 1}", [.. good, 0]),
                Matrix(59, "no rows", 4, $"{At}EMPTY: .*0 rows of 3", Make(Dict("<f4", "(0, 3)"), [])),
                Matrix(59, "no columns", 4, $"{At}EMPTY: .*3 rows of 0", Make(Dict("<f4", "(3, 0)"), [])),
                Header(60, "missing key", "HEADER: .*fortran_order", "{'descr': '<f4', 'shape': (2, 3)}"),
                Header(60, "key twice", "HEADER: .*twice", "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}"),
                Header(60, "extra key", "HEADER: .*'x'", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}"),
                Matrix(61, "data that begins anywhere", 0, "", Make(Dict("<f4", "(2, 3)") + "   ", six)),
                Matrix(62, "f2", 0, "", Make(Dict("<f2", "(2, 3)"), [0, 60, 0, 60, 0, 60, 0, 60, 0, 60, 0, 60])),
                Matrix(62, "bf16 stored as u2", 0, "", Make(Dict("<u2", "(2, 3)"), [128, 63, 128, 63, 128, 63, 128, 63, 128, 63, 128, 63]), keys: ", \"dtype\": \"bf16\""),
                Matrix(62, "u2 without a word", 4, $"{At}DTYPE: ", Make(Dict("<u2", "(2, 3)"), new byte[12])),
                Matrix(62, "f8 is narrowed", 0, "", Make(Dict("<f8", "(1, 2)"), Doubles(1, 2))),
                Matrix(63, ".npz named .npy", 4, "vec.npy: offset 0: error MAGIC: .*npz", [(byte)'P', (byte)'K', 3, 4, 0, 0]),
                Matrix(63, "a pickle named .npy", 4, "vec.npy: offset 0: error MAGIC: .*pickle", [0x80, 4, 0x95, 0, 0, 0, 0, 0]),
            ];
        }
    }

    private static HostileCase Header(int number, string name, string expected, string dict) => Matrix(number, name, 4, At + expected, Make(dict, Floats(1, 2, 3, 4, 5, 6)));
}
