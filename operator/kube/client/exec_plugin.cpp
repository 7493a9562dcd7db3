#include "kube/client/exec_plugin.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>

#include "core/text.h"
#include "json/value.h"

extern char** environ;

namespace millrace::kube {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLargestAnswer = std::size_t{1} << 20, kLongestReason = 300;

core::Error unavailable(const std::string& what) { return {.code = core::ErrorCode::Unavailable, .message = what}; }

class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int out() const { return ends_[0]; }
  int in() const { return ends_[1]; }
  void close_end(std::size_t which) {
    if (ends_[which] >= 0) ::close(ends_[which]);
    ends_[which] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

// As strings and as the array that execve() wants; the strings outlive it.
struct Words {
  explicit Words(std::vector<std::string> all) : texts(std::move(all)) {
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
  }
  std::vector<std::string> texts;
  std::vector<char*> pointers{};
};

Words environment_of(const ExecPlugin& plugin) {
  std::vector<std::string> out;
  for (char** each = environ; *each != nullptr; ++each) out.emplace_back(*each);
  for (const auto& [name, value] : plugin.env) {
    std::erase_if(out, [&](const std::string& known) { return known.starts_with(name + "="); });
    out.push_back(name + "=" + value);
  }
  json::Object spec{{"interactive", false}};
  if (!plugin.cluster.empty()) spec["cluster"] = *json::parse(plugin.cluster);
  const json::Value info = json::Object{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", std::move(spec)}};
  out.push_back("KUBERNETES_EXEC_INFO=" + json::dump(info));
  return Words(std::move(out));
}

Words arguments_of(const ExecPlugin& plugin) {
  std::vector<std::string> out{plugin.command};
  out.insert(out.end(), plugin.args.begin(), plugin.args.end());
  return Words(std::move(out));
}

core::Result<pid_t> start(const ExecPlugin& plugin, const Pipe& out, const Pipe& err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.in(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.in(), STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);  // ours are blocked for the thread that waits for them
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const Words arguments = arguments_of(plugin), environment = environment_of(plugin);
  pid_t pid = 0;
  const int failed =
      posix_spawnp(&pid, plugin.command.c_str(), &actions, &attributes, arguments.pointers.data(), environment.pointers.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return unavailable("exec " + plugin.command + ": " + std::strerror(failed));
  return pid;
}

// True at its end.
bool take(int from, std::string& into) {
  std::array<char, 4096> some;
  const ssize_t n = read(from, some.data(), some.size());
  if (n <= 0) return n == 0 || errno != EINTR;
  into.append(some.data(), static_cast<std::size_t>(n));
  return into.size() > kLargestAnswer;
}

// Until both pipes are closed, by the plugin or by us because it says too much; false when the time is over first.
bool drain(Pipe& out, Pipe& err, std::string& answer, std::string& complaint, Clock::time_point until) {
  while (out.out() >= 0 || err.out() >= 0) {
    std::array<pollfd, 2> pipes{pollfd{.fd = out.out(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = err.out(), .events = POLLIN, .revents = 0}};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    if (poll(pipes.data(), pipes.size(), static_cast<int>(left)) <= 0) continue;
    if (pipes[0].revents != 0 && take(out.out(), answer)) out.close_end(0);
    if (pipes[1].revents != 0 && take(err.out(), complaint)) err.close_end(0);
  }
  return true;
}

}  // namespace

core::Result<ExecCredential> read_exec_credential(const std::string& text, const std::string& api_version) {
  const auto answer = json::parse(text);
  if (!answer || answer->text_at({"kind"}) != "ExecCredential") return unavailable("its answer is no ExecCredential");
  if (answer->text_at({"apiVersion"}) != api_version)
    return unavailable("its answer is of " + core::one_token(answer->text_at({"apiVersion"})) + ", not of " + api_version);
  ExecCredential out{.token = answer->text_at({"status", "token"})};
  if (!answer->text_at({"status", "clientCertificateData"}).empty())
    return unavailable("it gives a client certificate, which is not supported");
  if (out.token.empty() || out.token.find_first_of("\r\n") != std::string::npos) return unavailable("its answer holds no token");
  if (const std::string expires = answer->text_at({"status", "expirationTimestamp"}); !expires.empty()) {
    out.expires = core::parse_rfc3339(expires);
    if (!out.expires) return unavailable("its expirationTimestamp is no time: " + core::one_token(expires));
  }
  return out;
}

core::Result<ExecCredential> run(const ExecPlugin& plugin, core::Duration limit) {
  Pipe out, err;
  if (out.in() < 0 || err.in() < 0) return unavailable("exec " + plugin.command + ": no pipe: " + std::strerror(errno));
  MILLRACE_TRY(pid, start(plugin, out, err));
  out.close_end(1);
  err.close_end(1);
  std::string answer, complaint;
  const bool over = drain(out, err, answer, complaint, Clock::now() + limit);
  if (!over) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  const std::string who = "exec " + plugin.command;
  if (!over) return unavailable(who + ": no answer within " + core::to_text(limit));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string how =
        WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status)) : "signal " + std::to_string(WTERMSIG(status));
    return unavailable(who + ": " + how + ": " + core::one_token(complaint, kLongestReason));
  }
  auto credential = read_exec_credential(answer, plugin.api_version);
  if (!credential) credential.error().message = who + ": " + credential.error().message;
  return credential;
}

}  // namespace millrace::kube
