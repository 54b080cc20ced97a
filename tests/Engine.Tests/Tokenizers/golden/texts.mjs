// The texts that tokenizers are compared on: every eighth record of examples/dotnet-docs, texts that tokenizers get wrong (texts.json),
// and texts drawn from its alphabets and words. GoldenTexts.cs makes the same; the hash of them all in golden.json shows it.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const made = 1200, step = 8;

export function texts(root) {
  const lists = JSON.parse(readFileSync(new URL("texts.json", import.meta.url), "utf8"));
  const all = [...lists.difficult], alphabets = lists.alphabets.map(text => [...text]);
  readFileSync(`${root}/examples/dotnet-docs/pool.jsonl`, "utf8").split("\n").filter(line => line).forEach((line, row) => {
    if (row % step === 0) for (const turn of JSON.parse(line).messages) all.push(turn.content);
  });

  let state = 42;
  const next = below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state >>> 8) * below / 16777216);
  };
  for (let i = 0; i < made; i++) {
    let text = "";
    for (let runs = 1 + next(12); runs > 0; runs--) {
      if (next(6) === 0) {
        text += lists.words[next(lists.words.length)];
        continue;
      }
      const alphabet = alphabets[next(alphabets.length)];
      for (let length = 1 + next(8); length > 0; length--) text += alphabet[next(alphabet.length)];
    }
    all.push(text);
  }
  return all;
}

export function hash(texts) {
  const sha = createHash("sha256");
  for (const text of texts) sha.update(text, "utf8").update("\0");
  return sha.digest("hex");
}

// Every character outside the planes that hold none, 64 in a text, each with an x behind it.
export function characters() {
  const all = [];
  let text = "", count = 0;
  for (let rune = 1; rune < 0x110000; rune++) {
    if (rune >= 0xd800 && rune < 0xe000 || rune >= 0x40000 && rune < 0xe0000 || rune >= 0xf0100 && rune < 0x10ff00) continue;
    text += String.fromCodePoint(rune) + "x";
    if (++count % 64 === 0) { all.push(text); text = ""; }
  }
  return [...all, text];
}
