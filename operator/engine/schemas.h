// Schemas: is the CRD of each of our kinds the one that this program was made for? (D27) A machine; each CRD is read by name: at start,
// and again every minute while its kind cannot run, so that applying it heals without a restart.
//   Older, Absent: the kind's controller does not run, and trouble() says which file to apply. Newer: it runs, and statuses are merged,
//   so that fields that this program does not know live on.
// Times are monotonic.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "kube/client/transport.h"
#include "kube/model/resource.h"

namespace millrace::engine {

class Schemas {
 public:
  enum class State { Unknown, Absent, Older, Same, Newer };
  static constexpr core::Duration kAgain{60'000};
  static constexpr core::Duration kDoubt{10'000};

  Schemas() = default;
  Schemas(std::vector<const kube::Resource*> kinds, int number);  // number 0: every kind runs, no CRD is read

  std::optional<std::size_t> next(core::Ticks now);  // whose CRD to read now; answered() follows
  kube::Request request(std::size_t kind) const;
  // True: what there is to say of it changed.
  bool answered(std::size_t kind, const core::Result<kube::Response>& response, core::Ticks now);
  // Its objects were not found: is the CRD still there?
  void doubt(std::size_t kind, core::Ticks now);

  bool is_served(std::size_t kind) const;  // its objects can be listed
  bool runs(std::size_t kind) const;       // its controller may
  bool merges(std::size_t kind) const { return rows_[kind].state == State::Newer; }
  std::string trouble(std::size_t kind) const;  // "": none; else a sentence for people
  std::optional<core::Ticks> wake() const;

 private:
  struct Row {
    const kube::Resource* kind = nullptr;
    State state = State::Unknown;
    std::string why{};
    std::optional<core::Ticks> at{};  // when to read it; not while asked, nor while all is well
    int failures = 0;
  };
  std::vector<Row> rows_{};
  int number_ = 0;
};
static_assert(std::copyable<Schemas>);

}  // namespace millrace::engine
