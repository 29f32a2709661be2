# Everything Argonne needs on a fresh machine with Swift 6.3: `make quickstart` and `make test`.
SHELL := /bin/bash
NATIVE := pjrt_cpu kernels_cpu arrow_reader
BUILD := swift build -c release

.PHONY: all deps native build test lint quickstart deps-cuda clean
all: build

deps:
	@Native/deps.sh
	@Native/microhttpd.sh || echo "warning: everything but \`argonne serve\` goes on without it" >&2

# The CUDA plugin and NVIDIA's libraries, for --device cuda: 1.8 GB to fetch, 2.5 GB on disk. Needs no GPU.
deps-cuda:
	@Native/deps.sh Native/deps-cuda.lock cuda

native: deps
	@printf '%s\n' $(NATIVE) $$([ ! -e .deps/libmicrohttpd ] || echo http_server) | xargs -P 2 -n 1 Native/build.sh

build: native
	$(BUILD)

quickstart: build
	@examples/quickstart.sh

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

test: lint native
	Tests/CommandLineTests/OpenAI/install.sh
	Native/test.sh
	swift test -c release

clean:
	rm -rf .build .deps
