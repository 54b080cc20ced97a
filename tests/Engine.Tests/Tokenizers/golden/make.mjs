// Makes golden.json: what Hugging Face's own library gives for every text of texts.mjs, by every tokenizer of models.json and components.json,
// and what components make of every assigned character.
// npm install --ignore-scripts --prefix DIR @anush008/tokenizers PACKAGES, then: node make.mjs DIR
// One 32-bit hash over the ids of a text, for components of ten texts, for characters of a hundred. A component alone is seen through a vocabulary of bytes in which the last byte of a piece has a token of its own.
import { createRequire } from "node:module";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { characters, hash, texts } from "./texts.mjs";

const here = new URL(".", import.meta.url).pathname, modules = join(process.argv[2], "node_modules");
const { Tokenizer } = createRequire(join(process.argv[2], "x"))("@anush008/tokenizers");
const read = path => JSON.parse(readFileSync(path, "utf8"));
const every = characters(), all = texts(join(here, "../../../.."));

function model(entry) {
  if (entry.fixture) return gunzipSync(readFileSync(join(here, entry.fixture))).toString("utf8");
  const folder = join(modules, entry.package);
  if (!existsSync(folder)) return null;
  if (entry.file) return readFileSync(join(folder, entry.file), "utf8");
  const json = structuredClone(entry.json);
  if (entry.vocab) {
    json.model.vocab = read(join(folder, entry.vocab));
    json.model.merges = readFileSync(join(folder, entry.merges), "utf8").split("\n").slice(1).filter(line => line);
  } else {
    // The package marks what begins a word; BERT's own files mark what goes on with one.
    json.model.vocab = Object.fromEntries(read(join(folder, entry.wordPieces)).map((piece, id) => [
      piece === "\u2581" ? "[unused0]" : piece.startsWith("\u2581") ? piece.slice(1) : /^\[(PAD|UNK|CLS|SEP|MASK|unused\d+)\]$/.test(piece) ? piece : `##${piece}`, id]));
  }
  return JSON.stringify(json);
}

export const alphabet = () => {
  const characters = [], others = [];
  for (let value = 0; value < 256; value++) {
    const printable = value >= 33 && value <= 126 || value >= 161 && value <= 172 || value >= 174;
    (printable ? characters : others).push(String.fromCharCode(printable ? value : 256 + others.length));
  }
  return [...characters, ...others];
};

function component(entry) {
  const letters = alphabet(), bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
  const cut = entry.split ? { type: "Split", pattern: { Regex: entry.split }, behavior: "Isolated", invert: false } : entry.pre_tokenizer;
  const vocab = Object.fromEntries([...letters, ...letters.map(letter => `${letter}</w>`)].map((token, id) => [token, id]));
  const size = entry.model ? Math.max(...Object.values(entry.model.vocab).map(value => Array.isArray(value) ? entry.model.vocab.length - 1 : value)) + 1 : 512;
  return JSON.stringify({
    version: "1.0", truncation: null, padding: null,
    added_tokens: (entry.added ?? []).map((token, i) => ({ id: size + i, single_word: false, lstrip: false, rstrip: false, special: false, ...token })),
    normalizer: entry.normalizer ?? null,
    pre_tokenizer: entry.model ? entry.pre_tokenizer ?? null : cut?.type === "ByteLevel" ? cut : { type: "Sequence", pretokenizers: [...(cut ? [cut] : []), bytes] },
    post_processor: entry.post_processor ?? null, decoder: null,
    model: entry.model ?? { type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: "</w>", fuse_unk: false, vocab, merges: [] },
  });
}

async function encode(json, together, all) {
  const tokenizer = Tokenizer.fromString(json), hashes = Buffer.alloc(4 * Math.ceil(all.length / together));
  tokenizer.disableTruncation();
  tokenizer.disablePadding();
  let tokens = 0, value;
  for (let i = 0; i < all.length; i++) {
    const ids = (await tokenizer.encode(all[i], null, { addSpecialTokens: true })).getIds();
    if (i % together === 0) value = 2166136261;
    for (const id of ids) for (let shift = 0; shift < 32; shift += 8) value = Math.imul(value ^ (id >>> shift & 255), 16777619);
    hashes.writeUInt32LE(value >>> 0, 4 * Math.floor(i / together));
    tokens += ids.length;
    if (process.argv[3] === entryName && process.argv[4] === `${i}`) console.log(JSON.stringify(all[i]), JSON.stringify(ids));
  }
  return { tokens, hashes: hashes.toString("base64") };
}

let entryName = "";
const golden = { texts: all.length, sha256: hash(all), models: {}, components: {}, characters: {} };
for (const entry of read(join(here, "models.json"))) {
  entryName = entry.name;
  if (process.argv[3] && process.argv[3] !== entryName) continue;
  const json = model(entry);
  if (json === null) { console.log(`${entry.name} is left out: ${entry.package} is not installed`); continue; }
  golden.models[entry.name] = await encode(json, 1, all);
  console.log(entry.name, golden.models[entry.name].tokens);
}
for (const entry of read(join(here, "components.json"))) {
  entryName = entry.name;
  if (entry.refused || process.argv[3] && process.argv[3] !== entryName) continue;
  golden.components[entry.name] = await encode(component(entry), 10, all);
  if (!entry.model && !entry.added && !entry.post_processor) golden.characters[entry.name] = await encode(component(entry), 100, every);
}
if (!process.argv[3]) writeFileSync(join(here, "golden.json"), JSON.stringify(golden, null, 1) + "\n");
