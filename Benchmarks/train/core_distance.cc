// How far two processors are from each other: the time until one sees what the other has written, in nanoseconds, once a line.
//
//   c++ -O2 -std=c++20 -pthread Benchmarks/train/core_distance.cc -o /tmp/core_distance && /tmp/core_distance [lines]
#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

void StayOn(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  if (sched_setaffinity(0, sizeof set, &set) == 0) return;
  std::fprintf(stderr, "core_distance: this process may not run on processor %d; it needs processors 0 and 1\n", processor);
  std::exit(1);
}

alignas(64) std::atomic<int> ball = 0;

}  // namespace

int main(int count, char** arguments) {
  constexpr int kRounds = 20'000;
  for (int line = count > 1 ? std::atoi(arguments[1]) : 10; line > 0; --line) {
    ball = 0;
    std::thread other([] {
      StayOn(1);
      for (int i = 0; i < kRounds; ++i) {
        while (ball != 2 * i + 1) {
        }
        ball = 2 * i + 2;
      }
    });
    StayOn(0);
    auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) {
      ball = 2 * i + 1;
      while (ball != 2 * i + 2) {
      }
    }
    std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - begin;
    other.join();
    std::printf("%.0f\n", time.count() / (2 * kRounds));
  }
}
