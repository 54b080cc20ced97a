// Makes unigram.json.gz and byte-fallback.json.gz: two small tokenizers as SentencePiece trains them (Debian's package sentencepiece), on this
// repository's own text, in the form that Hugging Face's converter gives such models.
// node train.mjs [PATH OF spm_train]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { texts } from "./texts.mjs";

const here = new URL(".", import.meta.url).pathname, trainer = process.argv[2] ?? "spm_train";
const folder = mkdtempSync(join(tmpdir(), "engine-train-"));

// The few fields of SentencePiece's model that are needed: pieces (1: text 1, score 2, type 3) and normalizer_spec (3: charsmap 2).
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0, factor = 1, byte;
    do { byte = bytes[at++]; value += (byte & 127) * factor; factor *= 128; } while (byte & 128);
    return value;
  };
  while (at < bytes.length) {
    const key = varint(), kind = key & 7;
    if (kind === 0) yield [key >> 3, varint()];
    else if (kind === 5) { yield [key >> 3, bytes.readFloatLE(at)]; at += 4; }
    else { const length = varint(); yield [key >> 3, bytes.subarray(at, at + length)]; at += length; }
  }
}

function train(options) {
  const corpus = join(folder, "corpus.txt"), model = join(folder, "model");
  writeFileSync(corpus, texts(join(here, "../../../..")).filter(text => text.length < 2000).map(text => text.replace(/[\0\r\n]+/g, " ")).join("\n"));
  execFileSync(trainer, [`--input=${corpus}`, `--model_prefix=${model}`, "--vocab_size=2000", "--byte_fallback=true", "--character_coverage=0.99", "--num_threads=1", "--minloglevel=2", ...options], { stdio: ["ignore", "ignore", "inherit"] });
  const pieces = [];
  let charsmap = Buffer.alloc(0);
  for (const [field, value] of fields(readFileSync(`${model}.model`))) {
    if (field === 1) {
      const piece = { text: "", score: 0, type: 1 };
      for (const [inner, content] of fields(value)) {
        if (inner === 1) piece.text = content.toString("utf8");
        else if (inner === 2) piece.score = content;
        else if (inner === 3) piece.type = content;
      }
      pieces.push(piece);
    } else if (field === 3) {
      for (const [inner, content] of fields(value)) if (inner === 2) charsmap = content;
    }
  }
  return { pieces, charsmap: charsmap.toString("base64") };
}

const token = (content, id, more) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...more });
const added = [token("<unk>", 0), token("<s>", 1), token("</s>", 2), token("<mask>", 2000, { lstrip: true }), token("<end>", 2001, { rstrip: true, special: false }), token("<word>", 2002, { single_word: true, special: false, normalized: true })];
const template = (first, last) => ({
  type: "TemplateProcessing",
  single: [...first.map(id => ({ SpecialToken: { id, type_id: 0 } })), { Sequence: { id: "A", type_id: 0 } }, ...last.map(id => ({ SpecialToken: { id, type_id: 0 } }))],
  pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
  special_tokens: Object.fromEntries([...first, ...last].map(id => [id, { id, ids: [added.find(t => t.content === id).id], tokens: [id] }])),
});
const write = (name, parts) => writeFileSync(join(here, name), gzipSync(JSON.stringify({ version: "1.0", truncation: null, padding: null, added_tokens: added, ...parts, decoder: null }), { level: 9 }));

const unigram = train(["--model_type=unigram", "--normalization_rule_name=nmt_nfkc"]);
write("unigram.json.gz", {
  normalizer: { type: "Sequence", normalizers: [{ type: "Precompiled", precompiled_charsmap: unigram.charsmap }, { type: "Replace", pattern: { Regex: " {2,}" }, content: " " }] },
  pre_tokenizer: { type: "Metaspace", replacement: "\u2581", add_prefix_space: true, prepend_scheme: "always" },
  post_processor: template(["<s>"], ["</s>"]),
  model: { type: "Unigram", unk_id: 0, vocab: unigram.pieces.map(piece => [piece.text, piece.score]), byte_fallback: true },
});

const pairs = train(["--model_type=bpe", "--normalization_rule_name=identity"]);
const vocab = Object.fromEntries(pairs.pieces.map((piece, id) => [piece.text, id])), merges = [];
pairs.pieces.forEach((piece, id) => {
  const characters = [...piece.text], here = [];
  if (piece.type !== 1) return;
  for (let i = 1; i < characters.length; i++) {
    const left = characters.slice(0, i).join(""), right = characters.slice(i).join("");
    if (left in vocab && right in vocab) here.push([left, right]);
  }
  merges.push(...here.sort((a, b) => vocab[a[0]] - vocab[b[0]] || vocab[a[1]] - vocab[b[1]]));
});
write("byte-fallback.json.gz", {
  normalizer: { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "\u2581" }, { type: "Replace", pattern: { String: " " }, content: "\u2581" }] },
  pre_tokenizer: null,
  post_processor: template(["<s>"], []),
  model: { type: "BPE", dropout: null, unk_token: "<unk>", continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: true, byte_fallback: true, ignore_merges: false, vocab, merges: merges.map(pair => pair.join(" ")) },
});
rmSync(folder, { recursive: true });
