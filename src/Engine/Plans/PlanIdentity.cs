using System.Globalization;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Engine.Plans;

/// <summary>Whether two plans compute the same: the SHA-256 of a canonical text of what was resolved.</summary>
/// <remarks>Left out: <c>run</c>, <c>vars</c> (their values stand where they are used), <c>$schema</c>, keys that begin with <c>x-</c>, white space,
/// the spelling of numbers, and the order of keys where no order is meant. Steps keep their order, because the last selection is the run's;
/// what stands inside a step's values keeps its order too, because tasks are served in it.</remarks>
public static class PlanIdentity
{
    private static readonly HashSet<string> LeftOut = new(StringComparer.Ordinal) { "run", "vars", "$schema" };

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The identity in lower-case hexadecimal.</summary>
    public static string Of(Plan plan) => Convert.ToHexStringLower(SHA256.HashData(Canonical(plan)));

    /// <summary>The text that is hashed: JSON in UTF-8 without white space.</summary>
    internal static byte[] Canonical(Plan plan)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain))
        {
            writer.WriteStartObject();
            foreach (PlanMember member in plan.Resolved.Members.Where(m => !LeftOut.Contains(m.Name) && m.Name != "seed").OrderBy(m => m.Name, StringComparer.Ordinal))
            {
                if (FreeKeys.Has(member.Name)) continue;
                writer.WritePropertyName(member.Name);
                WriteTop(member, writer);
            }

            writer.WriteString("seed", plan.Seed.ToString(CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Writes one input or step as it is hashed.</summary>
    internal static void WriteCanonical(PlanNode node, Utf8JsonWriter writer) => Write(node, writer, sorted: true);

    private static void WriteTop(PlanMember member, Utf8JsonWriter writer)
    {
        switch (member.Name)
        {
            case "steps": WriteObject(member.Value, writer, sorted: false, value => Write(value, writer, sorted: true)); break;
            case "inputs" or "outputs": WriteObject(member.Value, writer, sorted: true, value => Write(value, writer, sorted: true)); break;
            default: Write(member.Value, writer, sorted: true); break;
        }
    }

    private static void Write(PlanNode node, Utf8JsonWriter writer, bool sorted)
    {
        switch (node.Kind)
        {
            case NodeKind.Object:
                WriteObject(node, writer, sorted, value => Write(value, writer, sorted: false));
                break;
            case NodeKind.Array:
                writer.WriteStartArray();
                foreach (PlanNode item in node.Items) Write(item, writer, sorted: false);
                writer.WriteEndArray();
                break;
            case NodeKind.Number when JsonNumber.TryParse(node.Text, out JsonNumber number):
                writer.WriteRawValue(number.ToString(), skipInputValidation: true);
                break;
            default:
                PlanJson.Write(node, writer);
                break;
        }
    }

    private static void WriteObject(PlanNode node, Utf8JsonWriter writer, bool sorted, Action<PlanNode> value)
    {
        writer.WriteStartObject();
        IEnumerable<PlanMember> members = node.Members.Where(m => !FreeKeys.Has(m.Name));
        foreach (PlanMember member in sorted ? members.OrderBy(m => m.Name, StringComparer.Ordinal) : members)
        {
            writer.WritePropertyName(member.Name);
            value(member.Value);
        }

        writer.WriteEndObject();
    }
}
