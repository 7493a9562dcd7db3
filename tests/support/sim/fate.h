// Fate: what befalls one write, or one line of a watch. A run is told by its decisions: which write or line, counted from its beginning,
// met which fate. "write 12 crash-after, line 40 lost" is a whole run again, on any machine.
// Thread contract: values and pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::sim {

enum class Fate {
  Ok,
  // of a write
  CrashBefore,      // the operator dies, the write is never sent
  CrashAfter,       // the write is done, the operator dies before it hears of it
  Conflict,         // the server answers 409 and does nothing
  CommitThenError,  // the write is done, the answer is lost
  Hang,             // the same, once the deadline of the call is over
  ServerError,      // the server answers 500 and does nothing
  Throttled,        // the server answers 429 with Retry-After and does nothing
  Forbidden,        // the server answers 403, this once, and does nothing
  Lag,              // done; then no watch tells anything for 10 s
  CutStreams,       // done; then every watch breaks
  StaleRestart,     // done; the operator dies; what the next one lists is 10 s old when it comes, and its watches follow 5 s later
  Freeze,           // the process stops before it for 40 s: another one leads by then (stories with a lease)
  Meddle,           // before it somebody else adds a label and an annotation to the object that it goes to
  Wipe,             // done; then the operator dies and all statuses of our kinds are lost (D21)
  Older,            // done; then the operator dies and all statuses of our kinds are as an older operator wrote them
  Spoil,            // before it our objects get specs that cannot be read; once all is at rest they have the former ones again
  Delete,           // before it people delete all objects of our kinds
  // of a line
  Late,  // its kind tells nothing for 10 s, the others do
  Lost,  // its kind tells nothing for 10 s, then the server has forgotten what happened meanwhile: one list instead of many events
  Twice  // it is told twice
};
std::string_view to_text(Fate fate);
bool of_line(Fate fate);
bool crashes(Fate fate);  // what the operator remembered is lost

struct Decision {
  std::size_t at = 0;  // number of the write, or of the line
  Fate fate = Fate::Ok;
  bool operator==(const Decision&) const = default;
};
using Decisions = std::vector<Decision>;
std::string to_text(const Decisions& decisions);
std::optional<Decisions> decisions_of(std::string_view text);

}  // namespace millrace::sim
