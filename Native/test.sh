#!/usr/bin/env bash
# Builds and runs the tests of the CPU plugin through its C API. Needs Native/build.sh pjrt_cpu to have run.
set -euo pipefail
cd "$(dirname "$0")/.."
${CXX:-g++} -std=c++20 -O1 -Wall -isystem .deps/tensorflow-cpu/tensorflow/include Native/tests/pjrt_cpu_test.cc -o .build/native/pjrt_cpu_test
.build/native/pjrt_cpu_test .build/native/libpjrt_cpu.so
