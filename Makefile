# Everything Argonne needs on a fresh machine with Swift 6.3: `make quickstart` and `make test`.
SHELL := /bin/bash
NATIVE := pjrt_cpu kernels_cpu arrow_reader
BUILD := swift build -c release

.PHONY: all deps native build test lint quickstart deps-cuda clean
all: build

deps:
	@Native/deps.sh

native: deps
	@printf '%s\n' $(NATIVE) | xargs -P 2 -n 1 Native/build.sh

build: native
	$(BUILD)

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

test: lint native
	swift test -c release

clean:
	rm -rf .build .deps
