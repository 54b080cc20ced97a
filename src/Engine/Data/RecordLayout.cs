namespace Engine.Data;

/// <summary>Where a record keeps its conversation.</summary>
public enum RecordLayout
{
    /// <summary>The first of the others that a file's first record fits, in the order below.</summary>
    Auto,

    /// <summary><c>messages</c>: a list of {<c>role</c>, <c>content</c>}; content is text, or parts of which those with <c>text</c> are joined.</summary>
    Messages,

    /// <summary><c>instruction</c>, <c>output</c> and, when there is one, <c>input</c>, which follows the instruction after an empty line.</summary>
    Alpaca,

    /// <summary><c>conversations</c>: a list of {<c>from</c>, <c>value</c>}; <c>human</c> is the user, <c>gpt</c>, <c>chatgpt</c>, <c>bing</c> and <c>bard</c> are the assistant.</summary>
    ShareGpt,

    /// <summary><c>prompt</c> and <c>completion</c>: texts, or lists of messages.</summary>
    PromptCompletion,

    /// <summary><c>inputs_pretokenized</c> and <c>targets_pretokenized</c>, or <c>inputs</c> and <c>targets</c>.</summary>
    P3,

    /// <summary><c>text</c>: one text without turns.</summary>
    Text,
}
