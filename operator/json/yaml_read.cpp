// YAML to documents: yaml-cpp's events, so that anchors, aliases, tags and depth are refused before anything is built of them.
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "core/text.h"
#include "json/value.h"
#include "json/yaml_scalar.h"

namespace millrace::json {

namespace {

constexpr std::size_t kMaxBytes = 1u << 20;
constexpr std::size_t kMaxDepth = 64;
constexpr std::string_view kTextTag = "tag:yaml.org,2002:str";

std::string name_of(const YAML::Mark& mark, const Value& key) {
  if (key.text()) return *key.text();
  if (key.is_null() || key.object() || key.array()) throw YAML::ParserException(mark, "a key must be text");
  return dump(key);  // 1: and true: are the names "1" and "true", as in sigs.k8s.io/yaml
}

class Builder : public YAML::EventHandler {
 public:
  std::vector<Value> documents{};

  void OnDocumentStart(const YAML::Mark& mark) override {
    // yaml-cpp consumes nothing of a stray "," or "}" and would start documents at it for ever.
    if (mark.pos == start_) refuse(mark, "a stray \",\", \"]\" or \"}\"");
    start_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    inspect(mark, "", anchor);
    put(mark, plain_scalar(""));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "aliases are not allowed"); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    inspect(mark, tag, anchor);
    put(mark, tag == "!" || tag == kTextTag ? Value(text) : plain_scalar(text));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Array());
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Object());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    YAML::Mark mark{};
    Value value{};
    std::string name{};  // of the member whose value comes next, when `named`
    bool named = false;
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, const std::string& what) { throw YAML::ParserException(mark, what); }

  static void inspect(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse(mark, "anchors are not allowed");
    if (!tag.empty() && tag != "?" && tag != "!" && tag != kTextTag) refuse(mark, "tags are not allowed");
  }
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Value&& empty) {
    inspect(mark, tag, anchor);
    if (frames_.size() == kMaxDepth) refuse(mark, "more than 64 levels");
    frames_.emplace_back();
    frames_.back().mark = mark;
    frames_.back().value = std::move(empty);
  }
  void close() {
    const YAML::Mark mark = frames_.back().mark;
    Value done;
    std::swap(done, frames_.back().value);
    frames_.pop_back();
    put(mark, std::move(done));
  }
  void put(const YAML::Mark& mark, Value&& v) {
    if (frames_.empty()) return documents.push_back(std::move(v));
    Frame& frame = frames_.back();
    if (Array* list = frame.value.array()) return list->push_back(std::move(v));
    if (!frame.named) return name(mark, frame, v);
    (*frame.value.object())[frame.name] = std::move(v);
    frame.named = false;
  }
  static void name(const YAML::Mark& mark, Frame& frame, const Value& key) {
    frame.name = name_of(mark, key);
    frame.named = true;
    if (frame.name == "<<") refuse(mark, "merge keys are not allowed");
    if (frame.value.object()->find(frame.name)) refuse(mark, "\"" + core::one_token(frame.name, 60) + "\" is there twice");
  }

  std::vector<Frame> frames_{};
  int start_ = -1;  // of the document, in characters
};

}  // namespace

core::Result<std::vector<Value>> parse_yaml(std::string_view bytes) {
  if (bytes.size() > kMaxBytes) return core::Error{core::ErrorCode::TooLarge, "more than 1 MiB of YAML"};
  if (!core::is_utf8(bytes)) return core::Error{core::ErrorCode::Invalid, "YAML must be UTF-8"};
  try {
    std::istringstream stream{std::string(bytes)};
    YAML::Parser parser(stream);
    Builder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    std::erase_if(builder.documents, [](const Value& v) { return v.is_null(); });  // "---" around nothing
    return std::move(builder.documents);
  } catch (const YAML::Exception& e) {
    return core::Error{core::ErrorCode::Invalid, core::cut("line " + std::to_string(e.mark.line + 1) + ": " + e.msg, 200)};
  }
}

}  // namespace millrace::json
