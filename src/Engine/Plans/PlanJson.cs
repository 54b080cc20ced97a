using System.Text.Json;

namespace Engine.Plans;

/// <summary>Writes a plan's tree as JSON.</summary>
public static class PlanJson
{
    /// <summary>Writes a value; numbers stay as they were written.</summary>
    /// <param name="node">The value.</param>
    /// <param name="writer">Where it goes.</param>
    public static void Write(PlanNode node, Utf8JsonWriter writer)
    {
        switch (node.Kind)
        {
            case NodeKind.Object:
                writer.WriteStartObject();
                foreach (PlanMember member in node.Members)
                {
                    writer.WritePropertyName(member.Name);
                    Write(member.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case NodeKind.Array:
                writer.WriteStartArray();
                foreach (PlanNode item in node.Items) Write(item, writer);
                writer.WriteEndArray();
                break;
            case NodeKind.Text:
                writer.WriteStringValue(node.Text);
                break;
            case NodeKind.Null:
                writer.WriteNullValue();
                break;
            default:
                writer.WriteRawValue(node.Text);
                break;
        }
    }
}
