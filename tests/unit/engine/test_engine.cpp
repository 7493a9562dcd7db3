// The engine as a whole against a server of a few lines: what needs more of one is in tests/sim.
#include <gtest/gtest.h>

#include <deque>

#include "core/check.h"
#include "engine/engine.h"
#include "json/codec.h"
#include "kube/model/children.h"
#include "kube/model/condition_json.h"
#include "kube/model/workloads.h"

namespace millrace::engine {
namespace {

using std::chrono::seconds;

struct ThingStatus {
  std::string phase{}, message{};
  std::int64_t seen = 0;
  kube::Conditions conditions{};
  static const json::Schema schema;
  bool operator==(const ThingStatus&) const = default;
};
struct Thing {
  kube::ObjectMeta meta{};
  ThingStatus status{};
  static constexpr kube::Resource kResource{"toy", "v1", "Thing", "things"};
  static const json::Schema schema;
  bool operator==(const Thing&) const = default;
};
constexpr json::Field kStatus[] = {json::field<&ThingStatus::phase>("phase", "Phase."),
                                   json::field<&ThingStatus::message>("message", "Message."),
                                   json::field<&ThingStatus::seen>("seen", "Seen.", {.is_volatile = true}),
                                   json::field<&ThingStatus::conditions>("conditions", "Conditions.")};
constexpr json::Field kThing[] = {json::field<&Thing::meta>("metadata", "Metadata."), json::field<&Thing::status>("status", "Status.")};
constinit const json::Schema ThingStatus::schema{.doc = "Status.", .fields = kStatus};
constinit const json::Schema Thing::schema{.doc = "Thing.", .fields = kThing};

// Plans what the test says.
class Toy : public Controller {
 public:
  mutable std::map<std::string, int> passes{};
  mutable std::vector<plan::Refusal> refusals{};
  mutable plan::Heard heard{};
  plan::Plan<ThingStatus> next{};
  std::vector<Event> events{};
  std::string poison{};

  const kube::Resource& resource() const override { return Thing::kResource; }
  std::vector<Kind> watches() const override {
    return {kind_of<Thing>(), kind_of<kube::Job>(std::string(kOurs)), kind_of<kube::Deployment>(std::string(kOurs), true)};
  }
  std::optional<Outcome> reconcile(const World& world, const kube::ObjectKey& key) const override {
    ++passes[key.name];
    if (key.name == poison) throw core::Bug("poison");
    const auto thing = world.get<Thing>(key.name);
    if (!thing) return std::nullopt;
    (void)world.get<kube::Job>("awaited");
    refusals = world.refusals();
    heard = world.heard();
    Outcome out = outcome(*thing, next);
    out.events = events;
    return out;
  }
  json::Object rejected(const Unreadable& seen, core::Instant) const override { return {{"phase", "Invalid"}, {"message", seen.why}}; }
};

std::string thing(const std::string& name, int version, const char* phase = "") {
  return R"({"metadata":{"name":")" + name + R"(","namespace":"ml","uid":"uid-)" + name + R"(","resourceVersion":")" +
         std::to_string(version) + R"(","generation":1},"status":{"phase":")" + phase + "\"}}";
}
std::string job(const char* name, const char* version, const char* owner) {
  return R"({"metadata":{"name":")" + std::string(name) + R"(","namespace":"ml","uid":"j1","resourceVersion":")" + version +
         R"(","ownerReferences":[{"apiVersion":"toy/v1","kind":"Thing","name":"a","uid":")" + owner + R"(","controller":true}]}})";
}

class EngineTest : public testing::Test {
 protected:
  void begin(std::vector<std::string> things, Options options = {}) {
    options_ = options;
    engine_ = Engine({&toy_}, options);
    absorb(engine_.start(now_));
    for (std::size_t kind = 0; kind < engine_.kinds().size(); ++kind) {
      if (kind == 0 && options.schema > 0) continue;  // not asked for yet
      if (kind == 0) {
        for (const std::string& t : things) step(line(kind, "ADDED", t));
      }
      step(line(kind, "BOOKMARK", R"({"metadata":{"resourceVersion":"100","annotations":{"k8s.io/initial-events-end":"true"}}})"));
    }
  }
  Input line(std::size_t kind, const char* type, const std::string& object) {
    text_ = R"({"type":")" + std::string(type) + R"(","object":)" + object + "}";
    return WatchLine{kind, text_};
  }
  void step(const Input& input) { absorb(engine_.step(input, now_, {&toy_})); }
  void pass_time(core::Duration d) {
    now_.mono += d;
    now_.wall = core::Instant{seconds(1'000'000)} + std::chrono::duration_cast<seconds>(now_.mono);
    step(Tick{});
  }
  void absorb(Wants wants) {
    all_.insert(all_.end(), wants.reports.begin(), wants.reports.end());
    for (Call& call : wants.calls) calls_.push_back(std::move(call));
    for (Report& report : wants.reports) {
      if (auto* pass = std::get_if<PassFinished>(&report)) reports_.push_back(std::move(*pass));
    }
    for (const Stream& stream : wants.streams) streams_.push_back(stream.kind);
    for (Report& report : wants.reports) {
      if (auto* schema = std::get_if<SchemaJudged>(&report)) judged_.push_back(std::move(*schema));
    }
    for (const Report& report : wants.reports) {
      if (const auto* warned = std::get_if<Warned>(&report)) warned_.push_back(warned->text);
    }
    wake_ = wants.wake;
    lost_ = lost_ || wants.lost;
    stopped_ = wants.stopped;
    cancelled_.insert(cancelled_.end(), wants.cancel.begin(), wants.cancel.end());
  }
  // The next call that is no Event; answers it.
  kube::Request call() {
    while (!calls_.empty() && calls_.front().on == Connection::Event) calls_.pop_front();
    if (calls_.empty()) return {.method = "none"};
    return calls_.front().request;
  }
  void answer(int status, std::string body) {
    ASSERT_NE(call().method, "none");
    const CallId id = calls_.front().id;
    calls_.pop_front();
    step(CallFinished{id, kube::Response{.status = status, .body = std::move(body)}});
  }
  plan::Child a_job(const char* name) {
    const kube::Parent parent{&Thing::kResource, {.name = "a", .ns = "ml", .uid = "uid-a"}};
    return {.kind = &kube::resources::kJob, .name = name, .desired = kube::child_object(kube::resources::kJob, parent, name, {})};
  }

  Toy toy_{};
  Options options_{};
  Engine engine_{};
  core::Now now_{.wall = core::Instant{seconds(1'000'000)}};
  std::deque<Call> calls_{};
  template <class R>
  std::vector<R> told() const {
    std::vector<R> out;
    for (const Report& report : all_) {
      if (const auto* one = std::get_if<R>(&report)) out.push_back(*one);
    }
    return out;
  }

  std::vector<Report> all_{};
  std::vector<PassFinished> reports_{};
  std::vector<SchemaJudged> judged_{};
  std::vector<std::size_t> streams_{};  // kinds whose list or watch was asked for
  std::vector<CallId> cancelled_{};
  std::vector<std::string> warned_{};
  std::optional<core::Ticks> wake_{};
  bool lost_ = false, stopped_ = false;
  std::string text_{};
};

// While a step is computed nothing is read from the server.
TEST_F(EngineTest, AStepMakesAFewPassesAtMost) {
  std::vector<std::string> things;
  for (int i = 0; i < 100; ++i) things.push_back(thing("t" + std::to_string(i), i + 1));
  toy_.next.status.reset();
  begin(things, {.passes_per_step = 7});
  const std::size_t first = toy_.passes.size();
  EXPECT_GE(first, 1u);
  EXPECT_LE(first, 7u);
  step(Tick{});
  EXPECT_EQ(toy_.passes.size(), first + 7);
  for (int i = 0; i < 20; ++i) step(Tick{});
  EXPECT_EQ(toy_.passes.size(), 100u) << "the rest follow at once, step by step";
}

TEST_F(EngineTest, NoPassBeforeAllCachesAreComplete) {
  engine_ = Engine({&toy_}, {});
  absorb(engine_.start(now_));
  step(line(0, "ADDED", thing("a", 5)));
  step(line(0, "BOOKMARK", R"({"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}})"));
  EXPECT_TRUE(toy_.passes.empty());
}

TEST_F(EngineTest, AQuietPlanIsOnePassAndNoCall) {
  begin({thing("a", 5)});
  EXPECT_EQ(toy_.passes["a"], 1);
  EXPECT_EQ(call().method, "none");
  EXPECT_TRUE(engine_.idle(now_));
  EXPECT_FALSE(wake_);
}

TEST_F(EngineTest, OurOwnWritesEnterTheCacheAtOnceAndTheEchoOfTheWatchWakesNobody) {
  toy_.next.status = ThingStatus{.phase = "P"};
  begin({thing("a", 5)});
  ASSERT_EQ(call().method, "PUT");
  answer(200, thing("a", 101, "P"));
  EXPECT_EQ(toy_.passes["a"], 2);
  step(line(0, "MODIFIED", thing("a", 101, "P")));
  EXPECT_EQ(toy_.passes["a"], 2);
  EXPECT_EQ(call().method, "none");
}

TEST_F(EngineTest, ADecisionIsReportedWhenItsStatusWasWritten) {
  toy_.next.status = ThingStatus{.phase = "P"};
  toy_.events = {{.reason = "Promoted", .action = "Rollout", .note = "it serves"}};
  begin({thing("a", 5)});
  ASSERT_EQ(call().method, "PUT");
  answer(200, thing("a", 101, "P"));
  ASSERT_EQ(reports_.size(), 2U) << "the pass that wrote, and one that saw its own write";
  EXPECT_EQ(reports_[0].decided, std::vector<std::string>{"Promoted"});
  EXPECT_EQ(reports_[1].decided, std::vector<std::string>()) << "nothing was written";
}

TEST_F(EngineTest, WhatAPassReadItIsWokenByAlsoWhenItWasNotThere) {
  begin({thing("a", 5), thing("b", 6)});
  step(line(1, "ADDED", job("awaited", "110", "x")));
  EXPECT_EQ(toy_.passes["a"], 2);
  step(line(1, "ADDED", job("other", "111", "x")));
  EXPECT_EQ(toy_.passes["a"], 2);
}

TEST_F(EngineTest, WhatIsToldOfAnObjectIsInItsNextPassAndIsForgottenWithIt) {
  begin({thing("a", 5), thing("b", 6)});
  EXPECT_EQ(toy_.heard, (plan::Heard{.since = now_.wall}));
  pass_time(seconds(5));
  step(Told{&Thing::kResource, {"ml", "a"}, "uid-a", 7});
  EXPECT_EQ(toy_.passes["a"], 2);
  EXPECT_EQ(toy_.passes["b"], 1);
  EXPECT_EQ(toy_.heard, (plan::Heard{.what = 7, .at = now_.wall, .since = now_.wall - seconds(5)}));
  step(Told{&Thing::kResource, {"ml", "a"}, "another-uid", 8});
  step(Told{&Thing::kResource, {"ml", "absent"}, "uid-absent", 8});
  EXPECT_EQ(toy_.passes["a"], 2);
  EXPECT_EQ(toy_.passes.count("absent"), 0u);
  std::string anew = thing("a", 110);
  anew.replace(anew.find("uid-a"), 5, "uid-A");
  step(line(0, "MODIFIED", anew));
  EXPECT_TRUE(toy_.heard.what.is_null());
}

TEST_F(EngineTest, OfAnObjectThatIsGoneNothingIsKept) {
  begin({thing("a", 5), thing("b", 6)});
  EXPECT_EQ(engine_.held().keys, 2u);
  EXPECT_EQ(engine_.held().readers, 2u);
  step(line(0, "DELETED", thing("a", 107)));
  EXPECT_EQ(engine_.held().keys, 1u);
  EXPECT_EQ(engine_.held().readers, 1u);
}

TEST_F(EngineTest, ARefusalIsSeenInTheNextPassAtOnceAndSentAgainByTheClock) {
  toy_.next.children = {a_job("j")};
  begin({thing("a", 5)});
  ASSERT_EQ(call().method, "GET");
  answer(200, thing("a", 5));
  ASSERT_EQ(call().method, "POST");
  answer(403, R"({"kind":"Status","code":403,"reason":"Forbidden","message":"exceeded quota"})");
  EXPECT_EQ(toy_.passes["a"], 2);
  ASSERT_EQ(toy_.refusals.size(), 1u);
  EXPECT_EQ(toy_.refusals[0].message, "exceeded quota");
  EXPECT_EQ(call().method, "none");
  ASSERT_EQ(wake_, core::Ticks{60'000});
  pass_time(seconds(59));
  EXPECT_EQ(call().method, "none");
  pass_time(seconds(1));
  ASSERT_EQ(call().method, "GET");
  answer(200, thing("a", 5));
  answer(201, job("j", "120", "uid-a"));
  EXPECT_TRUE(engine_.refusals("uid-a").empty());
  EXPECT_TRUE(toy_.refusals.empty());
}

TEST_F(EngineTest, ANewSpecSendsARefusedWriteAtOnce) {
  toy_.next.children = {a_job("j")};
  begin({thing("a", 5)});
  answer(200, thing("a", 5));
  answer(403, R"({"kind":"Status","code":403,"message":"no"})");
  std::string next = thing("a", 130);
  next.replace(next.find("\"generation\":1"), 14, "\"generation\":2");
  step(line(0, "MODIFIED", next));
  EXPECT_EQ(call().method, "GET");
}

TEST_F(EngineTest, AForeignObjectUnderAChildsNameIsToldAndNotTouched) {
  toy_.next.children = {a_job("j")};
  begin({thing("a", 5)});
  step(line(1, "ADDED", job("j", "110", "somebody")));
  answer(200, thing("a", 5));
  answer(409, R"({"kind":"Status","code":409,"reason":"AlreadyExists","message":"exists"})");
  ASSERT_EQ(call().method, "GET");
  answer(200, job("j", "110", "somebody"));
  ASSERT_EQ(toy_.refusals.size(), 1u);
  EXPECT_TRUE(toy_.refusals[0].taken);
  EXPECT_EQ(call().method, "none");
}

TEST_F(EngineTest, OnlyObservationsAreWrittenEveryTenSecondsAndTheEngineWakesItself) {
  toy_.next.status = ThingStatus{.phase = "P", .seen = 1};
  begin({thing("a", 5)});
  answer(200, thing("a", 101, "P"));  // the server's copy lacks `seen`: it differs in observations only
  EXPECT_EQ(call().method, "none");
  ASSERT_EQ(wake_, core::Ticks{10'000});
  pass_time(seconds(10));
  EXPECT_EQ(call().method, "PUT");
}

TEST_F(EngineTest, AConflictLooksAgainFiveTimesThenBacksOff) {
  toy_.next.status = ThingStatus{.phase = "P"};
  begin({thing("a", 5)});
  for (int i = 0; i < 6; ++i) {
    ASSERT_EQ(call().method, "PUT") << i;
    answer(409, R"({"kind":"Status","code":409,"reason":"Conflict"})");
    answer(200, thing("a", 5));
  }
  EXPECT_EQ(call().method, "none");
  ASSERT_EQ(wake_, core::Ticks{5});
  pass_time(core::Duration{5});
  EXPECT_EQ(call().method, "PUT");
}

TEST_F(EngineTest, APoisonObjectDoesNotStopTheOthers) {
  toy_.poison = "a";
  toy_.next.status = ThingStatus{.phase = "P"};
  begin({thing("a", 5), thing("b", 6)});
  ASSERT_EQ(call().method, "PATCH");
  EXPECT_NE(call().path.find("/things/a/status"), std::string::npos);
  answer(503, "{}");  // people cannot be told now: the others go on all the same
  ASSERT_EQ(call().method, "PUT");
  EXPECT_NE(call().path.find("/things/b/status"), std::string::npos);
  EXPECT_EQ(reports_.at(0).result, PassFinished::Result::Bug);
  EXPECT_EQ(reports_.at(0).error, "poison");
  EXPECT_EQ(wake_, core::Ticks{5});
}

std::string unreadable_thing(int version, const std::string& status) {
  return R"({"metadata":{"name":"bad","namespace":"ml","uid":"x","resourceVersion":")" + std::to_string(version) + R"("},"status":)" +
         status + "}";
}
std::string after_patch(const kube::Request& patch, int version) {  // what the server makes of a thing whose `seen` is no number
  json::Value out = json::merge_patch(*json::parse(unreadable_thing(version, R"({"seen":"x","phase":"P"})")), *json::parse(patch.body));
  (*out.object()->find("metadata")->object())["resourceVersion"] = std::to_string(version);
  return json::dump(out);
}

TEST_F(EngineTest, AnObjectThatDoesNotDecodeIsToldSoOnceAndTheOthersGoOn) {
  begin({unreadable_thing(4, R"({"seen":"x","phase":"P"})"), thing("b", 6)});
  EXPECT_EQ(toy_.passes["b"], 1);
  EXPECT_EQ(toy_.passes["bad"], 0);
  const kube::Request patch = call();
  ASSERT_EQ(patch.method, "PATCH");
  EXPECT_NE(patch.path.find("/things/bad/status"), std::string::npos);
  const json::Value body = *json::parse(patch.body);
  EXPECT_EQ(body.text_at({"metadata", "resourceVersion"}), "4");
  EXPECT_EQ(body.text_at({"status", "phase"}), "Invalid");
  EXPECT_EQ(body.text_at({"status", "message"}), "status.seen: must be an integer, not \"x\"");
  answer(200, after_patch(patch, 101));
  EXPECT_EQ(call().method, "none");
  step(line(0, "MODIFIED", after_patch(patch, 101)));
  pass_time(seconds(3600));
  EXPECT_EQ(call().method, "none");
}

TEST_F(EngineTest, AMendedObjectIsReconciledAgain) {
  begin({unreadable_thing(4, R"({"seen":"x","phase":"P"})")});
  answer(200, after_patch(call(), 101));
  step(line(0, "MODIFIED", unreadable_thing(102, R"({"phase":"Invalid"})")));
  EXPECT_EQ(toy_.passes["bad"], 1);
  step(line(0, "MODIFIED", unreadable_thing(103, R"({"seen":"y"})")));
  EXPECT_EQ(call().method, "PATCH");
  EXPECT_EQ(toy_.passes["bad"], 1);
}

TEST_F(EngineTest, AnObjectThatIsHeldWhileItGoesIsToldToo) {
  begin({R"({"metadata":{"name":"bad","namespace":"ml","uid":"x","resourceVersion":"4","deletionTimestamp":"2026-01-01T00:00:00Z"},)"
         R"("status":{"seen":"x"}})"});
  EXPECT_EQ(call().method, "PATCH") << "it may be held by a finalizer of ours, and its user must learn why";
}

TEST_F(EngineTest, WhatDoesNotStickIsNotSaidAgainBeforeSomebodyChangesTheObject) {
  begin({unreadable_thing(4, R"({"seen":"x"})")});
  ASSERT_EQ(call().method, "PATCH");
  answer(200, unreadable_thing(101, R"({"seen":"x"})"));  // a server that keeps none of it
  EXPECT_EQ(call().method, "none");
  step(line(0, "MODIFIED", unreadable_thing(105, R"({"seen":"x"})")));
  EXPECT_EQ(call().method, "PATCH");
}

TEST_F(EngineTest, ABugIsAConditionWrittenOnceAndThePassIsTriedAgainByTheClock) {
  toy_.poison = "a";
  begin({thing("a", 5, "P")});
  const kube::Request patch = call();
  ASSERT_EQ(patch.method, "PATCH");
  const json::Value body = *json::parse(patch.body);
  EXPECT_EQ(body.text_at({"status", "message"}), "InternalError: poison");
  const auto conditions = kube::conditions_of(*body.at({"status"}));
  ASSERT_EQ(conditions.size(), 1u);
  EXPECT_EQ(conditions[0].type, "InternalError");
  EXPECT_EQ(conditions[0].status, "True");
  EXPECT_EQ(conditions[0].message, "poison");
  json::Value told = json::merge_patch(*json::parse(thing("a", 101, "P")), body);
  (*told.object()->find("metadata")->object())["resourceVersion"] = "101";
  answer(200, json::dump(told));
  for (int i = 0; i < 30; ++i) pass_time(seconds(1));
  EXPECT_EQ(call().method, "none");
  EXPECT_GT(toy_.passes["a"], 5);
  EXPECT_LT(toy_.passes["a"], 20);  // 5 ms × 2ⁿ
  toy_.poison.clear();
  toy_.next.status = ThingStatus{.phase = "P"};
  pass_time(seconds(60));
  ASSERT_EQ(call().method, "PUT");
  EXPECT_EQ(call().body.find("InternalError"), std::string::npos);
}

TEST_F(EngineTest, AChildWithoutOurWriteIsWaitedForAfterAScaleAndReadLiveAfterThirtySeconds) {
  const kube::Parent parent{&Thing::kResource, {.name = "a", .ns = "ml", .uid = "uid-a"}};
  json::Object desired = kube::child_object(kube::resources::kDeployment, parent, "d", {});
  toy_.next.children = {
      {.kind = &kube::resources::kDeployment, .name = "d", .keep = plan::Keep::Frozen, .desired = desired, .replicas = 2}};
  begin({thing("a", 5)});
  answer(200, thing("a", 5));
  json::Value live = *json::parse(call().body);
  const auto at = [&](const char* version, int replicas) {
    (*live.object())["spec"] = json::Object{{"replicas", replicas}};
    (*live.object()->find("metadata")->object())["uid"] = "d1";
    (*live.object()->find("metadata")->object())["resourceVersion"] = version;
    return json::dump(live);
  };
  answer(201, at("120", 2));
  toy_.next.children[0].replicas = 3;
  step(line(0, "MODIFIED", thing("a", 130)));
  answer(200, thing("a", 130));
  ASSERT_NE(call().path.find("/scale"), std::string::npos);
  answer(200, R"({"kind":"Scale","metadata":{"name":"d","resourceVersion":"140"}})");
  const int passes = toy_.passes["a"];
  step(line(0, "MODIFIED", thing("a", 141)));
  EXPECT_EQ(toy_.passes["a"], passes);  // the cache still holds two
  EXPECT_EQ(call().method, "none");
  pass_time(seconds(30));
  ASSERT_EQ(call().method, "GET");
  answer(200, at("140", 3));
  EXPECT_GT(toy_.passes["a"], passes);
  EXPECT_EQ(call().method, "none");
}

TEST_F(EngineTest, ThreeAppliesThatDoNotStickAreContested) {
  const kube::Parent parent{&Thing::kResource, {.name = "a", .ns = "ml", .uid = "uid-a"}};
  json::Object desired = kube::child_object(kube::resources::kDeployment, parent, "d", {});
  desired["spec"] = json::Object{{"paused", "wanted"}};
  toy_.next.children = {{.kind = &kube::resources::kDeployment, .name = "d", .keep = plan::Keep::Living, .desired = desired}};
  begin({thing("a", 5)});
  int version = 120, applies = 0;
  for (int i = 0; i < 20 && call().method != "none"; ++i) {
    if (call().method == "GET") {
      answer(200, thing("a", 5));
      continue;
    }
    ++applies;
    json::Value live = *json::parse(call().body);
    (*live.object())["spec"] = json::Object{{"paused", "rewritten"}};
    (*live.object()->find("metadata")->object())["uid"] = "d1";
    (*live.object()->find("metadata")->object())["resourceVersion"] = std::to_string(version++);
    answer(200, json::dump(live));
  }
  EXPECT_EQ(applies, 4);  // the first contact and three repairs
  ASSERT_EQ(toy_.refusals.size(), 1u);
  EXPECT_EQ(toy_.refusals[0].reason, "FieldContested");
  EXPECT_NE(toy_.refusals[0].message.find("rewritten"), std::string::npos) << toy_.refusals[0].message;
}

TEST_F(EngineTest, OnlyTheLeaderWritesAndALostLeaseCancelsWhatIsUnderWay) {
  toy_.next.status = ThingStatus{.phase = "P"};
  begin({thing("a", 5)}, {.lease = LeaseOptions{.ns = "ops", .name = "l", .identity = "me"}});
  EXPECT_TRUE(toy_.passes.empty());
  answer(404, "{}");
  answer(201, R"({"metadata":{"resourceVersion":"1"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15}})");
  ASSERT_EQ(call().method, "PUT");
  EXPECT_EQ(calls_.front().until, core::Ticks{10'000});
  const CallId under_way = calls_.front().id;
  calls_.clear();
  pass_time(seconds(10));
  EXPECT_TRUE(lost_);
  EXPECT_EQ(cancelled_.at(0), under_way);
  step(CallFinished{under_way, core::Error{core::ErrorCode::Cancelled, ""}});
  EXPECT_EQ(toy_.passes["a"], 1);
}

// A process that was stopped for a while goes on in the middle of its code: what it was about to send is too late.
TEST_F(EngineTest, AWriteThatWasDecidedUnderAnOldFenceIsNotSent) {
  toy_.next.status = ThingStatus{.phase = "P"};
  begin({thing("a", 5)}, {.lease = LeaseOptions{.ns = "ops", .name = "l", .identity = "me"}});
  answer(404, "{}");
  answer(201, R"({"metadata":{"resourceVersion":"1"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15}})");
  ASSERT_EQ(call().method, "PUT");
  const Call write = calls_.front();
  EXPECT_EQ(in_time(write, core::Ticks{0})->deadline, core::Duration{10'000}) << "not its own 30 s";
  EXPECT_EQ(in_time(write, core::Ticks{9'000})->deadline, core::Duration{1'000});
  EXPECT_FALSE(in_time(write, core::Ticks{10'000}));
  EXPECT_TRUE(in_time({.on = Connection::Lease}, core::Ticks{1'000'000}));
}

TEST_F(EngineTest, WhoHasNotCompletedItsCachesDoesNotStandForElection) {
  engine_ = Engine({&toy_}, {.lease = LeaseOptions{.ns = "ops", .name = "l", .identity = "me"}});
  absorb(engine_.start(now_));
  const auto end = R"({"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}})";
  for (const std::size_t kind : {0, 1}) step(line(kind, "BOOKMARK", end));
  EXPECT_EQ(call().method, "none");
  step(line(2, "BOOKMARK", end));
  EXPECT_NE(call().path.find("leases/l"), std::string::npos);
}

TEST_F(EngineTest, AThrottledPassComesBackWhenTheServerSays) {
  toy_.next.status = ThingStatus{.phase = "P"};
  begin({thing("a", 5)});
  ASSERT_EQ(call().method, "PUT");
  const CallId id = calls_.front().id;
  calls_.clear();
  step(CallFinished{id, kube::Response{.status = 429, .body = "{}", .retry_after = core::Duration{7'000}}});
  EXPECT_EQ(call().method, "none");
  EXPECT_EQ(wake_, core::Ticks{7'000});
}

TEST_F(EngineTest, AWarningOfTheServerIsToldOnce) {
  toy_.next.status = ThingStatus{.phase = "P"};
  begin({thing("a", 5), thing("b", 6)});
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(call().method, "PUT");
    const CallId id = calls_.front().id;
    calls_.pop_front();
    step(CallFinished{id, kube::Response{.status = 503, .body = "{}", .warnings = {"v1 is deprecated"}}});
  }
  EXPECT_EQ(warned_, std::vector<std::string>{"v1 is deprecated"});
}

// An event that cannot be told never holds up a pass.
TEST_F(EngineTest, AnEventThatFailsDelaysNobody) {
  toy_.next.status = ThingStatus{.phase = "P"};
  toy_.events = {{.reason = "Promoted", .action = "Rollout", .note = "it serves"}};
  begin({thing("a", 5)});
  answer(200, thing("a", 101, "P"));
  ASSERT_FALSE(calls_.empty());
  const Call event = calls_.front();
  ASSERT_EQ(event.on, Connection::Event);
  toy_.next.status = ThingStatus{.phase = "Q"};
  step(line(0, "MODIFIED", thing("a", 110, "P")));
  ASSERT_EQ(call().method, "PUT") << "the event is still under way";
  step(CallFinished{event.id, core::Error{core::ErrorCode::Unavailable, "down"}});
  EXPECT_EQ(call().method, "PUT");
}

TEST_F(EngineTest, AChangeOvertakesWhatTheFirstListBrought) {
  toy_.next.status = ThingStatus{.phase = "P"};
  begin({thing("a", 5), thing("b", 6), thing("c", 7)}, {.passes = 1});
  ASSERT_NE(call().path.find("/a/"), std::string::npos);
  step(line(0, "MODIFIED", thing("c", 110)));
  answer(409, R"({"kind":"Status","code":409,"reason":"Conflict"})");
  answer(404, "{}");  // it is gone
  EXPECT_NE(call().path.find("/c/"), std::string::npos) << call().path;
}

TEST_F(EngineTest, AQueryGoesToItsSourceWithItsNamespaceAndWakesWhoAsked) {
  toy_.next.questions = {{plan::MetricsQuery{"prom", "up"}, now_.wall}};
  begin({thing("a", 5)}, {.lease = LeaseOptions{.ns = "ops", .name = "l", .identity = "me"}});
  answer(404, "{}");
  answer(201, R"({"metadata":{"resourceVersion":"1"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15}})");
  ASSERT_EQ(calls_.size(), 1u);
  const Call query = calls_.front();
  EXPECT_EQ(query.on, Connection::Metrics);
  EXPECT_EQ(query.source + " " + query.ns, "prom ml");
  EXPECT_EQ(query.request.path, "/api/v1/query?query=up&time=1000000");
  EXPECT_EQ(query.request.deadline, core::Duration(10'000)) << "no write: the lease does not cut it short";
  ASSERT_EQ(toy_.passes["a"], 1);
  step(CallFinished{query.id, kube::Response{.status = 503, .body = "<html>"}});
  EXPECT_EQ(toy_.passes["a"], 2);
}

TEST_F(EngineTest, AStopEndsPassesThenReleasesTheLease) {
  toy_.next.status = ThingStatus{.phase = "P"};
  toy_.next.children = {a_job("j")};
  begin({thing("a", 5)}, {.lease = LeaseOptions{.ns = "ops", .name = "l", .identity = "me"}});
  answer(404, "{}");
  answer(201, R"({"metadata":{"resourceVersion":"1"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15}})");
  step(Stop{});
  EXPECT_FALSE(stopped_);
  answer(200, thing("a", 101, "P"));
  ASSERT_EQ(call().method, "PUT");  // the lease, not the job
  EXPECT_NE(call().path.find("leases"), std::string::npos);
  answer(200, "{}");
  EXPECT_TRUE(stopped_);
}

TEST_F(EngineTest, AtMostAsManyPassesAsAllowedHaveACallUnderWay) {
  toy_.next.status = ThingStatus{.phase = "P"};
  begin({thing("a", 5), thing("b", 6), thing("c", 7)}, {.passes = 2});
  EXPECT_EQ(calls_.size(), 2u);
  EXPECT_FALSE(wake_);
  answer(200, thing("a", 101, "P"));
  EXPECT_EQ(calls_.size(), 2u);
}

std::string crd(const char* number) {
  return R"({"metadata":{"name":"things.toy","annotations":{"millrace.dev/schema":")" + std::string(number) + R"("}}})";
}
const char* const kSynced = R"({"metadata":{"resourceVersion":"100","annotations":{"k8s.io/initial-events-end":"true"}}})";

TEST_F(EngineTest, AKindRunsOnceItsCrdIsSeenToBeTheRightOne) {
  begin({}, {.schema = 2});
  ASSERT_NE(call().path.find("customresourcedefinitions/things.toy"), std::string::npos) << call().path;
  EXPECT_EQ(streams_, (std::vector<std::size_t>{1, 2}));  // not the things
  answer(200, crd("2"));
  EXPECT_EQ(streams_, (std::vector<std::size_t>{1, 2, 0}));
  step(line(0, "ADDED", thing("a", 5)));
  step(line(0, "BOOKMARK", kSynced));
  EXPECT_EQ(toy_.passes["a"], 1);
  EXPECT_TRUE(engine_.schema_trouble().empty());
  pass_time(seconds(3600));
  EXPECT_EQ(call().method, "none");
}

TEST_F(EngineTest, AnOlderCrdHoldsItsKindUntilItIsApplied) {
  begin({}, {.schema = 2});
  answer(200, crd("1"));
  step(line(0, "ADDED", thing("a", 5)));
  step(line(0, "BOOKMARK", kSynced));
  EXPECT_EQ(toy_.passes["a"], 0);
  EXPECT_EQ(engine_.schema_trouble(),
            std::vector<std::string>{"CRD things.toy has schema 1, this program needs 2: apply crds/toy_things.yaml"});
  ASSERT_EQ(wake_, core::Ticks{60'000});  // the key that waits is no reason to be woken
  pass_time(seconds(60));
  answer(200, crd("1"));
  EXPECT_EQ(judged_.size(), 1u);  // told once
  pass_time(seconds(60));
  answer(200, crd("2"));
  EXPECT_EQ(toy_.passes["a"], 1);
  ASSERT_EQ(judged_.size(), 2u);
  EXPECT_EQ(judged_[1].trouble, "");
}

TEST_F(EngineTest, AKindThatIsNotInstalledIsNotListedButToldPlainly) {
  begin({}, {.schema = 2});
  answer(404, R"({"kind":"Status","code":404,"reason":"NotFound"})");
  EXPECT_EQ(streams_, (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(engine_.schema_trouble(), std::vector<std::string>{"CRD things.toy is not installed: apply crds/toy_things.yaml"});
  pass_time(seconds(60));
  answer(200, crd("2"));
  EXPECT_EQ(streams_.back(), 0u);
}

TEST_F(EngineTest, ACrdThatGoesWhileWeRunIsLookedForInsteadOfItsObjects) {
  begin({}, {.schema = 2});
  answer(200, crd("2"));
  step(line(0, "ADDED", thing("a", 5)));
  step(line(0, "BOOKMARK", kSynced));
  const std::size_t asked = streams_.size();
  step(StreamEnded{0, core::Error{core::ErrorCode::NotFound, "the server could not find the requested resource"}});
  pass_time(seconds(10));
  EXPECT_EQ(streams_.size(), asked);
  answer(404, R"({"kind":"Status","code":404,"reason":"NotFound"})");
  EXPECT_EQ(engine_.schema_trouble().size(), 1u);
  pass_time(seconds(60));
  answer(200, crd("2"));
  EXPECT_EQ(streams_.size(), asked + 1);
  EXPECT_TRUE(engine_.schema_trouble().empty());
}

TEST_F(EngineTest, UnderANewerCrdAStatusIsMergedSoThatUnknownFieldsLiveOn) {
  begin({}, {.schema = 2});
  answer(200, crd("3"));
  EXPECT_TRUE(judged_.at(0).newer);
  toy_.next.status = ThingStatus{.phase = "New"};
  std::string known = thing("a", 5, "Old");
  known.replace(known.find("\"phase\""), 0, R"("future":{"x":1},"message":"gone",)");
  step(line(0, "ADDED", known));
  step(line(0, "BOOKMARK", kSynced));
  ASSERT_EQ(call().method, "PATCH");
  EXPECT_EQ(call().body, R"({"metadata":{"resourceVersion":"5","uid":"uid-a"},"status":{"message":null,"phase":"New"}})");
  json::Value stored = json::merge_patch(*json::parse(known), *json::parse(call().body));
  EXPECT_NE(stored.at({"status", "future", "x"}), nullptr);
  (*stored.object()->find("metadata")->object())["resourceVersion"] = "101";
  answer(200, json::dump(stored));
  EXPECT_EQ(call().method, "none");
}

TEST_F(EngineTest, ACopyGoesItsOwnWay) {
  toy_.next.status = ThingStatus{.phase = "P"};
  begin({thing("a", 5)});
  Engine fork = engine_;
  answer(200, thing("a", 101, "P"));
  EXPECT_EQ(fork.store().find(0, {"ml", "a"})->meta->resource_version, "5");
}

TEST_F(EngineTest, WhatIsSentAndWhatIsSoAlreadyIsReported) {
  toy_.next.status = ThingStatus{.phase = "P"};
  toy_.next.children = {a_job("j")};
  begin({thing("a", 5)});
  answer(200, thing("a", 101, "P"));
  std::string made = job("j", "120", "uid-a");
  made.insert(made.find("\"namespace\""), R"("labels":{"app.kubernetes.io/managed-by":"millrace"},)");
  answer(201, made);
  ASSERT_EQ(reports_.size(), 2U);
  EXPECT_EQ(reports_[0].same_statuses + reports_[0].same_children, 0U);
  EXPECT_EQ(reports_[1].same_statuses, 1U);
  EXPECT_EQ(reports_[1].same_children, 1U);
  std::vector<std::string> writes;
  for (const CallDone& call : told<CallDone>()) writes.push_back(call.write);
  EXPECT_EQ(writes, (std::vector<std::string>{"status", "create"}));
}

TEST_F(EngineTest, ReadsPastTheCachesTellTheirReason) {
  toy_.next.children = {a_job("j")};
  begin({thing("a", 5)});
  answer(200, thing("a", 5));
  answer(409, R"({"kind":"Status","code":409,"reason":"AlreadyExists","message":"exists"})");
  answer(200, job("j", "110", "somebody"));
  std::vector<std::string> reasons;
  for (const CallDone& call : told<CallDone>()) reasons.push_back(call.live_read);
  EXPECT_EQ(reasons, (std::vector<std::string>{"fence", "", "child"}));
}

TEST_F(EngineTest, AnObjectThatCannotBeReadIsATerminalError) {
  begin({R"({"metadata":{"name":"a","namespace":"ml","uid":"uid-a","resourceVersion":"5"},"status":{"phase":7}})"});
  ASSERT_EQ(reports_.size(), 0U) << "its status is written first";
  answer(200, thing("a", 6, "Invalid"));
  ASSERT_GE(reports_.size(), 1U);
  EXPECT_TRUE(reports_[0].terminal);
}

TEST_F(EngineTest, AWriteThatWasCutOffIsToldToBeFenced) {
  toy_.next.status = ThingStatus{.phase = "P"};
  begin({thing("a", 5)});
  ASSERT_EQ(call().method, "PUT");
  step(CallFinished{calls_.front().id, core::Error{core::ErrorCode::Cancelled, "the fence closed before it was sent"}});
  ASSERT_EQ(told<CallDone>().size(), 1U);
  EXPECT_TRUE(told<CallDone>()[0].fenced);
}

TEST_F(EngineTest, WhoAsksIsToldWhatIsHeldAndWhatIsUnderWay) {
  toy_.next.status = ThingStatus{.phase = "P"};
  begin({thing("a", 5), thing("b", 6)});
  pass_time(seconds(7));
  const Sample sample = engine_.sample(now_.mono);
  ASSERT_EQ(sample.kinds.size(), 3U);
  EXPECT_EQ(sample.kinds[0].kind, "Thing");
  EXPECT_EQ(sample.kinds[0].objects, 2U);
  EXPECT_GT(sample.kinds[0].bytes, 2 * sizeof(Thing));
  EXPECT_EQ(sample.kinds[0].watch_age, seconds(7));
  EXPECT_EQ(sample.kinds[0].last_event, seconds(7));
  EXPECT_EQ(sample.kinds[1].objects, 0U);
  ASSERT_EQ(sample.controllers.size(), 1U);
  EXPECT_EQ(sample.controllers[0].controller, "thing");
  EXPECT_EQ(sample.controllers[0].unfinished, seconds(14));
  EXPECT_EQ(sample.controllers[0].longest, seconds(7));
  EXPECT_EQ(told<WatchOpened>().size(), 3U);
}

}  // namespace
}  // namespace millrace::engine
