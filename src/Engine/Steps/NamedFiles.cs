using Engine.Data;

namespace Engine.Steps;

/// <summary>Files beside the inputs that a step's arguments name, such as a model: opened and looked at before the first step runs, and checked for changes as inputs are.</summary>
/// <param name="Files">Every one of them, those included that others lead to.</param>
/// <param name="Libraries">Libraries with their versions that the step's result depends on, such as <c>onnxruntime 1.30.0</c>.</param>
internal abstract record NamedFiles(IReadOnlyList<InputFile> Files, IReadOnlyList<string> Libraries);
