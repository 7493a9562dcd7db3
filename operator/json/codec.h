// Interpreters of schema tables: JSON ⇄ structs, validation, CRD schemas.
// Decoding is tolerant where the API server has already judged (unknown fields ignored, unknown enum values keep the initialiser)
// and strict for files of people (`Strictness::File`: unknown field, duplicate, bound or rule broken → Invalid with path, value and
// what is allowed). Malformed types are always an error naming the path: the pass shows it, nothing crashes.
// Thread contract: pure; the parser's buffers are thread local.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "json/schema.h"
#include "json/value.h"

namespace millrace::json {

enum class Strictness { Server, File };

core::Result<void> decode_into(void* out, const Schema& schema, std::string_view bytes, Strictness strictness);
core::Result<void> decode_into(void* out, const Schema& schema, const Value& v, Strictness strictness);

template <class T>
core::Result<T> decode(std::string_view bytes, Strictness strictness = Strictness::Server) {
  T out;
  if (auto ok = decode_into(&out, T::schema, bytes, strictness); !ok) return std::move(ok).error();
  return out;
}
template <class T>
core::Result<T> decode(const std::string& bytes, Strictness strictness = Strictness::Server) {
  return decode<T>(std::string_view(bytes), strictness);
}
template <class T>
core::Result<T> decode(const char* bytes, Strictness strictness = Strictness::Server) {
  return decode<T>(std::string_view(bytes), strictness);
}
template <class T>
core::Result<T> decode(const Value& v, Strictness strictness = Strictness::Server) {
  T out;
  if (auto ok = decode_into(&out, T::schema, v, strictness); !ok) return std::move(ok).error();
  return out;
}

enum class Clamp { No, Yes };        // Yes: lists and texts are cut to their bounds (status, D27)
enum class Volatile { Keep, Drop };  // Drop: fields marked is_volatile are left out (D28)
Value encode_from(const void* in, const Schema& schema, Clamp clamp = Clamp::No, Volatile keep = Volatile::Keep);

template <class T>
Value encode(const T& in, Clamp clamp = Clamp::No, Volatile keep = Volatile::Keep) {
  return encode_from(&in, T::schema, clamp, keep);
}

// Every bound and rule that `in` breaks, as "spec.rollout.steps[1].weight: 900 must be at most 100"; empty = valid.
// `path` is the prefix of the paths ("spec").
std::vector<std::string> violations(const void* in, const Schema& schema, std::string_view path);
std::vector<std::string> transition_violations(const void* before, const void* after, const Schema& schema, std::string_view path);

// The OpenAPI v3 structural schema of a struct, as CRDs hold it. Status schemas get types and maxItems only (D27).
enum class SchemaUse { Spec, Status };
Value openapi(const Schema& schema, SchemaUse use);

// Defaults of the schema filled into a document, unknown fields pruned: what the API server does on create. For the simulator.
void apply_defaults(Value& document, const Schema& schema);
void prune(Value& document, const Schema& schema);

// House rules of tables: a doc on every field, bounds, examples that decode and obey, fallbacks equal to initialisers, rules whose
// examples hold and break. Status: lists and maps are bounded, texts and numbers need not be (D27). Empty = clean.
std::vector<std::string> lint(const Schema& schema, std::string_view path, SchemaUse use = SchemaUse::Spec);

}  // namespace millrace::json
