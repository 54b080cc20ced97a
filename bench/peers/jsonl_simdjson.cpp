// simdjson's on-demand reader over a file of chat records: id and source as text, and the role and unescaped content of every message, all their bytes touched.
// g++ -O3 -march=native -std=c++17 jsonl_simdjson.cpp -lsimdjson -o jsonl_simdjson; ./jsonl_simdjson FILE
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string_view>
#include <simdjson.h>

// FNV-1a over two 64-bit words for every text: the sum of its little-endian words, the last one filled up with zeros, and its length.
static uint64_t add(uint64_t hash, std::string_view text) {
  uint64_t sum = 0, word = 0;
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::memcpy(&word, text.data() + at, 8);
    sum += word;
  }
  word = 0;
  std::memcpy(&word, text.data() + at, text.size() - at);
  hash = (hash ^ (sum + word)) * 0x100000001b3;
  return (hash ^ text.size()) * 0x100000001b3;
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  auto begin = std::chrono::steady_clock::now();
  simdjson::padded_string text;
  if (simdjson::padded_string::load(arguments[1]).get(text)) return 3;
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document_stream lines;
  if (parser.iterate_many(text.data(), text.size(), 4 << 20).get(lines)) return 4;
  size_t records = 0, bytes = 0, others = 0;
  uint64_t hash = 0xcbf29ce484222325;
  for (auto line : lines) {
    std::string_view id, source;
    if (line["id"].get_string().get(id) || line["source"].get_string().get(source)) return 5;
    others += id.size() + source.size();
    simdjson::ondemand::array messages;
    if (line["messages"].get_array().get(messages)) return 6;
    for (auto message : messages) {
      std::string_view role, content;
      if (message["role"].get_string().get(role) || message["content"].get_string().get(content)) return 7;
      bytes += content.size();
      hash = add(add(hash, role), content);
    }
    records++;
  }
  double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  double cpu = (double)std::clock() / CLOCKS_PER_SEC;
  std::printf("{\"seconds\":%.6f,\"cpu_seconds\":%.6f,\"records\":%zu,\"utf8_bytes\":%zu,\"other_bytes\":%zu,\"hash\":\"%016llx\"}\n", wall, cpu, records, bytes, others, (unsigned long long)hash);
}
