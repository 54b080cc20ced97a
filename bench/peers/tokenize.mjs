// Hugging Face's library on the texts of a file: node tokenize.mjs FOLDER_OF_PACKAGES TOKENIZER_JSON TEXTS.jsonl ROUNDS
// Prints a line of JSON: the seconds of each round, the tokens, a hash of all ids. RAYON_NUM_THREADS says how many threads it may use.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [, , packages, path, textsPath, rounds] = process.argv;
const { Tokenizer } = createRequire(join(packages, "x"))("@anush008/tokenizers");
const loading = process.hrtime.bigint();
const tokenizer = Tokenizer.fromFile(path);
const load = Number(process.hrtime.bigint() - loading) / 1e9;
tokenizer.disableTruncation();
tokenizer.disablePadding();
const texts = readFileSync(textsPath, "utf8").split("\n").filter(line => line).map(line => JSON.parse(line));
const seconds = [];
let tokens = 0, hash = 0;
for (let round = 0; round <= Number(rounds); round++) {
  let elapsed = 0n;
  tokens = 0;
  hash = 2166136261;
  for (let at = 0; at < texts.length; at += 1000) {
    const batch = texts.slice(at, at + 1000), clock = process.hrtime.bigint();
    const encodings = await tokenizer.encodeBatch(batch, { addSpecialTokens: true });
    elapsed += process.hrtime.bigint() - clock;
    for (const encoding of encodings) {
      for (const id of encoding.getIds()) {
        hash = Math.imul(hash ^ id, 16777619) >>> 0;
        tokens++;
      }
    }
  }
  if (round > 0) seconds.push(Number(elapsed) / 1e9);
}
console.log(JSON.stringify({ load, seconds, tokens, hash }));
