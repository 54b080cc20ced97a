using Engine.Data;
using Engine.Data.Onnx;
using Engine.Native;
using Engine.Native.Files;
using Engine.Native.OnnxRuntime;
using Engine.Steps.Templates;
using Engine.Tokenizers;

namespace Engine.Steps.Onnx;

/// <summary>A language model's files, and the library that runs it.</summary>
/// <param name="Model">The model and what it says of itself.</param>
/// <param name="Tokenizer">The tokenizer's file.</param>
/// <param name="Library">ONNX Runtime.</param>
/// <param name="Template">The file of the model's chat template, or null.</param>
/// <param name="All">Every file, weights in files of their own included.</param>
internal sealed record OnnxFiles(OnnxModelFile Model, InputFile Tokenizer, OrtLibrary Library, InputFile? Template, IReadOnlyList<InputFile> All)
    : NamedFiles(All, [$"onnxruntime {Library.Version}"])
{
    private int _stateSize;

    /// <summary>Bytes of the model with its weights.</summary>
    public long ModelBytes => All.Where(file => file != Tokenizer).Sum(file => file.Length);

    /// <summary>Opens them and finds the library. The model itself is not loaded yet.</summary>
    /// <param name="model">The model's path as the plan writes it.</param>
    /// <param name="tokenizer">The tokenizer's path as the plan writes it.</param>
    /// <param name="readsConfiguration">Whether the <c>tokenizer_config.json</c> beside the tokenizer counts, where there is one.</param>
    /// <param name="files">Opens files.</param>
    /// <param name="remedy">What messages say can be done without the library; null for what embedding can.</param>
    /// <param name="template">The chat template's path as the plan writes it, or null.</param>
    /// <exception cref="EngineException">A file is missing or no model: exit 4. It cannot be opened: exit 7. There is no ONNX Runtime: exit 9.</exception>
    public static OnnxFiles Open(string model, string tokenizer, bool readsConfiguration, FileFinder files, string? remedy = null, string? template = null)
    {
        OnnxModelFile opened = OnnxModelFile.Read(files.Open(model));
        if (Directory.Exists(files.FullPath(tokenizer))) tokenizer = Path.Combine(tokenizer, TokenizerFile.Name);
        List<InputFile> all = [opened.File, files.Open(tokenizer)];
        string configuration = Path.Combine(Path.GetDirectoryName(tokenizer) ?? "", EndMark.ConfigurationName);
        if (readsConfiguration && files.Find(configuration) is { } marks) all.Add(marks);
        InputFile? chat = template is null ? null : files.Open(FileTemplate.Within(template, files.FullPath(template)));
        if (chat is not null)
        {
            all.Add(chat);

            // A template may write special tokens that the file beside it names.
            string beside = Path.Combine(Path.GetDirectoryName(chat.Name) ?? "", EndMark.ConfigurationName);
            if (files.Find(beside) is { } named && all.TrueForAll(file => file.Path != named.Path)) all.Add(named);
        }

        foreach (string weights in opened.WeightFiles)
        {
            // The library takes none from elsewhere either.
            if (weights.Length == 0 || Path.IsPathRooted(weights) || weights.Split('/', '\\').Contains(".."))
                throw EngineException.Input(model, "WEIGHTS", $"its weights are said to be in '{weights}', expected a file in the model's folder. Export the model again.");
            all.Add(files.Open(Path.Combine(Path.GetDirectoryName(model) ?? "", weights)));
        }

        try
        {
            return new OnnxFiles(opened, all[1], OrtLibrary.Instance, chat, all);
        }
        catch (NativeLibraryMissingException missing)
        {
            throw NativeError.Missing(model, missing, remedy ?? "Or embed with { \"hashing\": {} }, which needs no library; or bring vectors made elsewhere as an input.");
        }
    }

    /// <summary>Loads the model.</summary>
    /// <param name="cuda">The NVIDIA GPU to run on, or null for the processor.</param>
    /// <exception cref="EngineException">The library refuses the model: exit 4. It changed meanwhile: exit 5. There is no memory for it: exit 8. The GPU cannot be used: exit 9.</exception>
    public OnnxSession Load(int? cuda)
    {
        OnnxSession session;
        try
        {
            session = OnnxSession.Open(Library, Model.File.Path, new OnnxSessionOptions { CudaDevice = cuda });
        }
        catch (OrtProviderException provider)
        {
            throw new EngineException(new EngineError(ExitCode.Native, "PROVIDER",
                $"{provider.Message} Install onnxruntime-gpu with the CUDA and cuDNN it was built for (pip install onnxruntime-gpu[cuda,cudnn]), or set \"device\" of the model to \"cpu\". Nothing runs elsewhere than asked.",
                Model.File.Name), provider);
        }
        catch (OrtException refused)
        {
            throw Refused(refused, "loading the model failed");
        }

        try
        {
            // The library opened the files by their names; they must be those whose hashes the manifest will have.
            foreach (InputFile file in All)
            {
                file.Verify();
                if (FileIdentity.Of(file.Path) is { } now && now.IsSameFile(file.Identity)) continue;
                throw new EngineException(new EngineError(ExitCode.InputChanged, "CHANGED", "the file was replaced while the run began. Run again when nothing writes to it.", file.Name));
            }

            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Elements of a hidden state where the model's file does not say: what the model gives for two tokens.</summary>
    /// <exception cref="EngineException">The output has no state for every token, or the library refuses: exit 4, 8 or 9.</exception>
    public int StateSize(ModelCall call, int? cuda)
    {
        if (_stateSize > 0) return _stateSize;
        using OnnxSession session = Load(cuda);
        using var lane = new ModelLane(session, call, stop: null);
        var window = new TokenWindow(firstRow: 0, new BatchShape(BatchTokens: 1, MaxTokens: PaddedLength.Least, call.HasMask, Dim: 1));
        window.Add([0, 0]);
        TokenBatch batch = window.Batches()[0];
        try
        {
            using OnnxTensor states = lane.Run(window, batch);
            return states.Shape is [1, var length, > 0 and <= int.MaxValue] && length == batch.Length ? _stateSize = (int)states.Shape[2] : throw EngineException.Input(Model.File.Name, "SHAPE",
                $"the output {call.Output.Name} has the shape [{string.Join(", ", states.Shape.ToArray())}] for {batch.Length} tokens, expected [1, {batch.Length}, dim]: a state for every token. Name another output with \"output\".");
        }
        catch (OrtException refused)
        {
            throw Refused(refused, "running it on two tokens, to learn how long its states are, failed");
        }
    }

    /// <summary>What the library said, as an error about the model.</summary>
    public EngineException Refused(OrtException refused, string what) => refused.OutOfMemory
        ? new EngineException(new EngineError(ExitCode.Memory, "MEMORY", $"{what}: {refused.Message}. Use smaller \"batchTokens\" or \"maxTokens\", fewer threads, or a smaller model.", Model.File.Name), refused)
        : new EngineException(new EngineError(ExitCode.Input, "MODEL", $"{what}: {refused.Message}. ONNX Runtime here is {Library.Version} ({Library.Library.Path}).", Model.File.Name), refused);
}
