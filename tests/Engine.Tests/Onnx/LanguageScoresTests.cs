using Engine.Data;
using Engine.Kernels;
using Engine.Steps;
using Engine.Steps.LanguageScores;
using Engine.Steps.Templates;
using Engine.Tests.Steps;

namespace Engine.Tests.Onnx;

/// <summary>What language models say of records, against a plain computation on one record at a time, and the same bits whatever runs beside a record.</summary>
public sealed class LanguageScoresTests
{
    private const double Tolerance = 1e-5;

    private static readonly Conversation[] Pool =
    [
        Chat(("user", "What is a lane?"), ("assistant", "A way to run.")),
        Chat(("system", " Be brief. "), ("user", "Hi "), ("assistant", " Hello! ")),
        Chat(("user", "One?"), ("assistant", "First."), ("user", "Two?"), ("assistant", "Second answer, which is a little longer than the first.")),
        Chat(("user", "A question without an answer")),
        Chat(("text", "A plain text, no turns at all.")),
        Chat(("user", "x"), ("assistant", "")),
        Chat(("user", new string('q', 900)), ("assistant", new string('a', 300))),
        Chat(("user", new string('q', 1500)), ("assistant", "cut away")),
        .. Enumerable.Range(0, 40).Select(i => Chat(("user", Words(i, 7 + i * 5 % 60)), ("assistant", Words(i + 100, 1 + i * 11 % 90)))),
    ];

    [OnnxFact]
    public void Losses_of_the_chat_text_are_the_models()
    {
        using ByteModel model = new();
        using LogitsOracle oracle = new(TinyTransformer.Write());
        ScoreTable scores = Measure(model.Model with { MaxTokens = 700 }, ["nll", "perplexity", "responseNll", "responsePerplexity"]);
        for (int row = 0; row < Pool.Length; row++)
        {
            (string text, int response) = Tulu(Pool[row]);
            List<int> ids = [ByteModel.Begin, .. ByteModel.Encode(text)], prompt = ByteModel.Encode(text[..response]);
            ids = ids[..Math.Min(700, ids.Count)];
            double nll = oracle.Loss(ids, 1), answer = oracle.Loss(ids, 1 + prompt.Count);
            Equal(nll, scores, "nll", row);
            Equal(Math.Exp(nll), scores, "perplexity", row);
            Equal(answer, scores, "responseNll", row);
            Equal(answer == 0 ? 0 : Math.Exp(answer), scores, "responsePerplexity", row);
        }
    }

    [OnnxTheory]
    [InlineData(DifficultyPrompt.Wizard)]
    [InlineData(DifficultyPrompt.Alpaca)]
    [InlineData(DifficultyPrompt.Template)]
    public void Difficulty_is_that_of_the_published_code(DifficultyPrompt prompt)
    {
        using ByteModel model = new();
        using LogitsOracle oracle = new(TinyTransformer.Write());
        ScoreTable scores = Measure(model.Model, ["ifd", "conditionalNll", "aloneNll", "ifdPerplexity"], step => step with { DifficultyPrompt = prompt });
        int measured = 0;
        for (int row = 0; row < Pool.Length; row++)
        {
            double conditional = 0, alone = 0;
            if (Exchange(Pool[row], prompt) is { } exchange)
            {
                List<int> before = [ByteModel.Begin, .. ByteModel.Encode(exchange.Before)], cue = [ByteModel.Begin, .. ByteModel.Encode(exchange.Cue)], answer = ByteModel.Encode(exchange.Answer);
                int kept = Math.Min(answer.Count, 1024 - before.Count);
                if (kept > 0)
                {
                    conditional = oracle.Loss([.. before, .. answer[..kept]], before.Count);
                    alone = oracle.Loss([.. cue, .. answer[..kept]], cue.Count);
                    measured++;
                }
            }

            Equal(conditional, scores, "conditionalNll", row);
            Equal(alone, scores, "aloneNll", row);
            Equal(alone == 0 ? 0 : conditional / alone, scores, "ifd", row);
            Equal(alone == 0 ? 0 : Math.Exp(conditional - alone), scores, "ifdPerplexity", row);
        }

        Assert.InRange(measured, 42, Pool.Length - 3);
    }

    [OnnxFact]
    public void Yes_and_no_are_weighed_at_the_first_place_of_the_answer()
    {
        using ByteModel model = new();
        using LogitsOracle oracle = new(TinyTransformer.Write());
        string[] names = ["naturalness", "coherence", "understandability"];
        ScoreTable scores = Measure(model.Model, names);
        for (int row = 0; row < Pool.Length; row++)
        {
            int last = -1;
            for (int t = 0; t < Pool[row].Turns.Count; t++)
                if (Pool[row].Turns[t].Role is "assistant" or Turn.TextRole) last = t;
            string history = string.Join('\n', Pool[row].Turns.Take(Math.Max(0, last)).Select(turn => turn.Content));
            foreach ((string name, string question, string more) in new[]
            {
                (names[0], "Is this a natural response in the dialogue?", ""),
                (names[1], "Is this a coherent response given the dialogue history?", " </s> dialogue history: " + history),
                (names[2], "Is this an understandable response in the dialogue?", ""),
            })
            {
                if (last < 0)
                {
                    Equal(0, scores, name, row);
                    continue;
                }

                List<int> ids = [ByteModel.Begin, .. ByteModel.Encode($"question: {question} </s> response: {Pool[row].Turns[last].Content}{more}")];
                Equal(oracle.Shares(ids[..Math.Min(1024, ids.Count)], ByteModel.Yes, ByteModel.No)[0], scores, name, row);
            }
        }
    }

    [OnnxFact]
    public void Ratings_are_expected_values_over_the_six_numbers_alone()
    {
        using ByteModel model = new();
        using LogitsOracle oracle = new(TinyTransformer.Write());
        ScoreTable scores = Measure(model.Model with { MaxTokens = 400 }, ["complexity", "quality"]);
        for (int row = 0; row < Pool.Length; row++)
        {
            IReadOnlyList<Turn> turns = Pool[row].Turns;
            (string Asked, string? Answer)[] exchanges = turns[0].Role == Turn.TextRole ? [(turns[0].Content, null)]
                : [.. Enumerable.Range(0, turns.Count - 1).Where(t => turns[t].Role == "user" && turns[t + 1].Role == "assistant").Select(t => (turns[t].Content, (string?)turns[t + 1].Content))];
            Equal(Mean(exchanges.Select(e => $"You are a helpful assistant. Please identify the complexity score of the following user query. \n##Query: {e.Asked}  \n##Complexity: ")), scores, "complexity", row);
            Equal(Mean(exchanges.Where(e => e.Answer is not null).Select(e =>
                $"You are a helpful assistant. Please identify the quality score of the Response corresponding to the Question. \n #Question#:\n{e.Asked}\n#Response#:\n{e.Answer} \n##Quality: ")), scores, "quality", row);
        }

        double Mean(IEnumerable<string> prompts) => prompts.Select(prompt =>
        {
            // A prompt that is too long loses its beginning, but not the token before it.
            List<int> ids = ByteModel.Encode(prompt);
            double[] shares = oracle.Shares([ByteModel.Begin, .. ids.TakeLast(399)], '1', '2', '3', '4', '5', '6');
            return shares.Select((share, k) => (k + 1) * share).Sum();
        }).DefaultIfEmpty(0).Average();
    }

    [OnnxFact]
    public void A_reward_is_the_number_that_the_model_gives()
    {
        // The mean of tokens' rewards: padding would change it, so nothing may be padded.
        float[] rewards = [.. Enumerable.Range(0, TinyTransformer.Vocabulary).Select(i => (i * 37 % 101 - 50) / 8f)];
        OnnxWriter graph = new("reward");
        string ids = graph.Input("input_ids", TensorElement.Int64, "batch", "sequence");
        graph.Input("attention_mask", TensorElement.Int64, "batch", "sequence");
        string each = graph.Node("Gather", [graph.Constant("rewards", rewards, rewards.Length, 1), ids]);
        graph.Node("ReduceMean", [each], ["logits"], ("axes", new long[] { 1 }), ("keepdims", 0L));
        graph.Output("logits", TensorElement.Float32, "batch", 1);
        using ByteModel model = new(graph.ToArray());
        ScoreTable scores = Measure(model.Model, ["reward"]);
        for (int row = 0; row < Pool.Length; row++)
            Equal(new[] { ByteModel.Begin }.Concat(ByteModel.Encode(Tulu(Pool[row]).Text)).Average(id => (double)rewards[id]), scores, "reward", row);
    }

    [OnnxFact]
    public void A_decoder_answers_after_its_first_token()
    {
        using ByteModel model = new(WithDecoder());
        ScoreTable zero = Measure(model.Model, ["naturalness"]), other = Measure(model.Model, ["naturalness"], step => step with { DecoderStart = 5 });

        // The sum of what tokens say of Yes and No, and what the decoder's token says; padding is masked.
        (float yes, float no) = (Said(ByteModel.Yes), Said(ByteModel.No));
        foreach ((ScoreTable scores, int start) in new[] { (zero, 0), (other, 5) })
        {
            for (int row = 0; row < 3; row++)
            {
                string response = Pool[row].Turns[^1].Content;
                List<int> ids = [ByteModel.Begin, .. ByteModel.Encode($"question: Is this a natural response in the dialogue? </s> response: {response}")];
                double sum = (ids.Sum(id => (double)Weight(id)) + Weight(start)) / 64;
                Equal(1 / (1 + Math.Exp(sum * no - sum * yes)), scores, "naturalness", row);
            }
        }

        StepCase.Refused(Step(model.Model, ["nll"]), ExitCode.Input, "MODEL", "decoder_input_ids", "causal language model");
    }

    [OnnxFact]
    public void Threads_batches_and_neighbours_change_no_bit()
    {
        using ByteModel model = new();
        string[] names = ["nll", "responseNll", "ifd", "coherence", "quality", "complexity"];
        Records some = Records.From(Pool[..20]);
        ScoreTable expected = Measure(model.Model, names, step => step with { In = some });
        foreach ((int threads, int batch) in new[] { (1, 1), (2, 300), (5, 1 << 16) })
        {
            ScoreTable other = (Step(model.Model with { BatchTokens = batch }, names) with { In = some }).Run(NewRun(threads));
            foreach (string name in names) Assert.Equal(expected.Columns[name], other.Columns[name]);
        }

        foreach (int row in new[] { 0, 2, 6, 19 })
        {
            MeasureIndicators alone = new() { In = Records.From([Pool[row]]), Which = names, Model = model.Model };
            foreach (string name in names) Assert.Equal(expected.Columns[name][row], StepCase.Run(alone).Columns[name][0]);
        }
    }

    [OnnxFact]
    public void Indicators_may_have_models_of_their_own()
    {
        using ByteModel losses = new(), answers = new(WithDecoder());
        MeasureIndicators step = new() { In = Records.From(Pool), Which = ["outputLength", "nll", "naturalness", "mtld"], Model = losses.Model, Models = [new("naturalness", answers.Model)] };
        ScoreTable both = StepCase.Run(step);
        Assert.Equal(["outputLength", "nll", "naturalness", "mtld"], both.Columns.Keys);
        Assert.Equal(Measure(losses.Model, ["nll"]).Columns["nll"], both.Columns["nll"]);
        Assert.Equal(Measure(answers.Model, ["naturalness"]).Columns["naturalness"], both.Columns["naturalness"]);
    }

    [OnnxFact]
    public void What_does_not_fit_is_refused()
    {
        using ByteModel model = new();
        StepCase.Refused(Step(null, ["nll"]), ExitCode.Plan, "MODEL", "\"nll\" needs a language model", "\"models\"");
        StepCase.Refused(Step(model.Model, ["mtld"]), ExitCode.Plan, "KEYS", "none of mtld needs one");
        StepCase.Refused(Step(model.Model, ["nll"], [new("reward", model.Model)]), ExitCode.Plan, "KEYS", "a model for \"reward\"");
        StepCase.Refused(Step(model.Model with { Side = EncodingSide.Query }, ["nll"]), ExitCode.Plan, "KEYS", "\"side\"");
        StepCase.Refused(Step(model.Model with { Output = "logit" }, ["nll"]), ExitCode.Input, "MODEL", "no output \"logit\"", "last_hidden_state f32");
        StepCase.Refused(Step(model.Model, ["reward"]), ExitCode.Input, "MODEL", "logits", "[records] or [records, 1]");

        OnnxWriter small = new("small");
        string ids = small.Input("input_ids", TensorElement.Int64, "batch", "sequence");
        small.Node("Gather", [small.Constant("w", new float[TinyTransformer.Vocabulary * 100], TinyTransformer.Vocabulary, 100), ids], ["logits"]);
        small.Output("logits", TensorElement.Float32, "batch", "sequence", 100);
        using ByteModel foreign = new(small.ToArray());
        StepCase.Refused(Step(foreign.Model, ["nll"]), ExitCode.Input, "VOCABULARY", "row 0", "the token 260", "belong together");
        StepCase.Refused(Step(foreign.Model, ["naturalness"]), ExitCode.Input, "VOCABULARY", "row 0", "the token 258");
    }

    private static byte[] WithDecoder()
    {
        float[] weights = [.. Enumerable.Range(0, TinyTransformer.Vocabulary).Select(Weight)], said = [.. Enumerable.Range(0, TinyTransformer.Vocabulary).Select(Said)];
        OnnxWriter graph = new("decoder");
        string ids = graph.Input("input_ids", TensorElement.Int64, "batch", "sequence"), mask = graph.Input("attention_mask", TensorElement.Int64, "batch", "sequence");
        string start = graph.Input("decoder_input_ids", TensorElement.Int64, "batch", "answer");
        string table = graph.Constant("weights", weights, weights.Length, 1);
        string masked = graph.Node("Mul", [graph.Node("Gather", [table, ids]), graph.Node("Unsqueeze", [graph.Node("Cast", [mask], ("to", 1L)), graph.Constant("two", new[] { 2L }, 1)])]);
        string sum = graph.Node("ReduceSum", [masked, graph.Constant("one", new[] { 1L }, 1)], ("keepdims", 1L));
        string whole = graph.Node("Div", [graph.Node("Add", [sum, graph.Node("Gather", [table, start])]), graph.Constant("share", new[] { 64f })]);
        graph.Node("MatMul", [whole, graph.Constant("said", said, 1, said.Length)], ["logits"]);
        graph.Output("logits", TensorElement.Float32, "batch", "answer", TinyTransformer.Vocabulary);
        return graph.ToArray();
    }

    private static float Weight(int id) => id * 13 % 29 - 14;

    private static float Said(int id) => (id * 7 % 23 - 11) / 16f;

    private static MeasureIndicators Step(OnnxModel? model, string[] names, IReadOnlyList<KeyValuePair<string, OnnxModel>>? models = null) =>
        new() { In = Records.From(Pool), Which = names, Model = model, Models = models ?? [] };

    private static ScoreTable Measure(OnnxModel model, string[] names, Func<MeasureIndicators, MeasureIndicators>? change = null) =>
        StepCase.Run((change ?? (step => step))(Step(model, names)));

    private static StepRun NewRun(int threads) => StepCase.NewRun(kernels: KernelSets.Best(threads));

    private static void Equal(double expected, ScoreTable scores, string column, int row) =>
        Assert.True(Math.Abs(expected - scores.Columns[column][row]) <= Tolerance * Math.Max(1, Math.Abs(expected)), $"{column} of row {row} is {scores.Columns[column][row]:R}, expected {expected:R}");

    /// <summary>The text of RDS+'s template and where its response begins, by the definition.</summary>
    private static (string Text, int Response) Tulu(Conversation record)
    {
        if (record.Turns[0].Role == Turn.TextRole) return (record.Turns[0].Content, 0);
        string text = "";
        int response = 0;
        foreach (Turn turn in record.Turns)
        {
            text += $"<|{turn.Role}|>\n";
            response = text.Length;
            text += turn.Content.Trim() + (turn.Role == "assistant" ? "</s>" : "") + "\n";
        }

        text = text.Trim();
        return (text, record.Turns[^1].Role == "assistant" ? response : text.Length);
    }

    private static (string Before, string Cue, string Answer)? Exchange(Conversation record, DifficultyPrompt prompt)
    {
        List<Turn> turns = [.. record.Turns];
        int user = turns.FindIndex(turn => turn.Role == "user"), assistant = user < 0 ? -1 : turns.FindIndex(user, turn => turn.Role == "assistant");
        if (assistant < 0) return null;
        (string asked, string answer) = (turns[user].Content, turns[assistant].Content);
        switch (prompt)
        {
            case DifficultyPrompt.Wizard:
                return (asked + "\n\n### Response:", "### Response:", answer);
            case DifficultyPrompt.Alpaca:
                return ("Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n" + asked.Trim() + "\n\n### Response:", "### Response:", answer.Trim());
            default:
                (string text, int response) = Tulu(record);
                return (text[..response], "<|assistant|>\n", text[response..]);
        }
    }

    private static string Words(int seed, int length)
    {
        var random = new RandomStream(seed, "language scores");
        return string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + random.NextBelow(26))));
    }

    private static Conversation Chat(params (string Role, string Content)[] turns) => new([.. turns.Select(turn => new Turn(turn.Role, turn.Content))]);
}
