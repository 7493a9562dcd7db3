// House rules of schema tables, checked on fresh structs.
#include <memory>

#include "json/codec.h"
#include "json/fallback.h"
#include "json/pattern.h"

namespace millrace::json {

namespace {

using Kind = Codec::Kind;
using Fresh = std::unique_ptr<void, void (*)(void*)>;

const Codec& inner(const Codec& codec) { return codec.kind == Kind::Optional ? inner(*codec.element) : codec; }
const Codec& leaf_of(const Codec& codec) { return inner(codec).kind == Kind::List ? leaf_of(*inner(codec).element) : inner(codec); }

Fresh fresh(const Schema& schema) {
  const Blank* blank = schema.fields.empty() ? nullptr : schema.fields.front().owner;
  return blank ? Fresh(blank->make(), blank->destroy) : Fresh(nullptr, [](void*) {});
}

struct Linter {
  SchemaUse use;
  std::vector<std::string> found{};

  void say(const std::string& path, const std::string& what) { found.push_back(path + ": " + what); }
  void object(const Schema& schema, const std::string& path);
  void field(const Schema& schema, const Field& f, const std::string& path);
  void bounds(const Field& f, const std::string& path);
  void key(const Field& f, const std::string& path);
  void texts(const Schema& schema, const Field& f, const std::string& path);
  std::optional<Value> decoded(const Schema& schema, const Field& f, std::string_view text, const std::string& what);
  void rule(const Schema& schema, const Rule& r, const std::string& path);
  void judged(const Schema& schema, const Rule& r, std::string_view example, bool wanted, const std::string& path);
};

void Linter::key(const Field& f, const std::string& path) {
  if (f.limits.list_key.empty()) return;
  const Schema* each = inner(f.codec->kind == Kind::List ? *f.codec->element : *f.codec).schema;
  for (const Field& member : each ? each->fields : std::span<const Field>()) {
    if (member.name == f.limits.list_key && member.codec->kind == Kind::String && member.limits.required) return;
  }
  say(path, "list_key \"" + std::string(f.limits.list_key) + "\" must name a required text of the list's struct");
}

void Linter::bounds(const Field& f, const std::string& path) {
  const Limits& l = f.limits;
  const Kind kind = inner(*f.codec).kind, leaf = leaf_of(*f.codec).kind;
  if (kind == Kind::List && l.max_items <= 0) say(path, "a list needs max_items");
  if (leaf == Kind::StringMap && l.max_properties <= 0) say(path, "a map needs max_properties");
  if (leaf == Kind::Enum && leaf_of(*f.codec).names.empty()) say(path, "an enum needs names");
  if ((l.min || l.max) && leaf != Kind::Integer && leaf != Kind::Duration) say(path, "min and max are for integers and durations");
  if (l.min && l.max && *l.min > *l.max) say(path, "min is above max");
  if (!l.pattern.empty() && leaf != Kind::String) say(path, "a pattern is for texts");
  if (!l.pattern.empty() && !compiles(l.pattern)) say(path, "the pattern does not compile");
  if (use == SchemaUse::Status) return;
  if ((leaf == Kind::String || leaf == Kind::StringMap) && l.max_length <= 0) say(path, "a text needs max_length");
  if (leaf == Kind::Integer && !(l.min && l.max)) say(path, "an integer needs min and max");
}

// Example and fallback decode and obey; the fallback is what the initialiser says.
void Linter::texts(const Schema& schema, const Field& f, const std::string& path) {
  const Fresh blank = fresh(schema);
  if (!blank) return say(path, "made without field<>()");
  const Field one[] = {f};
  const Schema alone{.doc = {}, .fields = one};
  const Value initial = encode_from(blank.get(), alone);
  const Value* member = initial.object()->find(f.name);
  if (!f.limits.example.empty()) decoded(schema, f, f.limits.example, path + ": the example");
  if (f.limits.fallback.empty()) {
    const bool text = member && member->text() && inner(*f.codec).kind == Kind::String;
    const bool full = member && (member->array() || inner(*f.codec).kind == Kind::StringMap);
    if (((text && !member->text()->empty()) || full) && !f.limits.required)
      say(path, "has an initialiser and no fallback: an empty value would not come back");
    return;
  }
  if (f.limits.required) say(path, "is required and has a fallback");
  const auto set = decoded(schema, f, f.limits.fallback, path + ": the fallback");
  if (set && !(*set == initial)) say(path, "the fallback is not the initialiser, " + dump(initial));
}

// The field alone, after it was read from a text of the table; what is refused is told.
std::optional<Value> Linter::decoded(const Schema& schema, const Field& f, std::string_view text, const std::string& what) {
  const Fresh blank = fresh(schema);
  const Field one[] = {f};
  const Schema alone{.doc = {}, .fields = one};
  const auto value = literal(*f.codec, text);
  if (!value) return say(what, "no JSON"), std::nullopt;
  const auto ok = decode_into(blank.get(), alone, Object{{std::string(f.name), *value}}, Strictness::File);
  if (!ok) return say(what, ok.error().message), std::nullopt;
  return encode_from(blank.get(), alone);
}

void Linter::field(const Schema& schema, const Field& f, const std::string& path) {
  if (f.name.empty()) say(path, "has no name");
  if (f.doc.empty()) say(path, "has no doc");
  bounds(f, path);
  key(f, path);
  texts(schema, f, path);
  const Codec& leaf = leaf_of(*f.codec);
  if (leaf.kind == Kind::Struct) object(*leaf.schema, inner(*f.codec).kind == Kind::List ? path + "[]" : path);
}

void Linter::judged(const Schema& schema, const Rule& r, std::string_view example, bool wanted, const std::string& path) {
  const std::string at = path + ": rule \"" + std::string(r.message) + "\"";
  const char* which = wanted ? "the good example" : "the bad example";
  const auto document = parse(example);
  if (!document) return say(at, std::string(which) + " is no JSON");
  const Array* pair = document->array();
  if (r.holds_over && !(pair && pair->size() == 2)) return say(at, std::string(which) + " must be [before, after]");
  const Fresh before = fresh(schema), after = fresh(schema);
  const Strictness strictness = wanted ? Strictness::File : Strictness::Server;
  auto ok = decode_into(after.get(), schema, r.holds_over ? (*pair)[1] : *document, strictness);
  if (ok && r.holds_over) ok = decode_into(before.get(), schema, (*pair)[0], strictness);
  if (!ok) return say(at, std::string(which) + " is refused: " + ok.error().message);
  const bool holds = r.holds_over ? r.holds_over(before.get(), after.get()) : r.holds(after.get());
  if (holds != wanted) say(at, std::string(which) + (wanted ? " breaks it" : " obeys it"));
}

void Linter::rule(const Schema& schema, const Rule& r, const std::string& path) {
  if (r.cel.empty() || r.message.empty()) say(path, "a rule needs CEL and a message");
  if (!r.holds && !r.holds_over) return say(path, "rule \"" + std::string(r.message) + "\" has no twin");
  judged(schema, r, r.good, true, path);
  judged(schema, r, r.bad, false, path);
}

void Linter::object(const Schema& schema, const std::string& path) {
  for (const Field& f : schema.fields) field(schema, f, path.empty() ? std::string(f.name) : path + "." + std::string(f.name));
  if (use == SchemaUse::Status || schema.fields.empty()) return;
  for (const Rule& r : schema.rules) rule(schema, r, path);
}

}  // namespace

std::vector<std::string> lint(const Schema& schema, std::string_view path, SchemaUse use) {
  Linter linter{use};
  linter.object(schema, std::string(path));
  return std::move(linter.found);
}

}  // namespace millrace::json
