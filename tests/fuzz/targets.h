// What is fuzzed: each target takes any bytes, and may neither crash nor break its word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::fuzz {

struct Target {
  const char* name;
  void (*run)(std::string_view bytes);
  std::vector<std::string> seeds;
};
const std::vector<Target>& targets();

// Ends the process, as a crash does, naming what does not hold.
void must(bool holds, const char* what);

// What is left of the input: small numbers are taken from its front ("0": 0).
class Bytes {
 public:
  explicit Bytes(std::string_view all) : left_(all) {}
  std::size_t number(std::size_t below);
  std::string_view rest() const { return left_; }

 private:
  std::string_view left_;
};

// wire.cpp
void framer(std::string_view bytes);
void reflector(std::string_view bytes);
void answers(std::string_view bytes);
void reports(std::string_view bytes);
// objects.cpp
void json(std::string_view bytes);
void objects(std::string_view bytes);
void yaml(std::string_view bytes);
void kubeconfig(std::string_view bytes);
// words.cpp
void annotations(std::string_view bytes);
void texts(std::string_view bytes);
void uris(std::string_view bytes);
void queries(std::string_view bytes);
void messages(std::string_view bytes);

}  // namespace millrace::fuzz
