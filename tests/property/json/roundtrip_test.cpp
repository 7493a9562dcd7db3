#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "json/codec.h"
#include "json/difference.h"
#include "support/json/random.h"
#include "support/json/sample.h"

namespace millrace::json {

using sample::Rollout;

RC_GTEST_PROP(Tables, DecodeOfEncodeIsTheSameStruct, (std::uint64_t seed)) {
  const auto first = decode<Rollout>(random_object(Rollout::schema, seed));
  RC_ASSERT(first.has_value());
  const Value written = encode(*first);
  const auto second = decode<Rollout>(written);
  RC_ASSERT(second.has_value());
  RC_ASSERT(*second == *first);
  RC_ASSERT(encode(*second) == written);
}

RC_GTEST_PROP(Tables, ADocumentWithDefaultsDecodesToTheSameStruct, (std::uint64_t seed)) {
  const Value document = random_object(Rollout::schema, seed);
  Value filled = document;
  apply_defaults(filled, Rollout::schema);
  prune(filled, Rollout::schema);
  RC_ASSERT(*decode<Rollout>(filled) == *decode<Rollout>(document));
}

RC_GTEST_PROP(Tables, RandomDocumentsObeyEveryBound, (std::uint64_t seed)) {
  const auto r = decode<Rollout>(random_object(Rollout::schema, seed));
  RC_ASSERT(r.has_value());
  for (const std::string& said : violations(&*r, Rollout::schema, "spec")) RC_ASSERT(said == "spec: steps: weights must rise");
}

RC_GTEST_PROP(Tables, AClampedObjectIsStable, (std::uint64_t seed)) {
  const auto r = decode<Rollout>(random_object(Rollout::schema, seed));
  const Value clamped = encode(*r, Clamp::Yes);
  RC_ASSERT(encode(*decode<Rollout>(clamped), Clamp::Yes) == clamped);
}

RC_GTEST_PROP(Values, JsonAndYamlComeBack, (std::uint64_t seed)) {
  const Value v = random_object(Rollout::schema, seed);
  RC_ASSERT(*parse(dump(v)) == v);
  RC_ASSERT(*parse(pretty(v)) == v);
  RC_ASSERT(parse_yaml(to_yaml(v))->front() == v);
}

RC_GTEST_PROP(Values, AMergeDifferenceMakesOneObjectOfAnother, (std::uint64_t from, std::uint64_t to)) {
  const Value a = random_object(Rollout::schema, from), b = random_object(Rollout::schema, to);
  RC_ASSERT(merge_patch(a, merge_difference(*a.object(), *b.object())) == b);
  RC_ASSERT(merge_difference(*a.object(), *a.object()).empty());
}

RC_GTEST_PROP(Values, NoBytesCrashTheParsers, (const std::vector<char>& bytes)) {
  static constexpr std::string_view kAlphabet = "{}[]\":,0e.-tn\\u\xff \n&*!a";
  std::string text;
  for (const char c : bytes) text += kAlphabet[static_cast<unsigned char>(c) % kAlphabet.size()];
  const auto json = parse(text);
  RC_ASSERT(json.has_value() || !json.error().message.empty());
  const auto yaml = parse_yaml(text);
  RC_ASSERT(yaml.has_value() || !yaml.error().message.empty());
  const auto object = decode<Rollout>(text, Strictness::File);
  RC_ASSERT(object.has_value() || !object.error().message.empty());
}

}  // namespace millrace::json
