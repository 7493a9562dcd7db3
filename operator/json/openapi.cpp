// Structural schemas of CRDs (OpenAPI v3), and what the API server does with them: defaults and pruning.
#include "core/check.h"
#include "core/text.h"
#include "json/codec.h"
#include "json/fallback.h"

namespace millrace::json {

namespace {

using Kind = Codec::Kind;

constexpr std::string_view kDurationPattern = R"(^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$)";
constexpr std::string_view kDecimalPattern = R"(^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$)";
constexpr std::string_view kQuantityPattern = R"(^[-+]?[0-9]+(\.[0-9]*)?([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$)";

struct SchemaWriter {
  SchemaUse use;
  bool bounds() const { return use == SchemaUse::Spec; }
  Object any(const Codec& codec, const Limits& limits, std::string_view doc) const;
  Object text(const Codec& codec, const Limits& limits) const;
  Object list(const Codec& codec, const Limits& limits) const;
  Object object(const Schema& schema) const;
  void rules(Object& out, const Schema& schema) const;
};

std::string cel_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// The API server shows no value beside the message of a rule. `value`: CEL that joins texts; numbers cost more than it allows.
Object rule_of(std::string_view cel, std::string_view message, std::string_view value) {
  Object out{{"rule", cel}, {"message", message}};
  if (!value.empty()) out["messageExpression"] = cel_text(std::string(message) + "; given: ") + " + " + std::string(value);
  return out;
}

void limit(Object& out, std::string_view name, int value) {
  if (value > 0) out[name] = value;
}

// Bounds of durations are no bounds of OpenAPI's: CEL compares them.
void duration_rules(Object& out, const Limits& limits) {
  Array rules;
  const auto rule = [&](const char* sign, const char* word, std::int64_t millis) {
    const std::string bound = core::to_text(core::Duration(millis));
    rules.push_back(rule_of("duration(self) " + std::string(sign) + " duration('" + bound + "')", word + bound, "self"));
  };
  if (limits.min && *limits.min > 0) rule(">=", "must be at least ", *limits.min);
  if (limits.max) rule("<=", "must be at most ", *limits.max);
  if (!rules.empty()) out["x-kubernetes-validations"] = std::move(rules);
}

Object SchemaWriter::text(const Codec& codec, const Limits& limits) const {
  Object out{{"type", "string"}};
  if (!bounds()) return out;
  if (codec.kind == Kind::Instant) out["format"] = "date-time";
  limit(out, "minLength", limits.min_length);
  limit(out, "maxLength", limits.max_length);
  if (!limits.pattern.empty()) out["pattern"] = limits.pattern;
  const auto form = [&](std::string_view pattern, int length) {
    out["pattern"] = pattern;
    if (limits.max_length == 0) out["maxLength"] = length;
  };
  if (codec.kind == Kind::Duration) {
    form(kDurationPattern, 16);
    duration_rules(out, limits);
  }
  if (codec.kind == Kind::Decimal) form(kDecimalPattern, 32);
  if (codec.kind == Kind::Quantity) form(kQuantityPattern, 32);
  if (codec.kind == Kind::Enum) {
    Array names;
    for (const EnumName& n : codec.names) names.emplace_back(n.name);
    out["enum"] = std::move(names);
  }
  return out;
}

// The API server asks that the key of a list's map is required, in status too.
void require(Object& items, std::string_view key) {
  Value& required = items["required"];
  if (!required.array()) required = Array();
  for (const Value& name : *required.array()) {
    if (name.text() && *name.text() == key) return;
  }
  required.array()->emplace_back(key);
}

Object SchemaWriter::list(const Codec& codec, const Limits& limits) const {
  Object out{{"type", "array"}, {"items", any(*codec.element, of_items(limits), codec.element->schema ? codec.element->schema->doc : "")}};
  limit(out, "maxItems", limits.max_items);
  if (bounds()) limit(out, "minItems", limits.min_items);
  if (!limits.list_key.empty()) {
    out["x-kubernetes-list-type"] = "map";
    require(*out["items"].object(), limits.list_key);
    out["x-kubernetes-list-map-keys"] = Array{limits.list_key};
  } else {
    out["x-kubernetes-list-type"] = "atomic";
  }
  return out;
}

void SchemaWriter::rules(Object& out, const Schema& schema) const {
  if (!bounds() || schema.rules.empty()) return;
  Array all;
  for (const Rule& rule : schema.rules) {
    all.emplace_back(rule_of(rule.cel, rule.message, rule.message_expression));
  }
  out["x-kubernetes-validations"] = std::move(all);
}

Value fallback_value(const Codec& codec, std::string_view fallback) {
  const auto value = literal(codec, fallback);
  MILLRACE_CHECK(value.has_value());
  return *value;
}

Object SchemaWriter::object(const Schema& schema) const {
  Object properties;
  Array required;
  for (const Field& f : schema.fields) {
    properties[f.name] = any(*f.codec, f.limits, f.doc);
    if (f.limits.required && bounds()) required.emplace_back(f.name);
  }
  Object out{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) out["required"] = std::move(required);
  rules(out, schema);
  return out;
}

Object SchemaWriter::any(const Codec& codec, const Limits& limits, std::string_view doc) const {
  if (codec.kind == Kind::Optional) return any(*codec.element, limits, doc);
  Object out;
  switch (codec.kind) {
    case Kind::Struct:
      out = object(*codec.schema);
      break;
    case Kind::List:
      out = list(codec, limits);
      break;
    case Kind::StringMap: {
      Object each{{"type", "string"}};
      if (bounds()) limit(each, "maxLength", limits.max_length);
      out = Object{{"type", "object"}, {"additionalProperties", std::move(each)}};
      if (bounds()) limit(out, "maxProperties", limits.max_properties);
      break;
    }
    case Kind::Raw:
      out = Object{{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
      break;
    case Kind::Boolean:
      out = Object{{"type", "boolean"}};
      break;
    case Kind::Integer:
      out = Object{{"type", "integer"}, {"format", "int64"}};
      if (bounds() && limits.min) out["minimum"] = *limits.min;
      if (bounds() && limits.max) out["maximum"] = *limits.max;
      break;
    case Kind::Optional:
    case Kind::String:
    case Kind::Duration:
    case Kind::Instant:
    case Kind::Quantity:
    case Kind::Decimal:
    case Kind::Enum:
      out = text(codec, limits);
      break;
  }
  std::string told(doc);
  if (limits.immutable) told += " Immutable.";
  if (!limits.example.empty() && bounds()) told += " Example: " + std::string(limits.example) + ".";
  if (!told.empty()) out["description"] = told;
  if (!limits.fallback.empty() && bounds()) {
    Value fallback = fallback_value(codec, limits.fallback);
    // The API server judges rules on a default before it fills in the defaults below it.
    if (codec.kind == Codec::Kind::Struct) apply_defaults(fallback, *codec.schema);
    out["default"] = std::move(fallback);
  }
  if (limits.immutable && bounds()) {
    const Array* rules = out["x-kubernetes-validations"].array();
    Array all = rules ? *rules : Array();
    all.push_back(Object{{"rule", "self == oldSelf"}, {"message", "is immutable"}});
    out["x-kubernetes-validations"] = std::move(all);
  }
  return out;
}

const Schema* struct_of(const Codec& codec) {
  return codec.kind == Kind::Optional ? struct_of(*codec.element) : codec.kind == Kind::Struct ? codec.schema : nullptr;
}

const Schema* element_struct_of(const Codec& codec) {
  if (codec.kind == Kind::Optional) return element_struct_of(*codec.element);
  return codec.kind == Kind::List ? struct_of(*codec.element) : nullptr;
}

// Calls visit(document, schema) for each object below `document` that a struct describes.
template <class Visit>
void below(Value& document, const Schema& schema, Visit visit) {
  Object* o = document.object();
  if (!o) return;
  for (const Field& f : schema.fields) {
    Value* member = o->find(f.name);
    if (!member) continue;
    if (const Schema* inner = struct_of(*f.codec)) visit(*member, *inner);
    const Schema* each = element_struct_of(*f.codec);
    if (!each || !member->array()) continue;
    for (Value& item : *member->array()) visit(item, *each);
  }
}

}  // namespace

Value openapi(const Schema& schema, SchemaUse use) {
  Object out = SchemaWriter{use}.object(schema);
  if (!schema.doc.empty()) out["description"] = schema.doc;
  return out;
}

void apply_defaults(Value& document, const Schema& schema) {
  Object* o = document.object();
  if (!o) return;
  for (const Field& f : schema.fields) {
    const Value* member = o->find(f.name);
    if (!f.limits.fallback.empty() && (!member || member->is_null())) (*o)[f.name] = fallback_value(*f.codec, f.limits.fallback);
  }
  below(document, schema, [](Value& v, const Schema& s) { apply_defaults(v, s); });
}

void prune(Value& document, const Schema& schema) {
  Object* o = document.object();
  if (!o) return;
  std::vector<std::string> gone;
  for (const auto& [name, value] : o->members()) {
    bool known = false;
    for (const Field& f : schema.fields) known = known || f.name == name;
    if (!known || value.is_null()) gone.push_back(name);
  }
  for (const std::string& name : gone) o->erase(name);
  below(document, schema, [](Value& v, const Schema& s) { prune(v, s); });
}

}  // namespace millrace::json
