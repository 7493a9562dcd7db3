#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "wire/kube_client/fixture.h"

namespace millrace::kube {
namespace {

using core::ErrorCode;

class Streams : public ByBackend {};
INSTANTIATE_TEST_SUITE_P(By, Streams, both_backends(), backend_name);

struct Lines {
  std::vector<std::string> got{};
  LineSink sink() {
    return [this](std::string_view line) {
      got.emplace_back(line);
      return true;
    };
  }
};

TEST_P(Streams, EndCleanly) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.start_stream();
    peer.chunk("{\"a\":1}\n{\"b\"");
    peer.chunk(":2}\n");
    peer.end_stream();
    peer.wait_until_gone();
  });
  Client client(*server);
  Lines lines;
  const auto end = client.watch(lines.sink());
  EXPECT_TRUE(end.has_value()) << end.error().message;
  EXPECT_EQ(lines.got, (std::vector<std::string>{"{\"a\":1}", "{\"b\":2}"}));
}

// Reading in blocks delivers small events only when a block is full: hundreds of milliseconds late.
TEST_P(Streams, DeliverSmallEventsAtOnce) {
  constexpr int kEvents = 20;
  const std::string event = std::string(299, 'e') + "\n";
  std::mutex mutex;
  std::condition_variable delivered;
  int count = 0;
  std::vector<double> delays;
  const auto server = serve([&](Peer& peer) {
    peer.read();
    peer.start_stream();
    for (int i = 1; i <= kEvents; ++i) {
      const auto begin = Clock::now();
      peer.chunk(event);
      std::unique_lock lock(mutex);  // nothing more is sent before this event has arrived
      if (!delivered.wait_for(lock, std::chrono::seconds(5), [&] { return count >= i; })) break;
      delays.push_back(milliseconds_since(begin));
    }
    peer.end_stream();
    peer.wait_until_gone();
  });
  Client client(*server);
  const auto end = client.watch([&](std::string_view) {
    const std::lock_guard lock(mutex);
    ++count;
    delivered.notify_all();
    return true;
  });
  EXPECT_TRUE(end.has_value()) << end.error().message;
  EXPECT_EQ(count, kEvents);
  ASSERT_EQ(delays.size(), std::size_t{kEvents});
  std::nth_element(delays.begin(), delays.begin() + kEvents / 2, delays.end());
  EXPECT_LT(delays[kEvents / 2], 100) << "median; a loaded machine may be late once";
}

TEST_P(Streams, SurviveAnyCutOfTheBytes) {
  const std::string line(100'000, 'x');
  const auto server = serve([&](Peer& peer) {
    peer.read();
    peer.start_stream();
    for (int i = 0; i < 20; ++i) peer.chunk(line + "\n");
    peer.end_stream();
    peer.wait_until_gone();
  });
  Client client(*server);
  int good = 0;
  const auto end = client.watch([&](std::string_view got) {
    good += got == line;
    return true;
  });
  EXPECT_TRUE(end.has_value()) << end.error().message;
  EXPECT_EQ(good, 20);
}

TEST_P(Streams, TellACutInTheMiddleOfALine) {
  for (const bool clean : {false, true}) {
    const auto server = serve([&](Peer& peer) {
      peer.read();
      peer.start_stream();
      peer.chunk("one\n{\"hal");
      if (clean) peer.end_stream();
    });
    Client client(*server);
    Lines lines;
    const auto end = client.watch(lines.sink());
    ASSERT_FALSE(end.has_value());
    EXPECT_EQ(end.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(lines.got, (std::vector<std::string>{"one"}));
  }
}

// By Beast all is told on one thread: while somebody dawdles, what comes waits in the sockets. cpprestsdk reads on.
TEST_P(Streams, WhatComesWhileALineIsWorkedOnIsNotLost) {
  constexpr int kLines = 300;
  const std::string line = std::string(100'000, 'x') + "\n";  // far more than sockets buffer
  std::promise<void> sent;
  const auto server = serve([&](Peer& peer) {
    peer.read();
    peer.start_stream();
    for (int i = 0; i < kLines; ++i) peer.chunk(line);
    sent.set_value();
    peer.end_stream();
    peer.wait_until_gone();
  });
  Client client(*server);
  auto all_sent = sent.get_future();
  const bool reads_on = GetParam() == Backend::Cpprest;
  int lines = 0;
  const auto end = client.watch([&](std::string_view) {
    if (lines++ > 0) return true;
    const auto sent_by_then = all_sent.wait_for(reads_on ? std::chrono::milliseconds(20'000) : std::chrono::milliseconds(300));
    EXPECT_EQ(sent_by_then == std::future_status::ready, reads_on) << "while the first line is being worked on";
    return true;
  });
  EXPECT_TRUE(end.has_value()) << end.error().message;
  EXPECT_EQ(lines, kLines);
}

TEST_P(Streams, RefuseALineWithoutEnd) {
  const std::string piece(1 << 20, 'x');
  const auto server = serve([&](Peer& peer) {
    peer.read();
    peer.start_stream();
    while (peer.chunk(piece)) continue;
  });
  Client client(*server);
  const auto end = client.watch(ignore);
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, ErrorCode::TooLarge);
}

TEST_P(Streams, StopWhenTheSinkSaysSo) {
  std::promise<void> gone;
  const auto server = serve([&](Peer& peer) {
    peer.read();
    peer.start_stream();
    peer.chunk("one\ntwo\n");
    peer.wait_until_gone();
    gone.set_value();
  });
  Client client(*server);
  int lines = 0;
  const auto end = client.watch([&](std::string_view) { return ++lines, false; });
  EXPECT_TRUE(end.has_value()) << end.error().message;
  EXPECT_EQ(lines, 1);
  EXPECT_EQ(gone.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready) << "the connection is closed";
}

TEST_P(Streams, EndWithinMillisecondsOfAStop) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.start_stream();
    peer.chunk("one\n");
    peer.wait_until_gone();
  });
  Client client(*server);
  std::stop_source stop;
  std::promise<void> streaming;
  Clock::time_point asked;
  std::thread stopper([&] {
    streaming.get_future().wait();
    asked = Clock::now();
    stop.request_stop();
  });
  const auto end = client.watch([&](std::string_view) { return streaming.set_value(), true; }, std::chrono::seconds(20), stop.get_token());
  const double late = milliseconds_since(asked);
  stopper.join();
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, ErrorCode::Cancelled);
  EXPECT_LT(late, 500) << "milliseconds on a quiet machine; a loaded one has room";
}

TEST_P(Streams, EndWhenNothingComes) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.start_stream();
    peer.chunk("one\n");
    peer.wait_until_gone();
  });
  Client client(*server);
  Lines lines;
  const auto end = client.watch(lines.sink(), std::chrono::milliseconds(150));
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, ErrorCode::Unavailable);
  EXPECT_NE(end.error().message.find("within 150ms"), std::string::npos) << end.error().message;
  EXPECT_EQ(lines.got.size(), 1U);
}

TEST_P(Streams, LiveLongerThanTheIdleDeadlineWhileBytesCome) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.start_stream();
    for (int i = 0; i < 60; ++i) {
      peer.chunk("beat\n");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the pace of bookmarks
    }
    peer.end_stream();
    peer.wait_until_gone();
  });
  Client client(*server);
  Lines lines;
  const auto end = client.watch(lines.sink(), std::chrono::milliseconds(1000));
  EXPECT_TRUE(end.has_value()) << end.error().message;
  EXPECT_EQ(lines.got.size(), 60U);
}

TEST_P(Streams, RefusedOnesCarryTheServersSentence) {
  const auto server = serve([](Peer& peer) {
    peer.read();
    peer.answer(410, R"j({"kind":"Status","code":410,"reason":"Expired","message":"too old resource version: 1 (2)"})j");
    peer.wait_until_gone();
  });
  Client client(*server);
  const auto end = client.watch(ignore);
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error(), (core::Error{ErrorCode::Gone, "too old resource version: 1 (2)"}));
}

}  // namespace
}  // namespace millrace::kube
