// YAML by the rules of sigs.k8s.io/yaml: plain scalars true/false, null, integers and floats are typed, everything else is text.
#include "core/text.h"
#include "json/value.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

namespace millrace::json {

namespace {

constexpr std::size_t kMaxBytes = 1u << 20;
constexpr int kMaxDepth = 64;

core::Error invalid(const YAML::Mark& mark, const std::string& what) {
  return {core::ErrorCode::Invalid, "line " + std::to_string(mark.line + 1) + ": " + what};
}

bool is_integer(std::string_view s) {
  if (!s.empty() && (s[0] == '-' || s[0] == '+')) s.remove_prefix(1);
  return !s.empty() && s.find_first_not_of("0123456789") == std::string_view::npos && (s.size() == 1 || s[0] != '0');
}

bool is_float(std::string_view s) {
  if (!s.empty() && s[0] == '+') s.remove_prefix(1);
  return core::is_decimal(s) && s.find_first_of(".eE") != std::string_view::npos;
}

Value plain(const std::string& s) {
  if (s.empty() || s == "~" || s == "null" || s == "Null" || s == "NULL") return nullptr;
  if (s == "true" || s == "True" || s == "TRUE") return true;
  if (s == "false" || s == "False" || s == "FALSE") return false;
  if (is_integer(s)) {
    std::int64_t i = 0;
    const char* first = s.data() + (s[0] == '+');
    if (std::from_chars(first, s.data() + s.size(), i).ec == std::errc()) return i;
  }
  if (is_integer(s) || is_float(s)) {
    if (const double d = std::strtod(s.c_str(), nullptr); std::isfinite(d)) return d;
  }
  return s;
}

core::Result<Value> to_value(const YAML::Node& node, int depth);

core::Result<Value> to_object(const YAML::Node& node, int depth) {
  Object out;
  for (const auto& member : node) {
    if (!member.first.IsScalar()) return invalid(member.first.Mark(), "keys must be plain text");
    const std::string& name = member.first.Scalar();
    if (out.find(name)) return invalid(member.first.Mark(), "key \"" + core::one_token(name, 60) + "\" is there twice");
    MILLRACE_TRY(value, to_value(member.second, depth + 1));
    out[name] = std::move(value);
  }
  return Value(std::move(out));
}

core::Result<Value> to_value(const YAML::Node& node, int depth) {
  if (depth > kMaxDepth) return invalid(node.Mark(), "more than 64 levels");
  switch (node.Type()) {
    case YAML::NodeType::Map: return to_object(node, depth);
    case YAML::NodeType::Sequence: {
      Array out;
      for (const YAML::Node& item : node) {
        MILLRACE_TRY(value, to_value(item, depth + 1));
        out.push_back(std::move(value));
      }
      return Value(std::move(out));
    }
    case YAML::NodeType::Scalar: return node.Tag() == "!" ? Value(node.Scalar()) : plain(node.Scalar());
    default: return Value();
  }
}

// yaml-cpp resolves aliases while it builds nodes: they are refused, and the depth is bounded, before it may do that.
class Inspector : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "aliases are not allowed"); }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override { enter(mark); }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override { enter(mark); }
  void OnMapEnd() override { --depth_; }

 private:
  void enter(const YAML::Mark& mark) {
    if (++depth_ > kMaxDepth) refuse(mark, "more than 64 levels");
  }
  void refuse(const YAML::Mark& mark, const char* what) { throw YAML::ParserException(mark, what); }
  int depth_ = 0;
};

// A flow collection nests without a line of its own; the parser recurses once a bracket, so brackets are counted beforehand.
bool too_deep(std::string_view bytes) {
  int depth = 0;
  for (const char c : bytes) {
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (depth > 4 * kMaxDepth) return true;
  }
  return false;
}

bool needs_quotes(const std::string& s) {
  if (s.empty() || s.size() > 200 || !plain(s).text()) return true;
  const auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '/' || c == '.'; };
  static const std::set<std::string_view> kWords{"y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"};
  if (!((s[0] >= 'a' && s[0] <= 'z') || (s[0] >= 'A' && s[0] <= 'Z')) || kWords.contains(s)) return true;
  for (const char c : s) {
    if (!word(c) && !(c >= '0' && c <= '9')) return true;
  }
  return false;
}

std::string scalar(const Value& v) {
  const std::string* s = v.text();
  return s && !needs_quotes(*s) ? *s : dump(v);  // JSON's quoted text is YAML's too
}

bool is_leaf(const Value& v) { return !(v.object() && !v.object()->empty()) && !(v.array() && !v.array()->empty()); }

void write(std::string& out, const Value& v, int indent);

void write_member(std::string& out, const Object::Member& m, int indent) {
  out += scalar(m.first) + ":";
  if (is_leaf(m.second)) {
    out += " " + scalar(m.second) + "\n";
  } else {
    out += "\n";
    write(out, m.second, m.second.array() ? indent : indent + 2);
  }
}

void write(std::string& out, const Value& v, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  if (const Object* o = v.object()) {
    for (const auto& m : o->members()) {
      out += margin;
      write_member(out, m, indent);
    }
    return;
  }
  for (const Value& item : *v.array()) {
    if (is_leaf(item)) {
      out += margin + "- " + scalar(item) + "\n";
      continue;
    }
    std::string inner;
    write(inner, item, indent + 2);
    inner.replace(static_cast<std::size_t>(indent), 2, "- ");
    out += inner;
  }
}

}  // namespace

core::Result<std::vector<Value>> parse_yaml(std::string_view bytes) {
  if (bytes.size() > kMaxBytes) return core::Error{core::ErrorCode::TooLarge, "more than 1 MiB of YAML"};
  if (!core::is_utf8(bytes)) return core::Error{core::ErrorCode::Invalid, "YAML must be UTF-8"};
  if (too_deep(bytes)) return core::Error{core::ErrorCode::Invalid, "more than 64 levels"};
  try {
    const std::string text(bytes);
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Inspector inspector;
    while (parser.HandleNextDocument(inspector)) {
    }
    std::vector<Value> out;
    for (const YAML::Node& node : YAML::LoadAll(text)) {
      MILLRACE_TRY(value, to_value(node, 0));
      if (!value.is_null()) out.push_back(std::move(value));
    }
    return out;
  } catch (const YAML::Exception& e) {
    return core::Error{core::ErrorCode::Invalid, core::cut(e.what(), 200)};
  }
}

std::string to_yaml(const Value& v) {
  if (is_leaf(v)) return scalar(v) + "\n";
  std::string out;
  write(out, v, 0);
  return out;
}

}  // namespace millrace::json
