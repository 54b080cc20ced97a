using Engine.Data;
using Engine.Kernels;
using Engine.Steps;
using Engine.Tests.Onnx;
using Engine.Tests.Runs;
using Engine.Tests.Steps;
using MemoryRecords = Engine.Tests.Steps.MemoryRecords;

namespace Engine.Tests.Tokenizers;

/// <summary>A plan names a model's own chat template.</summary>
public sealed class ChatTemplateFileTests
{
    [OnnxFact]
    public void ATemplateOfTheModelMakesTheText()
    {
        using LanguageModel model = new();
        model.Work.Write("chat/chat_template.jinja", "{% for message in messages %}{{ '<|' + message.role + '|> ' + message.content + ' ' }}{% endfor %}{{ eos_token }}");
        model.Work.Write("chat/tokenizer_config.json", """{ "eos_token": { "content": "w9" } }""");
        MemoryRecords chat = new([ChatTemplateTests.Chat(("user", " w5 w6"), ("assistant", "w7"))]), text = MemoryRecords.OfTexts("<|user|>  w5 w6 <|assistant|> w7 w9");
        Assert.Equal(Vector(text, model.Model), Vector(chat, model.Model with { TemplateFile = model.Work.At("chat") }));
        Assert.NotEqual(Vector(text, model.Model), Vector(chat, model.Model with { Template = ChatTemplate.Plain }));
    }

    [OnnxFact]
    public void TheTemplateIsAnInputOfTheRun()
    {
        using LanguageModel model = new();
        model.Work.Write("pool.jsonl", """{"messages": [{"role": "user", "content": "w3"}, {"role": "assistant", "content": "w4"}]}""" + "\n");
        model.Work.Write("chat.jinja", "w5 {{ messages[0].content }}");
        model.Work.Write("plan.json", """
            { "version": 1, "inputs": { "pool": { "kind": "records", "path": "pool.jsonl" } },
              "steps": { "vec": { "op": "embed", "in": "pool", "model": { "onnx": "model.onnx", "tokenizer": "tokenizer.json", "template": { "file": "chat.jinja" }, "maxTokens": 64 } } },
              "run": { "dir": "out" } }
            """);
        Ran(0, "", model.Work.Run("plan.json"));
        byte[] asked = File.ReadAllBytes(model.Work.At("out", "steps", "vec", "embeddings.npy"));
        Assert.Contains("\"chat.jinja\":", File.ReadAllText(model.Work.At("out", "manifest.json")), StringComparison.Ordinal);

        model.Work.Write("chat.jinja", "w6 {{ messages[0].content }}");
        Ran(0, "", model.Work.Run("plan.json", "run.onExisting=update"));
        Assert.False(asked.AsSpan().SequenceEqual(File.ReadAllBytes(model.Work.At("out", "steps", "vec", "embeddings.npy"))));

        Ran(3, "different templates", model.Work.Run("plan.json", "run.dir=other", "steps.vec.template=plain"));
        model.Work.Write("chat.jinja", "{% macro a() %}{% endmacro %}");
        Ran(4, "macro", model.Work.Run("plan.json", "run.dir=third"));
    }

    private static void Ran(int exit, string said, Outcome outcome)
    {
        Assert.True(outcome.Exit == exit, $"exit {outcome.Exit}: {outcome.Error}");
        Assert.Contains(said, outcome.Error, StringComparison.Ordinal);
    }

    private static float[] Vector(MemoryRecords records, OnnxModel model)
    {
        using Embeddings vectors = new Embed { In = records, Model = model, Pooling = Pooling.Last }.Run(new StepRun("vec", 0, KernelSets.Best(1), new Pass(), new MemoryMatrixStore()));
        float[] values = new float[vectors.Dim];
        vectors.Matrix.CopyRow(0, values);
        return values;
    }
}
