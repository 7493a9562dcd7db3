// Schema tables: one constant table per API struct says everything about it. Decoder, Encoder, CRD writer, docs, strict
// validation, defaults, merge keys of the simulator and the random-object generator are plain functions over these tables.
//
//   struct Step { std::int64_t weight = 0; core::Duration pause{}; static const json::Schema schema; bool operator==(…) = default; };
//   constexpr json::Field kStep[] = {
//       field<&Step::weight>("weight", "Share of requests … in percent.", {.min = 0, .max = 100, .required = true}),
//       field<&Step::pause>("pause", "How long to stay …", {.example = "5m", .fallback = "0s"}),
//   };
//   constinit const json::Schema Step::schema{.doc = "One step of a rollout.", .fields = kStep};
//
// Leaves: std::string, bool, std::int64_t, core::Duration ("5m"), core::Instant (RFC 3339), Quantity, Decimal, Text (schemaless),
// enums (enum_names), StringMap; containers: std::vector, std::optional; structs with a schema.
// Missing means: the member keeps its initialiser (the CRD's default, when `fallback` is given, must say the same: lint checks).
// Empty values (zero optional, empty list/map/string that has no fallback and is not required) are not written.
// Thread contract: tables are constants; functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/time.h"
#include "json/value.h"

namespace millrace::json {

struct Quantity {  // "1Gi", as written
  std::string text{};
  bool operator==(const Quantity&) const = default;
};
struct Decimal {  // "0.90", as written
  std::string text{};
  bool operator==(const Decimal&) const = default;
};

struct Schema;
struct Codec;

struct EnumName {
  int value;
  std::string_view name;
};

// What kind of thing a member is, how to reach into it without knowing its type.
struct Codec {
  enum class Kind { String, Boolean, Integer, Duration, Instant, Quantity, Decimal, Raw, Enum, StringMap, List, Optional, Struct };
  Kind kind;
  const Codec* element = nullptr;                   // List, Optional
  const Schema* schema = nullptr;                   // Struct
  std::span<const EnumName> names{};                // Enum
  void* (*append)(void* list) = nullptr;            // List: emplace_back; Optional: emplace
  std::size_t (*size)(const void* list) = nullptr;  // List, Optional
  const void* (*item)(const void* list, std::size_t index) = nullptr;
  void (*clear)(void* list) = nullptr;
  void (*set_enum)(void* at, int value) = nullptr;
  int (*get_enum)(const void* at) = nullptr;
};

// What the CRD says of a field beyond its type.
struct Limits {
  std::optional<std::int64_t> min{}, max{};  // integers; durations in milliseconds
  int min_length = 0;
  int max_length = 0;  // of the text, or of each value of a map; 0: the type's own bound (docs list them)
  int min_items = 0;
  int max_items = 0;       // lists: required by lint
  int max_properties = 0;  // maps: required by lint
  std::string_view pattern{};
  std::string_view list_key{};  // x-kubernetes-list-type: map with this key; else atomic
  std::string_view example{};
  std::string_view fallback{};  // default as JSON text for non-strings, plain text for strings ("5m", "Canary", "{}", "3")
  bool required = false;
  bool immutable = false;
  bool is_volatile = false;  // status only: an observation, not a decision (D28)
};

// What a list's limits say of each item.
inline Limits of_items(const Limits& list) {
  return {.min = list.min, .max = list.max, .min_length = list.min_length, .max_length = list.max_length, .pattern = list.pattern};
}

// A fresh struct of a type that the interpreters do not know: lint compares fallbacks with its initialisers.
struct Blank {
  void* (*make)();
  void (*destroy)(void*);
};
template <class S>
inline constexpr Blank kBlank{[]() -> void* { return new S; }, [](void* s) { delete static_cast<S*>(s); }};

struct Field {
  std::string_view name, doc;
  const Codec* codec;
  void* (*at)(void* owner);
  Limits limits;
  const Blank* owner = nullptr;
};

struct Rule {                     // x-kubernetes-validations of a struct, with its C++ twin
  std::string_view cel, message;  // the message names path and allowed values; value by message_expression when given
  bool (*holds)(const void*);     // nullptr for transition rules (oldSelf)
  // One accepted and one refused example of this struct, as JSON; of a transition rule: [before, after].
  std::string_view good, bad;
  std::string_view message_expression{};
  bool (*holds_over)(const void* before, const void* after) = nullptr;  // transition rules
};

struct Schema {
  std::string_view doc;
  std::span<const Field> fields;
  std::span<const Rule> rules{};
};

template <class T>
struct CodecOf;  // leaves: specialisations below, defined in codecs.cpp

#define MILLRACE_LEAF(T)      \
  template <>                 \
  struct CodecOf<T> {         \
    static const Codec value; \
  };
MILLRACE_LEAF(std::string)
MILLRACE_LEAF(bool)
MILLRACE_LEAF(std::int64_t)
MILLRACE_LEAF(core::Duration)
MILLRACE_LEAF(core::Instant)
MILLRACE_LEAF(Quantity)
MILLRACE_LEAF(Decimal)
MILLRACE_LEAF(Text)
MILLRACE_LEAF(StringMap)
#undef MILLRACE_LEAF

template <class T>
  requires requires { T::schema; }
struct CodecOf<T> {
  static constexpr Codec value{.kind = Codec::Kind::Struct, .schema = &T::schema};
};

// An enum E is a leaf when `constexpr std::span<const json::EnumName> enum_names(E)` is found beside it.
template <class E>
  requires std::is_enum_v<E>
struct CodecOf<E> {
  static constexpr Codec value{.kind = Codec::Kind::Enum,
                               .names = enum_names(E{}),
                               .set_enum = [](void* at, int v) { *static_cast<E*>(at) = static_cast<E>(v); },
                               .get_enum = [](const void* at) { return static_cast<int>(*static_cast<const E*>(at)); }};
};

template <class T>
struct CodecOf<std::vector<T>> {
  using List = std::vector<T>;
  static constexpr Codec value{.kind = Codec::Kind::List,
                               .element = &CodecOf<T>::value,
                               .append = [](void* l) -> void* { return &static_cast<List*>(l)->emplace_back(); },
                               .size = [](const void* l) { return static_cast<const List*>(l)->size(); },
                               .item = [](const void* l, std::size_t i) -> const void* { return &(*static_cast<const List*>(l))[i]; },
                               .clear = [](void* l) { static_cast<List*>(l)->clear(); }};
};

template <class T>
struct CodecOf<std::optional<T>> {
  using Maybe = std::optional<T>;
  static constexpr Codec value{.kind = Codec::Kind::Optional,
                               .element = &CodecOf<T>::value,
                               .append = [](void* l) -> void* { return &static_cast<Maybe*>(l)->emplace(); },
                               .size = [](const void* l) -> std::size_t { return static_cast<const Maybe*>(l)->has_value(); },
                               .item = [](const void* l, std::size_t) -> const void* { return &**static_cast<const Maybe*>(l); },
                               .clear = [](void* l) { static_cast<Maybe*>(l)->reset(); }};
};

template <auto>
struct MemberOf;
template <class S, class M, M S::*P>
struct MemberOf<P> {
  using Owner = S;
  using Type = M;
  static void* at(void* owner) { return &(static_cast<S*>(owner)->*P); }
};

template <auto P>
constexpr Field field(std::string_view name, std::string_view doc, Limits limits = {}) {
  return {name, doc, &CodecOf<typename MemberOf<P>::Type>::value, MemberOf<P>::at, limits, &kBlank<typename MemberOf<P>::Owner>};
}

template <class S, bool (*Holds)(const S&)>
constexpr Rule rule(std::string_view cel, std::string_view message, std::string_view good, std::string_view bad,
                    std::string_view message_expression = {}) {
  return {cel, message, [](const void* s) { return Holds(*static_cast<const S*>(s)); }, good, bad, message_expression};
}

template <class S, bool (*Holds)(const S&, const S&)>
constexpr Rule transition(std::string_view cel, std::string_view message, std::string_view good, std::string_view bad) {
  return {cel, message, nullptr, good, bad, {}, [](const void* a, const void* b) {
            return Holds(*static_cast<const S*>(a), *static_cast<const S*>(b));
          }};
}

}  // namespace millrace::json
