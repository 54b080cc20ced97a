using System.Text.Encodings.Web;
using System.Text.Json;

namespace Engine.Cli;

/// <summary>How results look that are asked for with <c>--json</c>.</summary>
internal static class JsonResult
{
    public static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
